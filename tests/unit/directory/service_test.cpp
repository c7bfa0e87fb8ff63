// SPDX-License-Identifier: Apache-2.0
// The book in a real database: refreshed, searched, marked, and whole after everything that goes wrong.
#include <Poco/Data/Session.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "directory/book_repository.h"
#include "directory/directory_service.h"
#include "directory/protocol_constants.h"
#include "directory/word_index.h"
#include "directory/words.h"
#include "postgresql/cluster.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::directory {
namespace {

using Poco::Data::Session;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// Time passes only when a test says so.
class StandingEnv final : public Env {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] std::chrono::steady_clock::time_point monotonic() const override { return {}; }
  bool sleep(Millis, const std::atomic<bool>& cancelled) override { return cancelled.load(); }
  void random(std::span<std::uint8_t> out) override { Env::system().random(out); }
  double jitter() override { return 0; }
  void advance(Millis duration) { now_ += duration; }

 private:
  TimePoint now_ = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25);
};

/// What the sources of a test give.
struct Book {
  std::vector<Entry> entries;
  Status status;  ///< after so many entries:
  std::size_t until = SIZE_MAX;
  std::string stamp = "heute";
  std::string asked_with;
  int fetches = 0;
  std::function<void()> in_the_middle{};
};

class FakeSource final : public Source {
 public:
  FakeSource(std::string_view kind, Book& book) : kind_(kind), book_(book) {}
  [[nodiscard]] std::string_view kind() const override { return kind_; }
  Result<Fetched> fetch(const std::string& stamp, EntrySink& sink, const ProgressFn& progress,
                        const Cancel& cancel) override {
    ++book_.fetches;
    book_.asked_with = stamp;
    if (!stamp.empty() && stamp == book_.stamp) {
      return Fetched{false, stamp};
    }
    progress(-1, "directory.read");
    KVC_TRY(sink.begin());
    for (std::size_t i = 0; i < book_.entries.size() && i < book_.until; ++i) {
      KVC_TRY(sink.add(Entry(book_.entries[i])));
    }
    if (book_.in_the_middle) {
      book_.in_the_middle();
    }
    if (cancel.requested()) {
      return Status(error::cancelled, "stopped");
    }
    KVC_TRY(book_.status);
    return Fetched{true, book_.stamp};
  }

 private:
  std::string_view kind_;
  Book& book_;
};

/// The database refuses, or its process dies, at the n-th write.
class FaultyDatabase final : public store::Database {
 public:
  explicit FaultyDatabase(std::shared_ptr<store::Database> real) : real_(std::move(real)) {}
  Status write(const std::function<Status(Session&)>& work) override {
    ++writes;
    if (writes >= dead_from) {
      return {error::storage_full, "no room"};
    }
    return real_->write(work);
  }
  Status read(const std::function<Status(Session&)>& work) override { return real_->read(work); }
  [[nodiscard]] int schema_version() const override { return real_->schema_version(); }

  int writes = 0;
  int dead_from = INT_MAX;

 private:
  std::shared_ptr<store::Database> real_;
};

Entry person(const std::string& last, const std::string& first, const std::string& town = "Berlin",
             const std::string& street = "Hauptstr. 1", const std::string& practice = "") {
  Entry entry;
  entry.last_name = last;
  entry.first_name = first;
  entry.name = first + " " + last;
  entry.town = town;
  entry.street = street;
  entry.practice = practice;
  entry.postcode = "10115";
  entry.address = fold(first) + "." + fold(last) + "@kv-safenet.de";
  return entry;
}

class Directory : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::Database::open(test::new_dsn(), scratch_.path() + "/db", Env::system(), Log::none());
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    database_ = std::make_shared<FaultyDatabase>(std::move(opened).value());
    service_ = std::make_unique<DirectoryService>(
        database_,
        [this](std::string_view environment) -> Result<Sources> {
          if (environment != "own" && environment != "other") {
            return Status(error::invalid_settings, "unknown");
          }
          Sources sources;
          sources.push_back(std::make_unique<FakeSource>("rest", environment == "own" ? rest_ : other_));
          if (with_ldap_) {
            sources.push_back(std::make_unique<FakeSource>("ldap", ldap_));
          }
          return sources;
        },
        env_, Log::none());
    rest_.entries = {person("Müller", "Anna", "Berlin", "Ackerweg 2", "Praxis am Zoo"),
                     person("Mueller", "Berta", "Köln"), person("Meier", "Carl", "Dresden", "Müllerstr. 3"),
                     person("Groß", "Dora", "Müllheim"), person("Schmidt", "Emil", "Berlin")};
  }

  Result<Summary> refresh(const std::string& environment = "own") {
    const Cancel never;
    return service_->refresh(environment, {}, never);
  }
  std::vector<std::string> names(const std::string& text, std::size_t limit = 50, const std::string& user = "u1",
                                 const std::string& environment = "own") {
    const auto found = service_->search(user, environment, text, limit);
    EXPECT_TRUE(found.ok()) << found.status().to_string();
    std::vector<std::string> list;
    if (found.ok()) {
      for (const Hit& hit : *found) {
        list.push_back(hit.entry.name);
      }
    }
    return list;
  }
  void stamp(const std::string& stamp) { rest_.stamp = stamp; }
  /// The index has every row of the book and nothing else.
  void expect_index_agrees() {
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> indexed;
    EXPECT_TRUE(database_
                    ->read([&](Session& session) -> Status {
                      session << "SELECT id FROM directory_entry WHERE environment_id = 'own'",
                          Poco::Data::Keywords::into(rows), Poco::Data::Keywords::now;
                      KVC_ASSIGN(const auto index, WordIndex::load(load_index(session, "own")));
                      indexed = index->find({}, SIZE_MAX);
                      return {};
                    })
                    .ok());
    EXPECT_THAT(indexed, ::testing::UnorderedElementsAreArray(rows));
  }

  const test_pki::ScratchDirectory scratch_;
  StandingEnv env_;
  std::shared_ptr<FaultyDatabase> database_;
  Book rest_, ldap_, other_;
  bool with_ldap_ = false;
  std::unique_ptr<DirectoryService> service_;
};

TEST_F(Directory, NothingBeforeTheFirstRefresh) {
  EXPECT_THAT(names("müller"), IsEmpty());
  EXPECT_THAT(names(""), IsEmpty());
  EXPECT_TRUE(service_->find("u1", "own", "a@b.de").status().is(error::not_found));
  const auto status = service_->status("own");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->entries, 0);
  EXPECT_FALSE(status->refreshed_at);
}

TEST_F(Directory, RefreshCountsWhatChanged) {
  rest_.entries.push_back(person("Müller", "Anna"));  // the same address once more
  rest_.entries.emplace_back();                       // none at all
  auto summary = refresh();
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->total, 5);
  EXPECT_EQ(summary->added, 5);
  EXPECT_EQ(summary->skipped, 2);
  EXPECT_EQ(summary->source, "rest");
  EXPECT_EQ(service_->find("u1", "own", "anna.muller@kv-safenet.de")->entry.practice, "Praxis am Zoo");
  expect_index_agrees();

  stamp("morgen");
  rest_.entries = {person("Müller", "Anna", "Potsdam"), person("Mueller", "Berta", "Köln"),
                   person("Meier", "Carl", "Dresden", "Müllerstr. 3"), person("Zander", "Frida")};
  summary = refresh();
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->total, 4);
  EXPECT_EQ(summary->added, 1);
  EXPECT_EQ(summary->changed, 1);
  EXPECT_EQ(summary->removed, 2);
  EXPECT_EQ(summary->unchanged, 2);
  EXPECT_THAT(names("potsdam"), ElementsAre("Anna Müller"));
  EXPECT_THAT(names("zoo"), IsEmpty());
  EXPECT_THAT(names("dora"), IsEmpty());
  expect_index_agrees();
}

TEST_F(Directory, SmallChangesAreMergedInTheOrderOfNames) {
  rest_.entries.clear();
  for (int i = 0; i < 100; ++i) {
    rest_.entries.push_back(person("Name" + std::to_string(100 + 2 * i), "Test"));
  }
  ASSERT_TRUE(refresh().ok());
  std::vector<std::string> expected;
  for (int round = 0; round < 3; ++round) {
    stamp("runde" + std::to_string(round));
    for (int i = 0; i < 5; ++i) {
      rest_.entries.push_back(person("Name" + std::to_string(101 + 2 * (10 * round + i)), "Test"));
      rest_.entries.erase(rest_.entries.begin() + 3);
    }
    rest_.entries[0].town = "Ort" + std::to_string(round);
    const auto summary = refresh();
    ASSERT_TRUE(summary.ok()) << summary.status().to_string();
    EXPECT_EQ(summary->added, 5);
    EXPECT_EQ(summary->removed, 5);
    EXPECT_EQ(summary->changed, 1);
    expect_index_agrees();
  }
  for (const Entry& entry : rest_.entries) {
    expected.push_back(entry.name);
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names("name", 500), expected);
  EXPECT_EQ(names("", 500), expected);
}

TEST_F(Directory, NotModifiedCostsNothing) {
  ASSERT_TRUE(refresh().ok());
  env_.advance(std::chrono::hours(1));
  const auto summary = refresh();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(rest_.asked_with, "heute");
  EXPECT_TRUE(summary->not_modified);
  EXPECT_EQ(summary->unchanged, 5);
  EXPECT_EQ(service_->status("own")->refreshed_at, env_.now());
}

TEST_F(Directory, SearchAsYouType) {
  ASSERT_TRUE(refresh().ok());
  for (const char* typed : {"müller", "Mueller", "MULLER", "mue", "mü", "mul"}) {
    EXPECT_THAT(names(typed), ::testing::Contains("Anna Müller")) << typed;
    EXPECT_THAT(names(typed), ::testing::Contains("Berta Mueller")) << typed;
  }
  EXPECT_THAT(names("müller"), ElementsAre("Anna Müller", "Berta Mueller", "Carl Meier"))
      << "names before streets; Müllheim does not begin with müller";
  EXPECT_THAT(names("müll"), ElementsAre("Anna Müller", "Berta Mueller", "Dora Groß", "Carl Meier"))
      << "within a group in the order of names";
  EXPECT_THAT(names("mü ber"), ElementsAre("Anna Müller", "Berta Mueller")) << "every word, wherever";
  EXPECT_THAT(names("gross"), ElementsAre("Dora Groß"));
  EXPECT_THAT(names("zoo"), ElementsAre("Anna Müller"));
  EXPECT_THAT(names("10115 schm"), ElementsAre("Emil Schmidt"));
  EXPECT_THAT(names("müllerstraße 3"), ElementsAre("Carl Meier"));
  EXPECT_THAT(names("emil.schmidt@kv-safenet.de"), ElementsAre("Emil Schmidt"));
  EXPECT_THAT(names("llmul"), IsEmpty());
  EXPECT_EQ(names("", 3).size(), 3U);
  EXPECT_THAT(names("müller", 1), ElementsAre("Anna Müller"));
  EXPECT_THAT(names("müller", 0), IsEmpty());
}

TEST_F(Directory, WhatTheUserTypesIsNeverAQuery) {
  ASSERT_TRUE(refresh().ok());
  for (const char* typed : {"\"", "*", "müller OR meier", "NEAR(a b)", "name_words:müller", "^a", "{a}:", "a AND", "-a",
                            "'; DROP TABLE directory_entry; --", "%s%n", "\xFF\xFE", "a\" OR \"b", "AND", "NOT"}) {
    EXPECT_TRUE(service_->search("u1", "own", typed, 10).ok()) << typed;
  }
  EXPECT_THAT(names("\"*^-:(){}"), IsEmpty()) << "signs alone find nothing, not everything";
  EXPECT_THAT(names("müller OR meier"), IsEmpty());
  EXPECT_EQ(names("").size(), 5U) << "still there";
}

TEST_F(Directory, FavouritesThenLastUsedComeFirst) {
  ASSERT_TRUE(refresh().ok());
  ASSERT_TRUE(service_->note_used("u1", "own", "Berta.Muller@KV-SafeNet.de").ok());
  env_.advance(std::chrono::minutes(1));
  ASSERT_TRUE(service_->note_used("u1", "own", "emil.schmidt@kv-safenet.de").ok());
  ASSERT_TRUE(service_->set_favourite("u1", "own", "carl.meier@kv-safenet.de", true).ok());
  EXPECT_THAT(names("müller"), ElementsAre("Carl Meier", "Berta Mueller", "Anna Müller"));
  EXPECT_THAT(names(""), ElementsAre("Carl Meier", "Emil Schmidt", "Berta Mueller", "Dora Groß", "Anna Müller"));
  EXPECT_THAT(names("", 50, "u2"),
              ElementsAre("Dora Groß", "Carl Meier", "Anna Müller", "Berta Mueller", "Emil Schmidt"))
      << "another user's marks are his own";
  const auto recent = service_->recently_used("u1", "own", 10);
  ASSERT_TRUE(recent.ok());
  ASSERT_EQ(recent->size(), 2U);
  EXPECT_EQ(recent->front().entry.name, "Emil Schmidt");
  EXPECT_EQ(recent->front().last_used, env_.now());
  EXPECT_TRUE(service_->find("u1", "own", "CARL.meier@kv-safenet.de")->favourite);
  ASSERT_TRUE(service_->set_favourite("u1", "own", "carl.meier@kv-safenet.de", false).ok());
  EXPECT_FALSE(service_->find("u1", "own", "carl.meier@kv-safenet.de")->favourite);
  EXPECT_TRUE(service_->set_favourite("u1", "own", "fremd@kv-safenet.de", true).is(error::not_found));
  EXPECT_TRUE(service_->note_used("u1", "own", "fremd@kv-safenet.de").ok());
}

TEST_F(Directory, MarksOutliveTheEntry) {
  ASSERT_TRUE(refresh().ok());
  ASSERT_TRUE(service_->set_favourite("u1", "own", "emil.schmidt@kv-safenet.de", true).ok());
  const auto whole = rest_.entries;
  rest_.entries.pop_back();
  stamp("ohne");
  ASSERT_TRUE(refresh().ok());
  EXPECT_THAT(names("schmidt"), IsEmpty());
  rest_.entries = whole;
  stamp("wieder da");
  ASSERT_TRUE(refresh().ok());
  EXPECT_TRUE(service_->search("u1", "own", "schmidt", 1)->front().favourite);
}

TEST_F(Directory, EnvironmentsAreApart) {
  ASSERT_TRUE(refresh().ok());
  other_.entries = {person("Müller", "Zoe"), person("Andere", "Yves")};
  ASSERT_TRUE(refresh("other").ok());
  EXPECT_THAT(names("müller", 50, "u1", "other"), ElementsAre("Zoe Müller"));
  EXPECT_EQ(names("müller").size(), 3U);
  stamp("neu");
  rest_.entries = {person("Neu", "Nora")};  // all anew, with another book beside it
  ASSERT_TRUE(refresh().ok());
  EXPECT_THAT(names(""), ElementsAre("Nora Neu"));
  EXPECT_THAT(names("", 50, "u1", "other"), UnorderedElementsAre("Zoe Müller", "Yves Andere"));
  expect_index_agrees();
  EXPECT_TRUE(refresh("fremd").status().is(error::invalid_settings));
}

TEST_F(Directory, AFailedRefreshLeavesTheOldBook) {
  ASSERT_TRUE(refresh().ok());
  const auto before = names("");
  stamp("neu");
  rest_.entries = {person("Neu", "Nora")};
  rest_.status = Status(error::connection_lost, "gone");
  env_.advance(std::chrono::minutes(5));
  EXPECT_TRUE(refresh().status().is(error::connection_lost));
  EXPECT_EQ(names(""), before);
  auto status = service_->status("own");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->last_error, error::connection_lost.key);
  EXPECT_EQ(status->entries, 5);
  EXPECT_EQ(status->tried_at, env_.now());
  EXPECT_LT(status->refreshed_at, env_.now());
  rest_.status = Status();
  ASSERT_TRUE(refresh().ok());
  EXPECT_EQ(service_->status("own")->last_error, "");
  EXPECT_THAT(names(""), ElementsAre("Nora Neu"));
}

TEST_F(Directory, AnEmptyBookNeverReplacesAFullOne) {
  ASSERT_TRUE(refresh().ok());
  stamp("leer");
  rest_.entries.clear();
  EXPECT_TRUE(refresh().status().is(error::bad_answer));
  rest_.entries.assign(3, Entry());
  EXPECT_TRUE(refresh().status().is(error::bad_answer));
  EXPECT_EQ(names("").size(), 5U);
  EXPECT_TRUE(refresh("other").ok()) << "a network without participants is no error";
}

TEST_F(Directory, CancelLeavesTheOldBook) {
  ASSERT_TRUE(refresh().ok());
  stamp("neu");
  rest_.entries = {person("Neu", "Nora")};
  Cancel cancel;
  rest_.in_the_middle = [&] { cancel.request(); };
  EXPECT_TRUE(service_->refresh("own", {}, cancel).status().is(error::cancelled));
  EXPECT_EQ(names("").size(), 5U);
}

TEST_F(Directory, DeathAtEveryWriteLeavesTheOldOrTheNewBook) {
  ASSERT_TRUE(refresh().ok());
  const auto before = names("");
  rest_.entries = {person("Neu", "Nora"), person("Noch", "Nina")};
  bool done = false;
  for (int at = 1; !done && at < 50; ++at) {
    stamp("versuch" + std::to_string(at));
    database_->writes = 0;
    database_->dead_from = at;
    done = refresh().ok() && database_->writes < at;
    database_->dead_from = INT_MAX;
    const auto now = names("");
    EXPECT_TRUE(now == before || now == std::vector<std::string>({"Nora Neu", "Nina Noch"})) << at;
    expect_index_agrees();
  }
  EXPECT_TRUE(done);
  EXPECT_THAT(names(""), ElementsAre("Nora Neu", "Nina Noch"));
}

TEST_F(Directory, TheRefreshThatBeganLastWins) {
  ASSERT_TRUE(refresh().ok());
  stamp("neu");
  rest_.entries = {person("Neu", "Nora")};
  bool inner_done = false;
  rest_.in_the_middle = [&] {
    rest_.in_the_middle = {};
    rest_.entries = {person("Neuer", "Nils")};
    inner_done = refresh().ok();
  };
  EXPECT_TRUE(refresh().status().is(error::storage_busy));
  EXPECT_TRUE(inner_done);
  EXPECT_THAT(names(""), ElementsAre("Nils Neuer"));
  EXPECT_EQ(service_->status("own")->last_error, "") << "the loser writes nothing";
}

TEST_F(Directory, LdapStepsInOnlyWhereItTakesNothingAway) {
  with_ldap_ = true;
  ldap_.entries = {person("Ldap", "Lena")};
  rest_.status = Status(error::unreachable, "no server");
  auto summary = refresh();
  ASSERT_TRUE(summary.ok()) << summary.status().to_string();
  EXPECT_EQ(summary->source, "ldap");
  EXPECT_THAT(names(""), ElementsAre("Lena Ldap"));
  rest_.status = Status();
  EXPECT_EQ(refresh()->source, "rest");
  EXPECT_EQ(rest_.asked_with, "") << "a stamp is its source's own";
  stamp("neu");
  rest_.status = Status(error::unreachable, "no server");
  const int fetches = ldap_.fetches;
  EXPECT_TRUE(refresh().status().is(error::unreachable));
  EXPECT_EQ(ldap_.fetches, fetches);
  EXPECT_EQ(names("").size(), 5U);
}

TEST_F(Directory, AllFieldsComeBackFromTheDatabase) {
  Entry entry = person("Voll", "Vera");
  entry.uid = "u-1";
  entry.title = "Dr.";
  entry.specialty = "Radiologie";
  entry.phone = "0351 1";
  entry.kv = "98";
  entry.services = {"eArztbrief", "eNachricht"};
  entry.certificate_valid_to = env_.now() + std::chrono::hours(24);
  rest_.entries = {entry};
  ASSERT_TRUE(refresh().ok());
  EXPECT_EQ(service_->find("u1", "own", entry.address)->entry, entry);
  EXPECT_EQ(service_->search("u1", "own", "radio", 1)->front().entry, entry);
  stamp("ohne");
  rest_.entries[0].certificate_valid_to.reset();
  EXPECT_EQ(refresh()->changed, 1);
  EXPECT_FALSE(service_->find("u1", "own", entry.address)->entry.certificate_valid_to);
}

}  // namespace
}  // namespace kvc::directory
