// SPDX-License-Identifier: Apache-2.0
// Two practice systems that run on and on: their users write, fetch, read, search, renew, change passwords, import and
// lock, while the server and the way to it fail; nothing they hold grows.
//
// KVC_SOAK_SECONDS  how long (default 12; the long run has 3600), KVC_SOAK_SEED  choices, KVC_SOAK_CSV  a folder for
// the samples
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "contract/host_page/page.h"
#include "e2e/soak/process_watch.h"
#include "paths.h"

namespace kvc::e2e::soak {
namespace {

using page_test::Answer;
using page_test::Browser;
using page_test::Page;
using Clock = std::chrono::steady_clock;

constexpr std::array kWeather{
    R"({"match": {"method": "POST", "path": "mails"}, "times": 1, "action": {"type": "reset_after"}})",
    R"({"match": {"method": "POST", "path": "mails"}, "times": 1, "action": {"type": "status", "status": 500}})",
    R"({"match": {"path": "accounts"}, "times": 1, "action": {"type": "status", "status": 503, "retry_after": 1}})",
    R"({"match": {"path": "accounts"}, "times": 1, "action": {"type": "status", "status": 429, "retry_after": 1}})",
    R"({"match": {"method": "GET", "path_regex": "accounts/[^/]+/mails/.+"}, "times": 1, "action": {"type": "truncate", "bytes": 100}})",
    R"({"match": {"method": "GET", "path_regex": "accounts/[^/]+/mails/.+"}, "times": 1, "action": {"type": "drip", "bytes": 700, "interval_ms": 5}})",
    R"({"match": {"method": "DELETE"}, "times": 1, "action": {"type": "reset_after"}})",
    R"({"match": {"path": "certificates"}, "times": 1, "action": {"type": "truncate"}})",
    R"({"match": {"path": "login"}, "times": 1, "action": {"type": "delay", "delay_ms": 300}})",
};
constexpr double kEvery = 2;  ///< seconds between two samples
/// What an hour may add at most, to the bytes in use and to the resident memory: less than one message of 2 MB kept by
/// mistake. In long runs only: caches fill at first, and the heaps around the bytes in use (glibc has one for each
/// thread that works) get as large as their largest moment.
constexpr double kMostGrowthKib = 2048;
/// Besides, for each renewal of the two practices: a certificate more that both remember (crypto/certificate_cache.h,
/// at most 256 of them), with its path to the root. Two or three renewals a minute are nothing a practice ever sees.
constexpr double kMostGrowthKibARenewal = 10;
constexpr int kLongRun = 2400;
/// For every run, KiB: in use above the first sample, holes in the heaps, resident above the first sample.
constexpr long kMostInUse = 8 * 1024;
constexpr long kMostHoles = 20 * 1024;
constexpr long kMostRoom = 22 * 1024;

int setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// One practice: its page, its user at it.
struct Desk {
  std::string name;
  std::unique_ptr<Page> page;
  std::unique_ptr<Browser> browser;
  [[nodiscard]] std::string address() const { return "praxis." + name + "@kv-safenet.de"; }
};

class Soak : public ::testing::Test {
 protected:
  void open(const std::string& name, const std::string& initial) {
    Desk& desk = desks_.emplace_back();
    desk.name = name;
    const fs::path heap_file = directory_.path() / (name + ".heap");
    if (!sanitized()) {  // a sanitizer wants to be loaded first, and has malloc to itself
      ::setenv("LD_PRELOAD", KVC_HEAP_WATCH_LIBRARY, 1);
    }
    ::setenv("KVC_HEAP_WATCH", heap_file.c_str(), 1);
    desk.page = std::make_unique<Page>(server_.settings());
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("KVC_HEAP_WATCH");
    desk.browser = std::make_unique<Browser>(desk.page->doctor());
    desk.browser->command("kvconnect.account.new");
    desk.browser->act("check", {{"username", "praxis." + name},
                                {"password", initial},
                                {"keystore_password", "Schluessel-Dauerlauf-3"},
                                {"keystore_password_repeat", "Schluessel-Dauerlauf-3"}});
    const Answer changed = desk.browser->act(
        "change", {{"new_password", "Canary-DAUER-1-blau"}, {"new_password_repeat", "Canary-DAUER-1-blau"}});
    ASSERT_TRUE(changed.has("data-fact=\"state\" data-code=\"ready\"")) << changed.body;
    watches_.emplace_back("pvs-host " + name, desk.page->process().pid(), heap_file);
  }

  void one_action() {
    Desk& desk = desks_[static_cast<std::size_t>(number(0, 1))];
    const Desk& other = &desk == &desks_[0] ? desks_[1] : desks_[0];
    const int dice = number(1, 100);
    if (dice <= 30) {
      send(*desk.browser, other.address());
    } else if (dice <= 55) {
      desk.browser->command("kvconnect.fetch");
    } else if (dice <= 70) {
      read(*desk.browser);
    } else if (dice <= 78) {
      write_and_leave(*desk.browser);
    } else if (dice <= 92) {
      const char* command = std::array{"kvconnect.outbox", "kvconnect.accounts", "kvconnect.addressbook",
                                       "kvconnect.doctor", "kvconnect.apply"}[static_cast<std::size_t>(number(0, 4))];
      desk.browser->command(command);
    } else if (dice <= 95) {
      import(*desk.browser);
    } else if (dice <= 97) {
      desk.browser->post("/lock", {});
      desk.browser->post("/unlock", {{"user", "arzt"}, {"password", page_test::kDoctorPassword}});
    } else {
      account(*desk.browser, dice == 98 ? "renew" : "change_password");
    }
    ++actions_;
  }

  void send(Browser& browser, const std::string& to) {
    if (browser.command("kvconnect.compose.enachricht").view_name() != "compose.enachricht") {
      return;
    }
    const Answer checked =
        browser.act("check", {{"recipient", to},
                              {"subject", "Dauerlauf " + std::to_string(actions_)},
                              {"text", std::string(static_cast<std::size_t>(number(10, 20000)), 'x')},
                              {"request_receipt", "true"}});
    if (checked.view_name() == "compose.confirm" && browser.act("send").view_name() == "message.queued") {
      ++sent_;
    }
  }

  void read(Browser& browser) {
    const std::string row = browser.command("kvconnect.inbox").attribute("data-row-id");
    if (!row.empty()) {
      read_ += browser.act("open", {{"_row", row}}).view_name() == "inbox.message" ? 1 : 0;
    }
  }

  /// Suggestions, nonsense, and the letter left lying.
  void write_and_leave(Browser& browser) {
    const Answer form = browser.command("kvconnect.compose.enachricht");
    browser.request(
        "POST", "/suggest",
        "_csrf=" + browser.mark() + "&_view=" + page_test::url_encoded(form.view_id()) + "&_field=recipient&_text=prax",
        "application/x-www-form-urlencoded", {});
    browser.act("check", {{"recipient", "niemand"}, {"subject", ""}});
  }

  void import(Browser& browser) {
    browser.command("kvconnect.archive.import");
    browser.act("import", {{"archive_folder", kvc::test::source_dir() + std::string("/tests/vectors/messages")}});
  }

  void account(Browser& browser, const std::string& action) {
    const std::string row = browser.command("kvconnect.accounts").attribute("data-row-id");
    browser.act("open", {{"_row", row}});
    const Answer shown = browser.act(action);
    if (shown.view_name() == "account.renew") {
      browser.act("renew");
      ++renewals_;
    } else if (shown.view_kind() == "form") {
      const std::string password = "Canary-DAUER-" + std::to_string(++passwords_) + "-rot";
      browser.act("change", {{"new_password", password}, {"new_password_repeat", password}});
    }
  }

  void sample(Clock::time_point start) {
    for (ProcessWatch& watch : watches_) {
      watch.take(std::chrono::duration<double>(Clock::now() - start).count());
    }
  }

  int number(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

  std::mt19937 random_{static_cast<unsigned>(setting("KVC_SOAK_SEED", 20251020))};
  TempDir directory_;
  Server server_{directory_.path() / "server"};
  std::vector<Desk> desks_;
  std::vector<ProcessWatch> watches_;
  int actions_ = 0, sent_ = 0, read_ = 0, passwords_ = 1, renewals_ = 0;
};

TEST_F(Soak, NothingGrows) {
  ASSERT_NO_FATAL_FAILURE(open("nord", "Initial-NORD-1"));
  ASSERT_NO_FATAL_FAILURE(open("sued", "Initial-SUED-1"));
  const int seconds = setting("KVC_SOAK_SECONDS", 12);
  // Whatever is loaded at its first use is loaded before the first sample.
  for (int i = 0; i < 40; ++i) {
    one_action();
  }
  const auto start = Clock::now();
  sample(start);
  auto next_sample = start;
  auto next_weather = start;
  while (Clock::now() - start < std::chrono::seconds(seconds)) {
    if (Clock::now() >= next_weather) {
      server_.set_faults(number(0, 2) == 0 ? "" : kWeather[static_cast<std::size_t>(number(0, kWeather.size() - 1))]);
      next_weather = Clock::now() + std::chrono::milliseconds(1500);
      if (number(1, 200) == 1) {
        server_.kill();
        server_.start();
      }
    }
    one_action();
    if (Clock::now() >= next_sample) {
      sample(start);
      next_sample = Clock::now() + std::chrono::milliseconds(static_cast<int>(kEvery * 1000));
    }
  }
  server_.set_faults("");
  for (Desk& desk : desks_) {
    desk.browser->command("kvconnect.fetch");
  }
  sample(start);
  std::printf("%d actions in %d s, %d messages sent, %d read, %d renewals, %d passwords\n", actions_, seconds, sent_,
              read_, renewals_, passwords_);
  EXPECT_GT(sent_, 0);
  EXPECT_GT(read_, 0);
  for (const ProcessWatch& watch : watches_) {
    std::printf("%s\n", watch.summary().c_str());
    if (const char* folder = std::getenv("KVC_SOAK_CSV")) {
      watch.write_csv(fs::path(folder) / (watch.name() + ".csv"));
    }
    const Sample& first = watch.samples().front();
    const Sample& last = watch.samples().back();
    EXPECT_LE(last.threads, first.threads + 4) << watch.name();
    EXPECT_LE(last.handles, first.handles + 16) << watch.name() << ": connections are kept, but not without end";
    if (sanitized()) {
      std::printf("%s: its memory is the sanitizer's, and not judged\n", watch.name().c_str());
      continue;
    }
    EXPECT_GT(last.in_use_kib, 0) << watch.name() << ": the watch in the process says nothing";
    EXPECT_LE(last.in_use_kib, first.in_use_kib + kMostInUse) << watch.name();
    EXPECT_LE(last.heaps_kib - last.in_use_kib, kMostHoles) << watch.name();
    EXPECT_LE(last.rss_kib, first.rss_kib + kMostRoom) << watch.name();
    if (seconds >= kLongRun) {
      const double most = kMostGrowthKib + kMostGrowthKibARenewal * renewals_ * 3600 / seconds;
      EXPECT_LE(watch.growth_per_hour(&Sample::in_use_kib), most) << watch.name();
      EXPECT_LE(watch.growth_per_hour(&Sample::rss_kib), most) << watch.name();
    }
  }
}

}  // namespace
}  // namespace kvc::e2e::soak
