// SPDX-License-Identifier: Apache-2.0
#include "postgresql/cluster.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "paths.h"

namespace kvc::test {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

/// Unlike any other test's, in whatever process.
std::string new_schema() {
  static std::atomic<int> count{0};
  std::ifstream random("/proc/sys/kernel/random/uuid");
  std::string uuid;
  std::getline(random, uuid);
  std::erase(uuid, '-');
  return "t" + uuid + "_" + std::to_string(++count);
}

}  // namespace

Cluster& Cluster::shared() {
  const std::string state = environment("KVC_TEST_POSTGRESQL");
  if (state.empty()) {
    static Cluster own;
    return own;
  }
  static Cluster started(state);
  return started;
}

Cluster::Cluster()
    : state_((environment("TMPDIR").empty() ? std::string("/tmp") : environment("TMPDIR")) + "/kvc-cluster-" +
             new_schema()),
      own_(true) {
  run("start");
  std::ifstream in(state_);
  std::getline(in, directory_);
  std::getline(in, port_);
}

Cluster::Cluster(const std::string& state) : state_(state) {
  std::ifstream in(state_);
  if (!std::getline(in, directory_) || !std::getline(in, port_)) {
    std::fprintf(stderr, "the PostgreSQL server of the tests is not running: %s\n", state.c_str());
    std::abort();
  }
}

Cluster::~Cluster() {
  if (own_) {
    run("stop");
  }
}

void Cluster::run(const char* action) const {
  const std::string command = source_dir() + "/tests/postgresql/cluster.sh " + action + " '" + state_ + "'";
  if (std::system(command.c_str()) != 0) {
    std::fprintf(stderr, "the PostgreSQL server of the tests: %s failed\n", action);
    std::abort();
  }
}

void Cluster::restart() const {
  run("restart");
}

void Cluster::kill() const {
  run("kill");
}

std::string Cluster::dsn(const std::string& database) const {
  return "postgresql://kv@:" + port_ + "/" + database + "?host=" + directory_;
}

std::string Cluster::new_dsn() const {
  return dsn("praxis") + "&schema=" + new_schema();
}

std::string Cluster::tls_dsn(const std::string& host, const std::string& options) const {
  return "postgresql://kv_net@" + host + ":" + port_ + "/praxis?" + options;
}

bool on_postgresql() {
  return environment("KVC_TEST_STORE") == "postgresql";
}

std::string new_dsn() {
  return on_postgresql() ? Cluster::shared().new_dsn() : std::string("sqlite");
}

}  // namespace kvc::test

#if defined(__SANITIZE_ADDRESS__)
/// Poco 1.11 frees no connection that broke: a loss of its own, 17 KB for each that a server cut.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:Poco::Data::PostgreSQL::SessionHandle::connect\n"
         "leak:Poco::Data::PostgreSQL::StatementExecutor::execute\n";
}
#endif
