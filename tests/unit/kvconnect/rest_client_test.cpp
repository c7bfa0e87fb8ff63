// SPDX-License-Identifier: Apache-2.0
// The client against a server that behaves as badly as the test says, over real TLS.
#include "kvconnect/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/tls1.h>
#include <pthread.h>
#include <signal.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "base/env.h"
#include "unit/kvconnect/fake_env.h"
#include "unit/kvconnect/scripted_server.h"

namespace kvc::kvconnect {
namespace {

using test::Peer;
using test::ScriptedServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Keys are costly: one tree for all tests.
struct Tree {
  Tree() {
    root = test::make_ca("Testwurzel");
    other_root = test::make_ca("Fremde Testwurzel");
    good = make(root, "DNS:localhost,IP:127.0.0.1", 30);
    wrong_host = make(root, "DNS:anderswo.example", 30);
    expired = make(root, "DNS:localhost,IP:127.0.0.1", -1);
    foreign = make(other_root, "DNS:localhost,IP:127.0.0.1", 30);
    test::CertificateWish wish;
    wish.san = "DNS:localhost";
    self_signed = test::make_identity(wish, nullptr);
    wish.san.clear();
    wish.common_name = "localhost";
    name_only = test::make_identity(wish, &root);
    wish.san = "DNS:localhost";
    wish.rsa_bits = 1024;
    short_key = test::make_identity(wish, &root);
    wish.rsa_bits = 2048;
    long_key = test::make_identity(wish, &root);
    wish.digest = "SHA1";
    old_digest = test::make_identity(wish, &root);
    root_file = dir.write("root.pem", root.cert_pem());
    other_root_file = dir.write("other.pem", other_root.cert_pem());
  }
  static test::Identity make(const test::Identity& issuer, const std::string& san, long days) {
    test::CertificateWish wish;
    wish.common_name = "Testserver";
    wish.san = san;
    wish.valid_from_days = -2;
    wish.valid_to_days = days;
    return test::make_identity(wish, &issuer);
  }
  test::TempDir dir;
  test::Identity root, other_root, good, wrong_host, expired, foreign, self_signed, name_only, short_key, long_key,
      old_digest;
  std::string root_file, other_root_file;
};

const Tree& tree() {
  static const Tree one;
  return one;
}

const std::string kAccount = "<account uid='u1'><email>anna@kv-safenet.de</email></account>";

class RestClientTest : public ::testing::Test {
 protected:
  void serve(ScriptedServer::Script script, const test::Identity& identity = tree().good, int max_protocol = 0) {
    test::ServerWish wish;
    wish.identity = &identity;
    wish.max_protocol = max_protocol;
    server_ = std::make_unique<ScriptedServer>(wish, std::move(script));
    connect(server_->url());
  }
  void connect(const std::string& url) {
    config_.base_url = url;
    if (config_.tls_roots.empty()) {
      config_.tls_roots = {tree().root_file};
    }
    auto created = Client::create(config_, env_, Log::none());
    ASSERT_TRUE(created.ok()) << created.status().to_string();
    client_ = std::move(created).value();
  }
  /// Answers every request of every connection with the next of these raw answers; the last one repeats.
  ScriptedServer::Script answers(std::vector<std::string> raw) {
    return [this, raw = std::move(raw)](Peer& peer) {
      while (!peer.request().empty()) {
        const auto n = static_cast<std::size_t>(next_++);
        peer.send(raw[std::min(n, raw.size() - 1)]);
      }
    };
  }
  static std::string ok(const std::string& body, const std::string& code = "200 OK", const std::string& fields = "") {
    return "HTTP/1.1 " + code + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body;
  }
  static std::string param(const Status& status, const std::string& name) {
    for (const auto& [key, value] : status.params()) {
      if (key == name) {
        return value;
      }
    }
    return "(none)";
  }

  ServerConfig config_;
  test::FakeEnv env_;
  Cancel cancel_;
  Credentials anna_{"anna", Secret("Geheim-Test-1")};
  std::atomic<int> next_{0};
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Client> client_;  // before the server goes
};

// ---- TLS ----

TEST_F(RestClientTest, SpeaksToATrustedServerByNameAndByAddress) {
  serve(answers({ok("2.7.0")}));
  EXPECT_EQ(client_->version(cancel_).value(), "2.7.0");
  connect(server_->url("127.0.0.1"));
  EXPECT_EQ(client_->version(cancel_).value(), "2.7.0");
}

TEST_F(RestClientTest, ANameInTheSubjectAloneIsAccepted) {
  serve(answers({ok("2.7.0")}), tree().name_only);
  EXPECT_TRUE(client_->version(cancel_).ok());
}

TEST_F(RestClientTest, TellsTheReasonsOfDistrustApart) {
  const std::vector<std::pair<const test::Identity*, const ErrorCode*>> cases = {
      {&tree().foreign, &error::tls_not_trusted},
      {&tree().self_signed, &error::tls_not_trusted},
      {&tree().wrong_host, &error::tls_wrong_host},
      {&tree().expired, &error::tls_expired}};
  for (const auto& [identity, code] : cases) {
    serve(answers({ok("2.7.0")}), *identity);
    const Status status = client_->login(anna_, cancel_).status();
    EXPECT_TRUE(status.is(*code)) << status.to_string();
    EXPECT_THAT(param(status, "certificate"), HasSubstr("subject=CN=Test"));
    EXPECT_THAT(param(status, "certificate"), HasSubstr("issuer=CN="));
    EXPECT_THAT(param(status, "certificate"), ::testing::ContainsRegex("sha256=[0-9a-f]{64}"));
    EXPECT_EQ(param(status, "host"), "localhost");
    EXPECT_TRUE(server_->requests().empty()) << "nothing is sent to a server that is not trusted";
    EXPECT_TRUE(env_.sleeps().empty()) << "and it is not tried again";
  }
}

TEST_F(RestClientTest, TheEnvironmentsRootsAreTheOnlyOnes) {
  config_.tls_roots = {tree().other_root_file};
  serve(answers({ok("2.7.0")}));
  EXPECT_TRUE(client_->version(cancel_).status().is(error::tls_not_trusted));
  config_.tls_roots = {tree().other_root_file, tree().root_file};
  connect(server_->url());
  EXPECT_TRUE(client_->version(cancel_).ok());
}

TEST_F(RestClientTest, AWrongAddressIsAWrongHost) {
  serve(answers({ok("2.7.0")}), tree().name_only);
  connect(server_->url("127.0.0.1"));
  EXPECT_TRUE(client_->version(cancel_).status().is(error::tls_wrong_host));
}

TEST_F(RestClientTest, OldTlsIsRefusedAndTls12IsNot) {
  serve(answers({ok("2.7.0")}), tree().good, TLS1_1_VERSION);
  const Status status = client_->version(cancel_).status();
  EXPECT_TRUE(status.is(error::tls_failed)) << status.to_string();
  serve(answers({ok("2.7.0")}), tree().good, TLS1_2_VERSION);
  EXPECT_TRUE(client_->version(cancel_).ok());
}

// BSI TR-02102-2: RSA of at least 2048 bits (3000 from 2024 on for new keys; the network's servers had 2048), no SHA-1.
TEST_F(RestClientTest, WeakCertificatesAreRefused) {
  for (const test::Identity* weak : {&tree().short_key, &tree().old_digest}) {
    serve(answers({ok("2.7.0")}), *weak);
    const Status status = client_->login(anna_, cancel_).status();
    EXPECT_TRUE(status.is(error::tls_not_trusted)) << status.to_string();
    EXPECT_TRUE(server_->requests().empty()) << "no password is sent under a weak certificate";
  }
  serve(answers({ok("2.7.0")}), tree().long_key);
  EXPECT_TRUE(client_->version(cancel_).ok());
}

// TR-02102-2, 3.3.1: only suites with forward secrecy and authenticated encryption.
TEST_F(RestClientTest, WeakCipherSuitesAreRefused) {
  const auto version_over = [this](const char* ciphers) {
    test::ServerWish wish;
    wish.identity = &tree().long_key;
    wish.max_protocol = TLS1_2_VERSION;
    wish.ciphers = ciphers;
    server_ = std::make_unique<ScriptedServer>(wish, answers({ok("2.7.0")}));
    connect(server_->url());
    return client_->version(cancel_).status();
  };
  for (const char* weak : {"AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA", "AES128-SHA"}) {
    EXPECT_TRUE(version_over(weak).is(error::tls_failed)) << weak;
  }
  EXPECT_TRUE(version_over("ECDHE-RSA-AES256-GCM-SHA384").ok());
}

TEST_F(RestClientTest, APlainServerIsNoTlsServer) {
  test::ServerWish wish;
  wish.greeting = "HTTP/1.1 400 Bad Request\r\n\r\nthis is no TLS";
  server_ = std::make_unique<ScriptedServer>(wish, [](Peer&) {});
  connect(server_->url());
  EXPECT_TRUE(client_->version(cancel_).status().is(error::tls_failed));
}

TEST_F(RestClientTest, BadRootsAreSeenAtOnce) {
  config_.base_url = "https://localhost/";
  config_.tls_roots = {"/nowhere/root.pem"};
  const Status missing = Client::create(config_, env_, Log::none()).status();
  EXPECT_TRUE(missing.is(error::file_unreadable));
  EXPECT_EQ(param(missing, "file"), "/nowhere/root.pem");
  config_.tls_roots = {tree().dir.write("empty.pem", "")};
  EXPECT_TRUE(Client::create(config_, env_, Log::none()).status().is(error::file_unreadable));
  // A root whose key is of a kind nobody uses would refuse every server, with a reason nobody understands.
  config_.tls_roots = {tree().dir.write("ed25519.pem",
                                        "-----BEGIN CERTIFICATE-----\n"
                                        "MIIBTzCCAQGgAwIBAgIUYDbzBcpCiT6V5nFm5TKk/v0Bl6owBQYDK2VwMBwxGjAY\n"
                                        "BgNVBAMMEVRFU1QgT05MWSBFZDI1NTE5MCAXDTI2MTEyNjE1MDA0N1oYDzIxMjYx\n"
                                        "MTAyMTUwMDQ3WjAcMRowGAYDVQQDDBFURVNUIE9OTFkgRWQyNTUxOTAqMAUGAytl\n"
                                        "cAMhAIjM53iNmj/3PREgHQpKfHQW4/0s663CfxGGlbD8Gm/Do1MwUTAdBgNVHQ4E\n"
                                        "FgQUcVJVrrpDfUsV+wGXtKAVOz3DBrowHwYDVR0jBBgwFoAUcVJVrrpDfUsV+wGX\n"
                                        "tKAVOz3DBrowDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQAbXaOmpO9MvMI2Weu+\n"
                                        "7yf/QbNyfnwX0w/MAw5mGBpm+DqYCXmInLAyoF/xhunSbucbm+ClFoOXIrQebQDt\n"
                                        "K+sG\n"
                                        "-----END CERTIFICATE-----\n")};
  const Status other = Client::create(config_, env_, Log::none()).status();
  EXPECT_TRUE(other.is(error::file_unreadable));
  EXPECT_NE(other.detail().find("neither RSA nor"), std::string::npos) << other.to_string();
  config_.tls_roots = {};
  EXPECT_TRUE(Client::create(config_, env_, Log::none()).status().is(error::invalid_settings));
  config_.tls_roots = {tree().root_file};
  config_.base_url = "http://localhost/";
  EXPECT_TRUE(Client::create(config_, env_, Log::none()).status().is(error::invalid_settings));
}

// ---- connections ----

TEST_F(RestClientTest, KeepsItsConnectionAndResumesItsSession) {
  serve([](Peer& peer) {
    for (int i = 0; i < 3 && !peer.request().empty(); ++i) {
      peer.answer("200 OK", "2.7.0");
    }
    peer.close_cleanly();
  });
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(client_->version(cancel_).ok());
    std::this_thread::sleep_for(Millis(30));  // the server's goodbye arrives
  }
  EXPECT_EQ(server_->connections(), 2);
  EXPECT_EQ(server_->resumed(), 1);
  EXPECT_TRUE(env_.sleeps().empty()) << "a closed kept connection is no failure";
}

TEST_F(RestClientTest, AConnectionClosedWhileWeWriteIsReplacedSilently) {
  serve([](Peer& peer) {
    if (!peer.request().empty()) {
      peer.answer("200 OK", "2.7.0");
    }
    if (peer.number == 1) {
      peer.request();  // takes the second request and goes away without a word
      peer.close_abruptly();
      return;
    }
    peer.wait_for_close();
  });
  EXPECT_TRUE(client_->version(cancel_).ok());
  EXPECT_TRUE(client_->version(cancel_).ok());
  EXPECT_EQ(server_->connections(), 2);
  EXPECT_TRUE(env_.sleeps().empty());
}

TEST_F(RestClientTest, ThePasswordIsSentOnAFreshConnectionAndOnlyOnce) {
  serve([](Peer& peer) {
    while (true) {
      const std::string request = peer.request();
      if (request.empty()) {
        return;
      }
      if (request.starts_with("POST")) {
        peer.reset();
        return;
      }
      peer.answer("200 OK", "2.7.0");
    }
  });
  EXPECT_TRUE(client_->version(cancel_).ok());
  const Status status = client_->change_password(anna_, "u1", Secret("Neu-Geheim-22"), cancel_);
  EXPECT_TRUE(status.is(error::connection_lost)) << status.to_string();
  EXPECT_EQ(server_->connections(), 2);
  const auto requests = server_->requests();
  EXPECT_EQ(std::count_if(requests.begin(), requests.end(), [](const auto& r) { return r.starts_with("POST"); }), 1);
  EXPECT_TRUE(env_.sleeps().empty());
}

TEST_F(RestClientTest, EvenA503DoesNotRepeatThePassword) {
  serve(answers({ok("wait", "503 Busy", "Retry-After: 1\r\n")}));
  const Status status = client_->change_password(anna_, "u1", Secret("Neu-Geheim-22"), cancel_);
  EXPECT_TRUE(status.is(error::server_busy));
  EXPECT_EQ(status.retry_after(), Millis(1000));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(RestClientTest, NoMoreConnectionsThanAllowed) {
  config_.max_connections = 2;
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  serve([&](Peer& peer) {
    while (!peer.request().empty()) {
      most = std::max(most.load(), ++now);
      std::this_thread::sleep_for(Millis(30));
      --now;
      peer.answer("200 OK", "2.7.0");
    }
  });
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { good += client_->version(cancel_).ok() ? 1 : 0; });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(good, 8);
  EXPECT_LE(most, 2);
  EXPECT_LE(server_->connections(), 2);
  client_.reset();
}

TEST_F(RestClientTest, NobodyListens) {
  serve(answers({ok("2.7.0")}));
  const std::string url = server_->url();
  server_.reset();
  const Status status = client_->version(cancel_).status();
  EXPECT_TRUE(status.is(error::unreachable)) << status.to_string();
  EXPECT_EQ(param(status, "reason"), "connect");
  EXPECT_THAT(env_.sleeps(), ElementsAre(Millis(250), Millis(500), Millis(1000)));
}

TEST_F(RestClientTest, AnUnknownNameIsUnreachable) {
  config_.max_attempts = 1;
  connect("https://gibt-es-nicht.invalid/");
  const Status status = client_->version(cancel_).status();
  EXPECT_TRUE(status.is(error::unreachable)) << status.to_string();
  EXPECT_EQ(param(status, "reason"), "name");
}

// ---- retry ----

TEST_F(RestClientTest, TransientFailuresAreTriedAgain) {
  for (const std::string code : {"500", "502", "503", "504", "429"}) {
    next_ = 0;
    serve(answers({ok("x", code + " E"), ok("x", code + " E"), ok("2.7.0")}));
    EXPECT_EQ(client_->version(cancel_).value(), "2.7.0") << code;
  }
  EXPECT_EQ(env_.sleeps().size(), 10U);
}

TEST_F(RestClientTest, GivesUpAfterItsAttemptsAndPassesRetryAfterOn) {
  serve(
      answers({ok("Wartung bis \xC3\xBC"
                  "bermorgen",
                  "503 E", "Retry-After: 7\r\n")}));
  const Status status = client_->version(cancel_).status();
  EXPECT_TRUE(status.is(error::server_busy));
  EXPECT_EQ(status.retry_after(), Millis(7000));
  EXPECT_EQ(param(status, "status"), "503");
  EXPECT_EQ(param(status, "server_text"),
            "Wartung bis \xC3\xBC"
            "bermorgen");
  EXPECT_EQ(server_->requests().size(), 4U);
  EXPECT_THAT(env_.sleeps(), ElementsAre(Millis(7000), Millis(7000), Millis(7000)));
}

TEST_F(RestClientTest, ALongRetryAfterIsLeftToTheCaller) {
  serve(answers({ok("", "503 E", "Retry-After: 100000\r\n")}));
  const Status status = client_->version(cancel_).status();
  EXPECT_TRUE(status.is(error::server_busy));
  EXPECT_EQ(status.retry_after(), std::chrono::hours(1)) << "capped";
  EXPECT_EQ(server_->requests().size(), 1U);
  EXPECT_TRUE(env_.sleeps().empty());
}

TEST_F(RestClientTest, RefusalsAreNotTriedAgain) {
  for (const std::string code : {"400", "401", "404", "423"}) {
    serve(answers({ok("", code + " E")}));
    EXPECT_FALSE(client_->account(anna_, "u1", cancel_).ok());
    EXPECT_EQ(server_->requests().size(), 1U) << code;
  }
}

TEST_F(RestClientTest, CancelledWhileWaiting) {
  env_.cancel_in_sleep = true;
  serve(answers({ok("", "503 E")}));
  EXPECT_TRUE(client_->version(cancel_).status().is(error::cancelled));
}

// ---- time and cancellation ----

TEST_F(RestClientTest, CancelEndsEveryKindOfWaitWithinASecond) {
  const std::vector<ScriptedServer::Script> scripts = {[](Peer& peer) {
                                                         peer.request();
                                                         peer.wait_for_close();
                                                       },  // no answer
                                                       [](Peer& peer) {
                                                         peer.request();
                                                         peer.send("HTTP/1.1 200 OK\r\nContent-");
                                                         peer.wait_for_close();
                                                       },
                                                       [](Peer& peer) {  // drips for ever
                                                         peer.request();
                                                         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
                                                         while (!test::t_server->stopping() && peer.send("x")) {
                                                           std::this_thread::sleep_for(Millis(10));
                                                         }
                                                       }};
  for (const auto& script : scripts) {
    serve(script);
    Cancel cancel;
    std::thread later([&] {
      std::this_thread::sleep_for(Millis(200));
      cancel.request();
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(client_->version(cancel).status().is(error::cancelled));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1200));
    later.join();
  }
}

TEST_F(RestClientTest, CancelEndsAnUploadNobodyReads) {
  serve([](Peer&) {
    while (!test::t_server->stopping()) {
      std::this_thread::sleep_for(Millis(10));
    }
  });
  Cancel cancel;
  std::istringstream mail(std::string(32 * 1024 * 1024, 'm'));
  std::thread later([&] {
    std::this_thread::sleep_for(Millis(300));
    cancel.request();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(client_->submit(anna_, mail, 32 * 1024 * 1024, cancel).is(error::cancelled));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1500));
  later.join();
}

TEST_F(RestClientTest, ASilentServerTimesOut) {
  config_.receive_timeout = Millis(150);
  config_.max_attempts = 2;
  serve([](Peer& peer) { peer.wait_for_close(); });
  EXPECT_TRUE(client_->version(cancel_).status().is(error::timeout));
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(RestClientTest, AServerThatNeverShakesHandsTimesOut) {
  config_.connect_timeout = Millis(150);
  config_.max_attempts = 1;
  test::ServerWish wish;  // accepts, says nothing, closes only much later than the time-out
  wish.greeting = "\x16";
  server_ = std::make_unique<ScriptedServer>(wish, [](Peer&) {});
  connect(server_->url());
  const Status status = client_->version(cancel_).status();
  EXPECT_TRUE(status.is(error::timeout) || status.is(error::connection_lost) || status.is(error::tls_failed))
      << status.to_string();
}

TEST_F(RestClientTest, CancelledBeforeItBegins) {
  serve(answers({ok("2.7.0")}));
  cancel_.request();
  EXPECT_TRUE(client_->version(cancel_).status().is(error::cancelled));
  EXPECT_EQ(server_->connections(), 0);
}

// ---- login, accounts, passwords ----

TEST_F(RestClientTest, LoginFollowsItsRedirectWithTheCredentials) {
  serve([](Peer& peer) {
    while (true) {
      const std::string request = peer.request();
      if (request.empty()) {
        return;
      }
      const std::string here = "https://localhost:" + std::to_string(test::t_server->port());
      if (request.starts_with("GET /kvconnect/rest/login/anna ")) {
        peer.answer("302 Found", "", "Location: " + here + "/kvconnect/rest/accounts/u1\r\n");
      } else if (request.starts_with("GET /kvconnect/rest/accounts/u1 ")) {
        peer.answer("200 OK", kAccount);
      } else {
        peer.answer("404 Not Found", "");
      }
    }
  });
  const auto account = client_->login(anna_, cancel_);
  ASSERT_TRUE(account.ok()) << account.status().to_string();
  EXPECT_EQ(account->uid, "u1");
  for (const std::string& request : server_->requests()) {
    EXPECT_THAT(request, HasSubstr("Authorization: Basic YW5uYTpHZWhlaW0tVGVzdC0x\r\n"));
  }
}

TEST_F(RestClientTest, CredentialsNeverFollowToAnotherServer) {
  test::ServerWish wish;
  wish.identity = &tree().good;
  ScriptedServer thief(wish, [](Peer& peer) { peer.wait_for_close(); });
  const std::string there = thief.url();
  for (const std::string& location : {there, std::string("http://localhost/"), std::string("//evil.example/")}) {
    serve(answers({ok("", "302 Found", "Location: " + location + "\r\n")}));
    EXPECT_TRUE(client_->login(anna_, cancel_).status().is(error::redirect_refused)) << location;
  }
  EXPECT_EQ(thief.connections(), 0);
}

TEST_F(RestClientTest, RedirectsInCirclesEnd) {
  serve(answers({ok("", "302 Found", "Location: /kvconnect/rest/login/anna\r\n")}));
  EXPECT_TRUE(client_->login(anna_, cancel_).status().is(error::redirect_refused));
  EXPECT_LE(server_->requests().size(), 5U);
}

TEST_F(RestClientTest, OnlyLoginFollowsRedirects) {
  serve(answers({ok("", "302 Found", "Location: /kvconnect/rest/accounts/u1\r\n")}));
  EXPECT_TRUE(client_->account(anna_, "u1", cancel_).status().is(error::redirect_refused));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(RestClientTest, LoginErrors) {
  const std::vector<std::pair<std::string, const ErrorCode*>> cases = {{"401 E", &error::wrong_credentials},
                                                                       {"423 E", &error::account_locked},
                                                                       {"403 E", &error::forbidden},
                                                                       {"404 E", &error::not_found},
                                                                       {"418 E", &error::server_error}};
  for (const auto& [code, expected] : cases) {
    serve(answers({ok("", code)}));
    EXPECT_TRUE(client_->login(anna_, cancel_).status().is(*expected)) << code;
  }
  serve(answers({ok("<html>")}));
  EXPECT_TRUE(client_->login(anna_, cancel_).status().is(error::bad_answer));
}

TEST_F(RestClientTest, ForbiddenBeforeTheFirstPasswordChangeSaysSo) {
  for (const bool needed : {true, false}) {
    serve([&](Peer& peer) {
      while (true) {
        const std::string request = peer.request();
        if (request.empty()) {
          return;
        }
        if (request.find("/login/") != std::string::npos) {
          peer.answer("200 OK", "<account uid='u1'><passwordChangeNeeded>" + std::string(needed ? "true" : "false") +
                                    "</passwordChangeNeeded></account>");
        } else {
          peer.answer("403 Forbidden", "nicht erlaubt");
        }
      }
    });
    const Status status = client_->list(anna_, "u1", 10, cancel_).status();
    EXPECT_TRUE(status.is(needed ? error::password_change_needed : error::forbidden)) << status.to_string();
    EXPECT_EQ(param(status, "server_text"), "nicht erlaubt");
  }
}

TEST_F(RestClientTest, PasswordErrors) {
  serve(answers({ok("leer", "400 E"), ok("Regeln", "422 E"), ok("", "204 No Content"), ok("", "401 E")}));
  EXPECT_TRUE(client_->change_password(anna_, "u1", Secret(), cancel_).is(error::password_empty));
  EXPECT_TRUE(client_->change_password(anna_, "u1", Secret("x"), cancel_).is(error::password_rules));
  EXPECT_TRUE(client_->change_password(anna_, "u1", Secret("Gr\xC3\xBC\xC3\x9F-22-AB"), cancel_).ok());
  EXPECT_TRUE(client_->change_password(anna_, "u1", Secret("x"), cancel_).is(error::wrong_credentials));
  const auto requests = server_->requests();
  EXPECT_THAT(requests.at(2), StartsWith("POST /kvconnect/rest/accounts/u1/password "));
  EXPECT_THAT(requests.at(2), HasSubstr("Content-Type: text/plain;charset=UTF-8\r\n"));
  EXPECT_THAT(requests.at(2), ::testing::EndsWith("\r\n\r\nGr\xC3\xBC\xC3\x9F-22-AB"));
}

// ---- mails ----

TEST_F(RestClientTest, FetchStreamsTheMailAndEncodesItsId) {
  const std::string mail = "From: a\r\n\r\n" + std::string(3 * 1024 * 1024, 'm');
  serve(answers({ok(mail)}));
  std::ostringstream out;
  ASSERT_TRUE(client_->fetch(anna_, "u1", "a/b c@kv-safenet.de", out, cancel_).ok());
  EXPECT_EQ(out.str(), mail);
  EXPECT_THAT(server_->requests().at(0),
              StartsWith("GET /kvconnect/rest/accounts/u1/mails/a%2Fb%20c%40kv-safenet.de "));
}

TEST_F(RestClientTest, ATruncatedMailIsFetchedAgainFromItsBeginning) {
  serve([](Peer& peer) {
    peer.request();
    if (peer.number == 1) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
      peer.close_cleanly();
      return;
    }
    peer.answer("200 OK", "0123456789");
    peer.wait_for_close();
  });
  std::ostringstream out;
  out << "before ";
  ASSERT_TRUE(client_->fetch(anna_, "u1", "m", out, cancel_).ok());
  EXPECT_EQ(out.str(), "before 0123456789");
}

TEST_F(RestClientTest, AMailThatIsAlwaysTruncatedIsNeverAShortMail) {
  for (const std::string& raw :
       {std::string("Content-Length: 10\r\n\r\n01234"), std::string("Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n"),
        std::string("\r\n01234")}) {
    serve([&raw](Peer& peer) {
      peer.request();
      peer.send("HTTP/1.1 200 OK\r\n" + raw);
      peer.close_abruptly();
    });
    std::ostringstream out;
    EXPECT_TRUE(client_->fetch(anna_, "u1", "m", out, cancel_).is(error::connection_lost)) << raw;
    EXPECT_EQ(server_->connections(), 4);
  }
}

TEST_F(RestClientTest, AnOutputThatCannotBeRewoundIsNotWrittenTwice) {
  /// Takes bytes, knows no position: a pipe.
  class Pipe : public std::streambuf {
   public:
    std::string got;

   protected:
    std::streamsize xsputn(const char* text, std::streamsize size) override {
      got.append(text, static_cast<std::size_t>(size));
      return size;
    }
    int_type overflow(int_type c) override {
      got += static_cast<char>(c);
      return c;
    }
  };
  serve([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
    peer.close_cleanly();
  });
  Pipe pipe;
  std::ostream out(&pipe);
  EXPECT_TRUE(client_->fetch(anna_, "u1", "m", out, cancel_).is(error::connection_lost));
  EXPECT_EQ(pipe.got, "01234");
}

TEST_F(RestClientTest, AFullDiskEndsTheTransfer) {
  serve(answers({ok(std::string(100000, 'm'))}));
  std::ofstream out("/dev/full", std::ios::binary);
  EXPECT_TRUE(client_->fetch(anna_, "u1", "m", out, cancel_).is(error::file_unwritable));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(RestClientTest, MissingMailIsNotFoundForFetchAndGoneForRemove) {
  serve(answers({ok("", "404 E")}));
  std::ostringstream out;
  EXPECT_TRUE(client_->fetch(anna_, "u1", "m", out, cancel_).is(error::not_found));
  EXPECT_TRUE(client_->remove(anna_, "u1", "m", cancel_).ok());
  EXPECT_THAT(server_->requests().at(1), StartsWith("DELETE /kvconnect/rest/accounts/u1/mails/m "));
}

TEST_F(RestClientTest, SubmitSendsTheWholeMailAgainAfterAReset) {
  const std::string mail = std::string(1024 * 1024, 'm') + "\r\nend";
  serve([](Peer& peer) {
    peer.request();
    if (peer.number == 1) {
      peer.reset();
      return;
    }
    peer.answer("409 Conflict", "bekannt");
    peer.wait_for_close();
  });
  std::istringstream in("skip" + mail);
  in.seekg(4);
  EXPECT_TRUE(client_->submit(anna_, in, mail.size(), cancel_).ok()) << "409: it had arrived";
  ASSERT_EQ(server_->requests().size(), 2U);
  EXPECT_THAT(server_->requests()[1], ::testing::EndsWith("\r\n\r\n" + mail));
  EXPECT_THAT(server_->requests()[1], HasSubstr("Content-Type: text/plain;charset=UTF-8\r\n"));
}

TEST_F(RestClientTest, SubmitErrors) {
  const std::vector<std::pair<std::string, const ErrorCode*>> cases = {{"400 E", &error::mail_rejected},
                                                                       {"404 E", &error::unknown_recipient},
                                                                       {"413 E", &error::mail_too_large},
                                                                       {"401 E", &error::wrong_credentials},
                                                                       {"423 E", &error::account_locked}};
  for (const auto& [code, expected] : cases) {
    serve(answers({ok("", code)}));
    std::istringstream in("mail");
    EXPECT_TRUE(client_->submit(anna_, in, 4, cancel_).is(*expected)) << code;
  }
}

TEST_F(RestClientTest, ARefusalDuringAnUploadIsHeard) {
  serve([](Peer& peer) {
    peer.answer("413 Payload Too Large", "zu gross", "Connection: close\r\n");
    peer.close_cleanly();
  });
  std::istringstream in(std::string(32 * 1024 * 1024, 'm'));
  const Status status = client_->submit(anna_, in, 32 * 1024 * 1024, cancel_);
  EXPECT_TRUE(status.is(error::mail_too_large) || status.is(error::connection_lost)) << status.to_string();
}

TEST_F(RestClientTest, AMailShorterThanItSaysIsAnError) {
  serve(answers({ok("", "201 Created")}));
  std::istringstream in("short");
  EXPECT_TRUE(client_->submit(anna_, in, 100, cancel_).is(error::file_unreadable));
}

TEST_F(RestClientTest, ListAsksForAWindow) {
  serve(answers({ok("<headers><header><message-id>a</message-id></header></headers>")}));
  const auto mails = client_->list(anna_, "u1", 25, cancel_);
  ASSERT_TRUE(mails.ok());
  EXPECT_EQ(mails->size(), 1U);
  EXPECT_THAT(server_->requests().at(0), StartsWith("GET /kvconnect/rest/accounts/u1/headers?from=0&to=25 "));
  EXPECT_TRUE(client_->list(anna_, "u1", 0, cancel_)->empty());
}

// ---- certificates, CSR, address book ----

TEST_F(RestClientTest, Certificates) {
  const std::string xml = "<certificate><body>" + tree().good.cert_pem() + "</body></certificate>";
  serve(answers({ok(xml), ok(xml), ok("", "404 E"), ok("<certificate><body/></certificate>"),
                 ok("<certificate><body>nonsense</body></certificate>")}));
  EXPECT_EQ(client_->certificate_of(anna_, "b+c@kv-safenet.de", cancel_)->common_name(), "Testserver");
  EXPECT_TRUE(client_->certificate_by_uid(anna_, "u1", cancel_).ok());
  EXPECT_TRUE(client_->certificate_of(anna_, "b", cancel_).status().is(error::no_certificate));
  EXPECT_TRUE(client_->certificate_of(anna_, "b", cancel_).status().is(error::no_certificate));
  EXPECT_TRUE(client_->certificate_of(anna_, "b", cancel_).status().is(error::bad_answer));
  EXPECT_THAT(server_->requests().at(0), StartsWith("GET /kvconnect/rest/certificates?email=b%2Bc%40kv-safenet.de "));
  EXPECT_THAT(server_->requests().at(1), StartsWith("GET /kvconnect/rest/certificates?uid=u1 "));
}

TEST_F(RestClientTest, DeletingACertificateWhoseAnswerWasLostIsDone) {
  serve([](Peer& peer) {
    peer.request();
    if (peer.number == 1) {
      peer.reset();
      return;
    }
    peer.answer("404 E", "");
    peer.wait_for_close();
  });
  EXPECT_TRUE(client_->delete_certificate(anna_, "u1", cancel_).ok());
  serve(answers({ok("", "404 E")}));
  EXPECT_TRUE(client_->delete_certificate(anna_, "u1", cancel_).is(error::no_certificate));
}

TEST_F(RestClientTest, Csr) {
  serve(answers({ok("https://localhost/kvconnect/rest/csr/42", "201 Created"), ok("", "400 E"), ok("", "201 Created"),
                 ok("<csr-status><status-entry status='100' time='t'/></csr-status>")}));
  EXPECT_EQ(client_->post_csr(anna_, "-----BEGIN", cancel_).value(), "42");
  EXPECT_TRUE(client_->post_csr(anna_, "x", cancel_).status().is(error::csr_rejected));
  EXPECT_TRUE(client_->post_csr(anna_, "x", cancel_).status().is(error::bad_answer));
  EXPECT_EQ(client_->csr_status(anna_, "42", cancel_)->at(0).status, 100);
  EXPECT_THAT(server_->requests().at(0), HasSubstr("Content-Type: text/plain\r\n"));
}

TEST_F(RestClientTest, AddressBook) {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  serve(answers({ok("PK", "200 OK", "Last-Modified: " + date + "\r\n"), "HTTP/1.1 304 Not Modified\r\n\r\n"}));
  std::ostringstream out;
  std::string modified;
  EXPECT_TRUE(client_->address_book(Client::BookFormat::json, "", modified, out, cancel_).value());
  EXPECT_EQ(out.str(), "PK");
  EXPECT_EQ(modified, date);
  EXPECT_FALSE(client_->address_book(Client::BookFormat::xml, modified, modified, out, cancel_).value());
  EXPECT_THAT(server_->requests().at(0), Not(HasSubstr("Authorization")));
  EXPECT_THAT(server_->requests().at(1), HasSubstr("If-Modified-Since: " + date + "\r\n"));
  EXPECT_TRUE(client_->address_book(Client::BookFormat::xml, "x\r\nEvil: 1", modified, out, cancel_)
                  .status()
                  .is(error::bad_request));
}

// ---- what must not happen ----

TEST_F(RestClientTest, NoSecretInAnErrorAndNoPathInTheLog) {
  class Lines : public Log {
   public:
    void write(LogLevel, std::string_view, std::string_view text) override { all.append(text).append("\n"); }
    std::string all;
  };
  serve(answers({ok("", "400 E")}));
  Lines log;
  auto client = std::move(Client::create(config_, env_, log)).value();
  std::ostringstream out;
  const Status status = client->fetch(anna_, "uid-77", "mail-88", out, cancel_);
  std::string all = log.all + status.to_string();
  for (const auto& [name, value] : status.params()) {
    all += value;
  }
  EXPECT_THAT(log.all, HasSubstr("GET accounts/{uid}/mails/{id}: 400"));
  for (const std::string secret : {"Geheim", "R2VoZWlt", "uid-77", "mail-88", "anna"}) {
    EXPECT_THAT(all, Not(HasSubstr(secret)));
  }
}

TEST_F(RestClientTest, NoSigpipeReachesTheHost) {
  // In a plugin nobody has blocked the signal; its default action would end the host.
  sigset_t pipe_only;
  sigset_t before;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_UNBLOCK, &pipe_only, &before);
  serve([](Peer& peer) {
    peer.close_abruptly();
    peer.reset();
  });
  config_.max_attempts = 1;
  connect(server_->url());
  std::istringstream in(std::string(8 * 1024 * 1024, 'm'));
  EXPECT_FALSE(client_->submit(anna_, in, 8 * 1024 * 1024, cancel_).ok());
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&after, SIGPIPE), 0) << "the mask is as it was";
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(RestClientTest, GarbageAndHugeHeadsAreBadAnswers) {
  for (const std::string& raw :
       {std::string("\x00\x01\x02garbage\r\n\r\n", 14), std::string("SSH-2.0-x\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(1024 * 1024, 'x') + "\r\n\r\n", ok(std::string(2 * 1024 * 1024, 'x'))}) {
    serve(answers({raw}));
    const Status status = client_->version(cancel_).status();
    EXPECT_TRUE(status.is(error::bad_answer) || status.is(error::too_large)) << status.to_string();
  }
}

}  // namespace
}  // namespace kvc::kvconnect
