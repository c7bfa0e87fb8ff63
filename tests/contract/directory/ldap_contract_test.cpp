// SPDX-License-Identifier: Apache-2.0
// The LDAP source against OpenLDAP's slapd: pages, TLS by our anchors, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "contract/directory/slapd.h"
#include "directory/directory_service.h"
#include "directory/ldap_source.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::directory {
namespace {

using ::testing::ElementsAre;

struct Collected final : EntrySink {
  Status begin() override {
    entries.clear();
    return {};
  }
  Status add(Entry&& entry) override {
    entries.push_back(std::move(entry));
    return on_entry ? on_entry() : Status();
  }
  std::vector<Entry> entries;
  std::function<Status()> on_entry{};
};

const ProgressFn kQuiet = [](int, std::string_view) {};

class LdapContract : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::Slapd::program().empty()) {
      GTEST_SKIP() << "no slapd here (Debian package slapd)";
    }
  }
  std::unique_ptr<test::Slapd> start(const test::Slapd::Options& options = {}) {
    auto server = std::make_unique<test::Slapd>(options);
    EXPECT_TRUE(server->running()) << "slapd does not start";
    return server;
  }
  Result<Fetched> fetch(const LdapConfig& config) {
    LdapSource source(config);
    return source.fetch("", sink_, kQuiet, cancel_);
  }
  Collected sink_;
  Cancel cancel_;
};

TEST_F(LdapContract, AllPagesArrive) {
  const auto server = start();
  const auto fetched = fetch({server->url(), {server->root_file()}});
  ASSERT_TRUE(fetched.ok()) << fetched.status().to_string();
  EXPECT_TRUE(fetched->changed);
  EXPECT_EQ(fetched->stamp, "");
  ASSERT_EQ(sink_.entries.size(), 1203U) << "those without an address stay away";
  const auto anne = std::find_if(sink_.entries.begin(), sink_.entries.end(),
                                 [](const Entry& entry) { return entry.address == "Anne@kv-safenet.de"; });
  ASSERT_NE(anne, sink_.entries.end());
  EXPECT_EQ(anne->name, "Änne Müller");
  EXPECT_EQ(anne->last_name, "Müller");
  EXPECT_EQ(anne->first_name, "Änne");
  EXPECT_EQ(anne->street, "Testweg 1");
  EXPECT_EQ(anne->postcode, "50667");
  EXPECT_EQ(anne->town, "Köln");
  EXPECT_EQ(anne->uid, anne->address);
  EXPECT_EQ(anne->phone, "") << "not asked for";
}

TEST_F(LdapContract, TheBookIsSearchedOfflineAfterwards) {
  const test_pki::ScratchDirectory scratch;
  auto database = store::Database::open("sqlite", scratch.path() + "/db", Env::system(), Log::none());
  ASSERT_TRUE(database.ok()) << database.status().to_string();
  const auto server = start();
  const LdapConfig config{server->url(), {server->root_file()}};
  DirectoryService service(
      *database,
      [&](std::string_view) -> Result<Sources> {
        Sources sources;
        sources.push_back(std::make_unique<LdapSource>(config));
        return sources;
      },
      Env::system(), Log::none());
  auto summary = service.refresh("own", {}, cancel_);
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->total, 1203);
  EXPECT_EQ(summary->source, "ldap");
  summary = service.refresh("own", {}, cancel_);
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->unchanged, 1203);
  EXPECT_EQ(summary->added + summary->changed + summary->removed, 0);
  server->stop();
  const auto failed = service.refresh("own", {}, cancel_);
  EXPECT_TRUE(failed.status().is(error::unreachable)) << failed.status().to_string();
  const auto hits = service.search("u", "own", "mueller köln", 10);
  ASSERT_TRUE(hits.ok());
  ASSERT_EQ(hits->size(), 1U);
  EXPECT_EQ(hits->front().entry.name, "Änne Müller");
}

TEST_F(LdapContract, OnlyTheConfiguredAnchorsCount) {
  const auto server = start({3});
  const test::TempDir dir;
  const std::string other = dir.write("other.pem", test::make_ca("TEST ONLY another root").cert_pem());
  EXPECT_TRUE(fetch({server->url(), {other}}).status().is(error::tls_not_trusted));
  EXPECT_TRUE(fetch({server->url(), {other}, true}).status().is(error::tls_not_trusted))
      << "the system's roots neither";
  EXPECT_TRUE(fetch({server->url(), {}}).status().is(error::invalid_settings));
  EXPECT_TRUE(fetch({server->url(), {dir.path().string() + "/none.pem"}}).status().is(error::file_unreadable));
  EXPECT_TRUE(fetch({server->url(), {server->root_file(), other}}).ok()) << "several anchors";
}

TEST_F(LdapContract, TheCertificateMustNameTheServer) {
  test::Slapd::Options options;
  options.people = 3;
  options.certificate_for = "DNS:fremd.example";
  const auto server = start(options);
  const auto fetched = fetch({server->url(), {server->root_file()}});
  EXPECT_TRUE(fetched.status().is(error::tls_wrong_host)) << fetched.status().to_string();
}

TEST_F(LdapContract, ABookCutShortIsNoBook) {
  test::Slapd::Options options;
  options.whole_book = false;
  const auto server = start(options);
  const auto fetched = fetch({server->url(), {server->root_file()}});
  EXPECT_TRUE(fetched.status().is(error::bad_answer)) << fetched.status().to_string();
}

TEST_F(LdapContract, CancelAndTheSinksErrorEndIt) {
  const auto server = start();
  const LdapConfig config{server->url(), {server->root_file()}};
  sink_.on_entry = [] { return Status(error::storage_full, "no room"); };
  EXPECT_TRUE(fetch(config).status().is(error::storage_full));
  EXPECT_EQ(sink_.entries.size(), 1U);
  sink_.on_entry = [&] {
    cancel_.request();
    return Status();
  };
  EXPECT_TRUE(fetch(config).status().is(error::cancelled));
  EXPECT_LE(sink_.entries.size(), 1000U) << "the second page is not waited for";
}

TEST(LdapSourceTest, RefusesAddressesWithoutTls) {
  Collected sink;
  const Cancel never;
  for (const char* url : {"ldap://localhost", "localhost", "", "https://localhost", "ldaps://", "ldaps://[x"}) {
    LdapSource source({url, {}, true});
    EXPECT_TRUE(source.fetch("", sink, kQuiet, never).status().is(error::invalid_settings)) << url;
  }
}

}  // namespace
}  // namespace kvc::directory
