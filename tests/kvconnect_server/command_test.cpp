// SPDX-License-Identifier: Apache-2.0
// The server as a process: ready line, TLS, signals, and what a kill leaves behind.
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "kvconnect_server/pki.h"
#include "kvconnect_server/test_client.h"
#include "kvconnect_server/text.h"

extern char** environ;

namespace kvserver::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Process {
 public:
  Process(const std::filesystem::path& dir, const std::vector<std::string>& more) : dir_(dir) {
    std::filesystem::remove(dir / "out");
    std::vector<std::string> args{KVC_TEST_SERVER, "--port",        "0", "--data", (dir / "data").string(), "--ca-bits",
                                  "2048",          "--csr-step-ms", "0", "--ca",   KVC_TEST_CA_DIR};
    args.insert(args.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (std::string& a : args) {
      argv.push_back(a.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const int flags = O_WRONLY | O_CREAT | O_APPEND;
    posix_spawn_file_actions_addopen(&files, 1, (dir / "out").c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&files, 2, (dir / "err").c_str(), flags, 0600);
    if (posix_spawn(&pid_, KVC_TEST_SERVER, &files, nullptr, argv.data(), environ) != 0) {
      pid_ = -1;
    }
    posix_spawn_file_actions_destroy(&files);
  }
  ~Process() {
    if (pid_ > 0) {
      end(SIGKILL);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The ready line, or null if the process ended or took too long.
  Poco::JSON::Object::Ptr ready() const {
    for (int i = 0; i < 600; ++i) {
      const std::string text = read("out");
      if (!text.empty() && text.back() == '\n') {
        return Poco::JSON::Parser().parse(text).extract<Poco::JSON::Object::Ptr>();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return nullptr;
  }
  // Exit code, or minus the signal.
  int end(int signal) {
    if (signal != 0) {
      ::kill(pid_, signal);
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  void signal(int s) const { ::kill(pid_, s); }
  std::string read(const char* name) const {
    std::ifstream in(dir_ / name);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }

 private:
  std::filesystem::path dir_;
  pid_t pid_ = -1;
};

class Command : public ::testing::Test {
 protected:
  Client client(const Poco::JSON::Object& ready) {
    return Client(ready.getValue<Poco::UInt16>("port"), ready.getValue<std::string>("root"));
  }
  TempDir dir_;
};

TEST_F(Command, ServesTheDemoAccountsAndEndsOnSigterm) {
  Process process(dir_.path(), {"--faults", (dir_.path() / "faults.json").string()});
  EXPECT_EQ(process.end(0), 2) << "a fault file that is not there";
  EXPECT_THAT(process.read("err"), HasSubstr("faults.json"));

  write_file(dir_.path() / "faults.json", R"({"rules":[]})", 0600);
  Process good(dir_.path(), {"--faults", (dir_.path() / "faults.json").string()});
  const auto ready = good.ready();
  ASSERT_TRUE(ready);
  EXPECT_THAT(ready->getValue<std::string>("base_url"), HasSubstr("https://localhost:"));
  const Login login{"praxis.nord", "Initial-NORD-1"};
  EXPECT_EQ(client(*ready).get("login/praxis.nord", login).status, 302);
  EXPECT_EQ(client(*ready).get("certificates?email=secret.person@kv-safenet.de", login).status, 403);
  good.signal(SIGHUP);
  EXPECT_EQ(client(*ready).get("server/version").status, 200);
  EXPECT_EQ(good.end(SIGTERM), 0);
  const std::string log = good.read("err");
  EXPECT_THAT(log, HasSubstr("GET /kvconnect/rest/login/praxis.nord 302\n"));
  EXPECT_THAT(log, HasSubstr("fault plan read again"));
  EXPECT_THAT(log, Not(HasSubstr("Initial-NORD")));
  EXPECT_THAT(log, Not(HasSubstr("secret.person"))) << "queries are not logged";
}

TEST_F(Command, WhatWasAcceptedSurvivesSigkill) {
  write_file(dir_.path() / "accounts.json", R"({"accounts":[
      {"username":"nord","password":"Passwort-AB1","passwordChangeNeeded":false},
      {"username":"sued","password":"Passwort-AB1","passwordChangeNeeded":false}]})",
             0600);
  const std::vector<std::string> options{"--accounts", (dir_.path() / "accounts.json").string(), "--robots", "off"};
  const Login nord{"nord", "Passwort-AB1"};
  {
    Process process(dir_.path(), options);
    const auto ready = process.ready();
    ASSERT_TRUE(ready);
    Client c = client(*ready);
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(c.post("mails", nord, simple_mail(std::to_string(i) + "@kv-safenet.de")).status, 201);
    }
    EXPECT_EQ(process.end(SIGKILL), -SIGKILL);
  }
  Process process(dir_.path(), options);
  const auto ready = process.ready();
  ASSERT_TRUE(ready);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client(*ready).post("mails", nord, simple_mail(std::to_string(i) + "@kv-safenet.de")).status, 409);
  }
}

TEST_F(Command, WrongOptions) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{"--port"},
                                                  {"--port", "70000"},
                                                  {"--port", "x"},
                                                  {"--robots", "maybe"},
                                                  {"--unknown", "1"},
                                                  {"--accounts", "/nonexistent"},
                                                  {"--ca-bits", "512"}}) {
    Process process(dir_.path(), options);
    EXPECT_EQ(process.end(0), 2) << options[0];
  }
}

class Tls : public ServerTest {};

TEST_F(Tls, OnlyTheRootIsNeededToTrustTheServer) {
  EXPECT_EQ(client().get("server/version").status, 200);
  EXPECT_THROW(Client(server_->port(), server_->ca_files().user_ca).get("server/version"), Poco::Exception);
}

TEST_F(Tls, OldProtocolsAreRefused) {
  Client old = client();
  Poco::Net::Context::Ptr context(
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, server_->ca_files().root.string(),
                             Poco::Net::Context::VERIFY_STRICT, 9, false, "ALL:@SECLEVEL=0"));
  context->disableProtocols(Poco::Net::Context::PROTO_TLSV1_2 | Poco::Net::Context::PROTO_TLSV1_3);
  Poco::Net::HTTPSClientSession session("localhost", server_->port(), context);
  Poco::Net::HTTPRequest request("GET", "/kvconnect/rest/server/version", "HTTP/1.1");
  EXPECT_THROW(session.sendRequest(request).flush(), Poco::Exception);
}

TEST_F(Tls, PortAndDataDirectoryBelongToOneServer) {
  Options same_data = options_;
  EXPECT_THROW(Server(same_data).start(), std::runtime_error);
  Options same_port = options_;
  same_port.data_dir = dir_.path() / "other";
  same_port.port = server_->port();
  EXPECT_THROW(Server(same_port).start(), std::runtime_error);
  EXPECT_EQ(client().get("server/version").status, 200);
}

TEST_F(Tls, StopDoesNotWaitForIdleConnections) {
  Client idle = client();
  EXPECT_EQ(idle.get("server/version").status, 200);
  const auto start = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace kvserver::test
