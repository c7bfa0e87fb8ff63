// SPDX-License-Identifier: Apache-2.0
// The fault plan (README.md).
#include <Poco/Exception.h>
#include <gmock/gmock.h>

#include <chrono>

#include "kvconnect_server/faults.h"
#include "kvconnect_server/pki.h"
#include "kvconnect_server/test_client.h"

namespace kvserver::test {
namespace {

using ::testing::HasSubstr;

class Faults : public ServerTest {
 protected:
  void adjust(Options& o) override {
    o.faults_file = dir_.path() / "faults.json";
    plan("");
  }
  // One rule per line of the plan.
  void plan(const std::string& rules) { write_file(dir_.path() / "faults.json", "{\"rules\":[" + rules + "]}", 0600); }
  std::string box() { return "accounts/" + uid_of(sued_); }
};

TEST_F(Faults, StatusWithRetryAfterForSomeRequests) {
  plan(R"({"match":{"method":"GET","path":"server/version"},"after":1,"times":2,
           "action":{"type":"status","status":503,"retry_after":7,"body":"Wartung"}})");
  Client c = client();
  EXPECT_EQ(c.get("server/version").status, 200);
  const Answer answer = c.get("server/version");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "7");
  EXPECT_THAT(answer.body, HasSubstr("Wartung"));
  EXPECT_EQ(c.get("vzd/accounts.json.zip").status, 200);
  EXPECT_EQ(c.get("server/version").status, 503);
  EXPECT_EQ(c.get("server/version").status, 200);
}

TEST_F(Faults, StatusStoresNothing) {
  plan(R"({"match":{"method":"POST","path":"mails"},"action":{"type":"status","status":502}})");
  EXPECT_EQ(client().post("mails", nord_, simple_mail("x@kv-safenet.de")).status, 502);
  EXPECT_EQ(server_->mailbox_size("sued"), 0U);
  EXPECT_EQ(client().post("mails", nord_, simple_mail("x@kv-safenet.de")).status, 201);
}

TEST_F(Faults, RulesMatchUserAndRegex) {
  plan(
      R"({"match":{"user":"nord","path_regex":"accounts/[^/]+/headers"},"times":-1,"action":{"type":"status","status":500}})");
  Client c = client();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(c.get("accounts/" + uid_of(nord_) + "/headers", nord_).status, 500);
  }
  EXPECT_EQ(c.get("accounts/" + uid_of(nord_), nord_).status, 200);
  EXPECT_EQ(c.get(box() + "/headers", sued_).status, 200);
}

TEST_F(Faults, ResetBeforeProcessing) {
  plan(R"({"match":{"path":"mails"},"action":{"type":"reset_before"}})");
  EXPECT_THROW(client().post("mails", nord_, simple_mail("x@kv-safenet.de")), Poco::Exception);
  EXPECT_EQ(server_->mailbox_size("sued"), 0U);
  EXPECT_EQ(client().post("mails", nord_, simple_mail("x@kv-safenet.de")).status, 201);
}

TEST_F(Faults, ResetAfterTheMailWasStored) {
  plan(R"({"match":{"path":"mails"},"action":{"type":"reset_after"}})");
  EXPECT_THROW(client().post("mails", nord_, simple_mail("x@kv-safenet.de")), Poco::Exception);
  EXPECT_EQ(server_->mailbox_size("sued"), 1U);
  EXPECT_EQ(client().post("mails", nord_, simple_mail("x@kv-safenet.de")).status, 409);
}

TEST_F(Faults, TruncatedBody) {
  EXPECT_EQ(client().post("mails", nord_, simple_mail("x@kv-safenet.de")).status, 201);
  plan(R"({"match":{"path_regex":".*/mails/.*"},"action":{"type":"truncate","bytes":10}})");
  Client c = client();
  const std::string path = box() + "/mails/x%40kv-safenet.de";
  std::string body;
  std::string announced;
  try {
    const Answer answer = c.get(path, sued_);
    body = answer.body;
    announced = answer.headers.at("content-length");
    EXPECT_EQ(announced, std::to_string(simple_mail("x@kv-safenet.de").size()));
    EXPECT_EQ(body, simple_mail("x@kv-safenet.de").substr(0, 10));
  } catch (const Poco::Exception&) {
    // The library may also report the missing TLS farewell: both are a body that did not arrive.
  }
  EXPECT_EQ(client().get(path, sued_).body, simple_mail("x@kv-safenet.de"));
}

TEST_F(Faults, DelayAndDrip) {
  plan(R"({"match":{"path":"server"},"action":{"type":"delay","delay_ms":300}},
          {"match":{"path":"server"},"action":{"type":"drip","bytes":1,"interval_ms":60}})");
  Client c = client();
  for (int i = 0; i < 2; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(c.get("server/version").body, "2.7.0");
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(200));
  }
}

TEST_F(Faults, WrongCertificateAndGarbage) {
  const KeyPtr nord_key = make_rsa_key(2048);
  const KeyPtr sued_key = make_rsa_key(2048);
  certify(nord_, nord_key.get());
  certify(sued_, sued_key.get());
  const std::string path = "certificates?email=nord@kv-safenet.de";
  plan(R"({"match":{"path":"certificates"},"action":{"type":"wrong_certificate"}},
          {"match":{"path":"certificates"},"action":{"type":"garbage_xml"}})");
  const X509Ptr wrong = cert_from_pem(element(client().get(path, nord_).body, "body"));
  ASSERT_NE(wrong, nullptr);
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(wrong.get()), sued_key.get()), 1);
  const Answer garbage = client().get(path, nord_);
  EXPECT_EQ(garbage.status, 200);
  EXPECT_EQ(element(garbage.body, "body"), "");
  EXPECT_EQ(element(client().get(path, nord_).body, "email"), "nord@kv-safenet.de");
}

TEST_F(Faults, AnUnreadablePlanLeavesTheFormerOne) {
  plan(R"({"match":{"path":"server"},"times":-1,"action":{"type":"status","status":503}})");
  EXPECT_EQ(client().get("server/version").status, 503);
  write_file(dir_.path() / "faults.json", "{\"rules\":[{]", 0600);
  EXPECT_EQ(client().get("server/version").status, 503);
  EXPECT_NE(server_->reload_faults(), "");
  server_->set_faults("{\"rules\":[]}");
  EXPECT_EQ(client().get("server/version").status, 200);
}

TEST(FaultPlans, TheRegexIsForTheWholePath) {
  FaultPlan plan;
  plan.load(R"({"rules":[{"match":{"path_regex":"server"},"times":-1,"action":{"type":"delay"}}]})");
  EXPECT_FALSE(plan.next("GET", "server/version", ""));
  EXPECT_FALSE(plan.next("GET", "x/server", ""));
  EXPECT_TRUE(plan.next("GET", "server", ""));
}

TEST(FaultPlans, BrokenOnesAreRefused) {
  FaultPlan plan;
  for (const char* json : {"", "[]", "{}", "{\"rules\":{}}", "{\"rules\":[1]}", "{\"rules\":[{}]}",
                           "{\"rules\":[{\"action\":{}}]}", "{\"rules\":[{\"action\":{\"type\":\"explode\"}}]}",
                           "{\"rules\":[{\"action\":{\"type\":\"status\",\"status\":\"x\"}}]}",
                           "{\"rules\":[{\"action\":{\"type\":\"status\",\"status\":99}}]}",
                           "{\"rules\":[{\"action\":{\"type\":\"delay\"},\"time\":1}]}",
                           "{\"rules\":[{\"match\":{\"path_regex\":\"(\"},\"action\":{\"type\":\"delay\"}}]}"}) {
    EXPECT_THROW(plan.load(json), std::runtime_error) << json;
  }
  EXPECT_THROW(plan.follow("/nonexistent/faults.json"), std::runtime_error);
}

}  // namespace
}  // namespace kvserver::test
