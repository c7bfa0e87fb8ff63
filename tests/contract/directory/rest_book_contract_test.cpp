// SPDX-License-Identifier: Apache-2.0
// The address book from our server, over TLS, into a real database and out of the search.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "directory/configured_sources.h"
#include "directory/directory_service.h"
#include "directory/rest_source.h"
#include "kvconnect/client.h"
#include "kvconnect_server/server.h"
#include "unit/kvconnect/fake_env.h"
#include "unit/kvconnect/test_pki.h"

namespace kvc::directory {
namespace {

using ::testing::HasSubstr;

constexpr const char* kAccounts = R"({"accounts":[
  {"username":"nord","password":"Passwort-AB1","kv":"38","cn":"TEST ONLY M\u00fcller","sn":"M\u00fcller","givenName":"Nora",
   "o":"Praxis TEST Nord","l":"K\u00f6ln","postalCode":"50667","street":"Testweg 1"},
  {"username":"sued","password":"Passwort-AB1","kv":"71","cn":"TEST ONLY Sued"}]})";

class RestBook : public ::testing::Test {
 protected:
  void SetUp() override {
    kvserver::Options options;
    options.data_dir = dir_.path() / "server";
    options.ca_dir = KVC_TEST_CA_DIR;
    options.ca_bits = 2048;
    options.accounts_json = kAccounts;
    options.robots = false;
    server_ = std::make_unique<kvserver::Server>(options);
    server_->start();
    settings::Settings settings;
    settings::Environment own;
    own.id = "own";
    own.base_url = server_->base_url();
    own.tls_roots = {server_->ca_files().root.string()};
    settings.environments.push_back(own);
    environments_ = std::make_unique<account::Environments>(settings, env_, Log::none());
    auto database = store::Database::open("sqlite", (dir_.path() / "db").string(), Env::system(), Log::none());
    ASSERT_TRUE(database.ok()) << database.status().to_string();
    service_ =
        std::make_unique<DirectoryService>(*database, configured_sources(*environments_), Env::system(), Log::none());
  }
  void faults(const std::string& rules) { server_->set_faults("{\"rules\":[" + rules + "]}"); }

  test::TempDir dir_;
  std::unique_ptr<kvserver::Server> server_;
  test::FakeEnv env_;
  Cancel cancel_;
  std::unique_ptr<account::Environments> environments_;
  std::unique_ptr<DirectoryService> service_;
};

TEST_F(RestBook, IsFetchedOnceAndSearchedWithoutTheServer) {
  std::vector<std::string> steps;
  auto summary = service_->refresh(
      "own", [&](int, std::string_view step) { steps.emplace_back(step); }, cancel_);
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->added, 2);
  EXPECT_EQ(summary->skipped, 0);
  EXPECT_EQ(steps, (std::vector<std::string>{"directory.download", "directory.read", "directory.store"}));
  summary = service_->refresh("own", {}, cancel_);
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_TRUE(summary->not_modified) << "304 after If-Modified-Since";
  server_.reset();
  EXPECT_FALSE(service_->refresh("own", {}, cancel_).ok());
  const auto hits = service_->search("u", "own", "mueller köln", 10);
  ASSERT_TRUE(hits.ok());
  ASSERT_EQ(hits->size(), 1U);
  const Entry& entry = hits->front().entry;
  EXPECT_EQ(entry.address, "nord@kv-safenet.de");
  EXPECT_EQ(entry.name, "TEST ONLY Müller");
  EXPECT_EQ(entry.practice, "Praxis TEST Nord");
  EXPECT_EQ(entry.kv, "38");
  EXPECT_FALSE(entry.uid.empty());
}

TEST_F(RestBook, TheOlderFormatTakesTheJsonBooksPlace) {
  faults(R"({"match":{"path":"vzd/accounts.json.zip"},"times":100,"action":{"type":"status","status":404}})");
  auto summary = service_->refresh("own", {}, cancel_);
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->added, 2);
  EXPECT_TRUE(service_->refresh("own", {}, cancel_)->not_modified) << "asked with the XML file's own date";
  faults("");
  summary = service_->refresh("own", {}, cancel_);
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_FALSE(summary->not_modified) << "the JSON file was never seen";
  EXPECT_EQ(summary->unchanged, 2) << "both formats say the same";
}

TEST_F(RestBook, SurvivesABrokenTransferAndKeepsTheBookIfItCannot) {
  faults(R"({"match":{"path":"vzd"},"times":1,"action":{"type":"status","status":503}})");
  ASSERT_TRUE(service_->refresh("own", {}, cancel_).ok());
  faults(R"({"match":{"path":"vzd"},"times":1000,"action":{"type":"status","status":500}})");
  EXPECT_TRUE(service_->refresh("own", {}, cancel_).status().is(error::server_error));
  const auto status = service_->status("own");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->entries, 2);
  EXPECT_EQ(status->last_error, error::server_error.key);
}

}  // namespace
}  // namespace kvc::directory
