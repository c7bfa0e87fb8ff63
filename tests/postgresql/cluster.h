// SPDX-License-Identifier: Apache-2.0
// The PostgreSQL server tests run against, and which database a test is to use.
#pragma once

#include <string>

namespace kvc::test {

/// The server of this run of ctest (fixture "postgresql"), or, for a test program started by hand, one of its own that
/// ends with the program. Aborts the program if PostgreSQL is not installed: packaging/packages.sh installs it.
class Cluster {
 public:
  static Cluster& shared();
  /// One of its own, for a test that stops it.
  Cluster();
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// A DSN with a schema nobody used before.
  [[nodiscard]] std::string new_dsn() const;
  /// By TLS, as the user with the password; `options` follow a '?'.
  [[nodiscard]] std::string tls_dsn(const std::string& host, const std::string& options) const;
  [[nodiscard]] std::string dsn(const std::string& database) const;
  [[nodiscard]] std::string file(const std::string& name) const { return directory_ + "/" + name; }
  void restart() const;
  /// Kills the server's first process, so that all lose what they were at, and starts it again.
  void kill() const;

 private:
  explicit Cluster(const std::string& state);
  void run(const char* action) const;

  std::string state_, directory_, port_;
  bool own_ = false;
};

/// The DSN of a new and empty database for one test: "sqlite", or one on the cluster where the environment says
/// KVC_TEST_STORE=postgresql. So one test program proves the same of both.
std::string new_dsn();
bool on_postgresql();

}  // namespace kvc::test
