// SPDX-License-Identifier: Apache-2.0
// The parts of the page's server that need no browser.
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "serve/events.h"
#include "serve/file_dialogs.h"
#include "serve/login_guard.h"
#include "serve/main_loop.h"
#include "serve/request.h"
#include "serve/token.h"
#include "serve/values.h"

namespace pvs::host::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr seconds kPatience{60};

v1::Field& add_field(v1::Form& form, const char* name, v1::Field::Type type) {
  v1::Field& field = *form.add_fields();
  field.set_name(name);
  field.set_type(type);
  return field;
}

void add_choice(v1::Field& field, const char* id, bool disabled = false) {
  field.add_choices()->set_id(id);
  field.mutable_choices(field.choices_size() - 1)->set_disabled(disabled);
}

const v1::Value* value_of(const Values& values, std::string_view name) {
  for (const v1::NamedValue& value : values) {
    if (value.name() == name) {
      return &value.value();
    }
  }
  return nullptr;
}

TEST(ServeValues, EveryTypeBecomesItsValueAndNothingCanBeForged) {
  v1::Form form;
  add_field(form, "subject", v1::Field::TYPE_TEXT);
  add_field(form, "text", v1::Field::TYPE_MULTILINE);
  add_field(form, "secret", v1::Field::TYPE_SECRET);
  add_field(form, "empty_secret", v1::Field::TYPE_SECRET);
  add_field(form, "on", v1::Field::TYPE_CHECK);
  add_field(form, "off", v1::Field::TYPE_CHECK);
  add_field(form, "fixed", v1::Field::TYPE_READ_ONLY).mutable_value()->set_text("as it was");
  add_field(form, "kept", v1::Field::TYPE_TEXT).mutable_value()->set_text("from before");
  v1::Field& one = add_field(form, "one", v1::Field::TYPE_CHOICE);
  add_choice(one, "a");
  v1::Field& greyed = add_field(form, "greyed", v1::Field::TYPE_CHOICE);
  add_choice(greyed, "a", true);
  v1::Field& many = add_field(form, "many", v1::Field::TYPE_MULTI_CHOICE);
  add_choice(many, "a");
  add_choice(many, "b");
  add_field(form, "files", v1::Field::TYPE_FILE);
  Request request;
  request.values = {{"subject", "Betreff"}, {"text", "a\r\nb\rc"}, {"secret", "geheim"}, {"empty_secret", ""},
                    {"on", "true"},         {"fixed", "forged"},   {"one", "a"},         {"greyed", "a"},
                    {"many", "b"},          {"many", "forged"},    {"unknown", "x"}};
  request.uploads.push_back({"files", "a.txt", "text/plain", "inhalt"});
  request.uploads.push_back({"other", "b.txt", "text/plain", "nicht gefragt"});
  StreamTable streams;
  Values values;
  std::vector<std::uint64_t> opened;
  take_values(request, form, streams, values, opened);

  EXPECT_EQ(value_of(values, "subject")->text(), "Betreff");
  EXPECT_EQ(value_of(values, "text")->text(), "a\nb\nc");
  EXPECT_EQ(value_of(values, "secret")->secret(), "geheim");
  EXPECT_EQ(value_of(values, "empty_secret"), nullptr);
  EXPECT_TRUE(value_of(values, "on")->check());
  EXPECT_FALSE(value_of(values, "off")->check());
  EXPECT_EQ(value_of(values, "fixed")->text(), "as it was");
  EXPECT_EQ(value_of(values, "kept")->text(), "from before");
  EXPECT_EQ(value_of(values, "one")->text(), "a");
  EXPECT_EQ(value_of(values, "greyed"), nullptr);
  ASSERT_EQ(value_of(values, "many")->ids().id_size(), 1);
  EXPECT_EQ(value_of(values, "many")->ids().id(0), "b");
  EXPECT_EQ(value_of(values, "unknown"), nullptr);
  ASSERT_EQ(opened.size(), 1U);
  ASSERT_EQ(value_of(values, "files")->files().file_size(), 1);
  EXPECT_EQ(value_of(values, "files")->files().file(0).name(), "a.txt");
  std::uint8_t buffer[16];
  std::size_t got = 0;
  EXPECT_EQ(streams.read(opened[0], buffer, sizeof buffer, got), PVS_OK);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(buffer), got), "inhalt");
  EXPECT_EQ(streams.read(opened[0], buffer, sizeof buffer, got), PVS_END_OF_STREAM);
  EXPECT_EQ(streams.open_count(), 1U) << "nothing was opened for a field that is not there";

  remember_typed(values, form);
  EXPECT_EQ(form.fields(0).value().text(), "Betreff");
  EXPECT_FALSE(form.fields(2).has_value()) << "never a secret";
  wipe_secrets(values);
  EXPECT_EQ(value_of(values, "secret")->secret().find("geheim"), std::string::npos);
}

TEST(ServeUploads, MemoryIsCountedUntilTheLastStreamIsGone) {
  UploadBudget budget;
  StreamTable streams;
  std::vector<std::uint64_t> opened;
  {
    Request request;
    request.share = budget.take(kMaxUpload);
    ASSERT_NE(request.share, nullptr);
    request.uploads.push_back({"f", "a", "t", "x"});
    v1::Value::FileRefs files;
    request.hand_over("f", streams, files, opened);
  }
  EXPECT_EQ(budget.used(), kMaxUpload) << "the stream still holds it";
  std::vector<UploadBudget::Share> others;
  while (auto share = budget.take(kMaxUpload)) {
    others.push_back(share);
  }
  EXPECT_EQ(budget.used(), kMaxAllUploads);
  EXPECT_EQ(budget.take(1), nullptr);
  EXPECT_EQ(streams.close(opened.at(0), false), PVS_OK);
  others.clear();
  EXPECT_EQ(budget.used(), 0U);
}

TEST(ServeTokens, AreLongDifferentAndComparedAsAWhole) {
  const std::string a = new_token();
  EXPECT_TRUE(is_token(a));
  EXPECT_NE(a, new_token());
  for (const std::string& bad : {std::string(), a + "0", a.substr(1), std::string(64, 'G'), std::string(64, '\0')}) {
    EXPECT_FALSE(is_token(bad));
  }
  EXPECT_TRUE(same_token(a, std::string(a)));
  EXPECT_FALSE(same_token(a, a.substr(1)));
  EXPECT_FALSE(same_token("", "")) << "no mark is not the same as no mark";
  EXPECT_EQ(signed_token("s", a), signed_token("s", a));
  EXPECT_NE(signed_token("s", a), signed_token("t", a));
  EXPECT_NE(token_key(a), a);
}

TEST(ServeLogin, FailuresMakeTheUserWaitLongerAndLonger) {
  LoginGuard guard;
  const auto now = std::chrono::steady_clock::now();
  guard.failed("a", now);
  guard.failed("a", now);
  EXPECT_EQ(guard.wait_seconds("a", now), 0);
  for (const long expected : {2L, 4L, 8L, 16L, 30L, 30L}) {
    guard.failed("a", now);
    EXPECT_EQ(guard.wait_seconds("a", now), expected);
  }
  EXPECT_EQ(guard.wait_seconds("b", now), 0);
  EXPECT_EQ(guard.wait_seconds("a", now + seconds(31)), 0);
  guard.succeeded("a");
  EXPECT_EQ(guard.wait_seconds("a", now), 0);
}

TEST(ServeMainLoop, TasksRunOnTheMainThreadInOrderAndThrowTheirExceptions) {
  MainLoop loop;
  const auto main = std::this_thread::get_id();
  std::atomic<bool> done{false};
  std::string order;
  std::thread other([&] {
    EXPECT_EQ(loop.run([&] {
      order += 'a';
      return std::this_thread::get_id();
    }),
              main);
    loop.run([&] { order += 'b'; });
    EXPECT_THROW(loop.run([]() -> int { throw std::runtime_error("x"); }), std::runtime_error);
    done = true;
  });
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!done && std::chrono::steady_clock::now() < end) {
    loop.work();
    std::this_thread::yield();
  }
  other.join();
  EXPECT_EQ(order, "ab");
}

TEST(ServeMainLoop, WhoeverWaitsWhenItEndsIsSentAway) {
  MainLoop loop;
  std::atomic<int> away{0};
  std::thread early([&] {
    try {
      loop.run([] {});
    } catch (const Stopping&) {
      ++away;
    }
  });
  loop.close();
  early.join();
  EXPECT_EQ(away.load(), 1) << "before or after the end: the same";
  EXPECT_THROW(loop.run([] {}), Stopping);
  loop.post([&] { away = 7; });
  loop.work();
  EXPECT_EQ(away.load(), 1);
}

TEST(ServeMainLoop, WhoWaitsAlreadyWhenItEndsIsSentAway) {
  MainLoop loop;
  std::atomic<int> away{0};
  std::thread waiting([&] {
    try {
      loop.run([] {});
    } catch (const Stopping&) {
      ++away;
    }
  });
  pollfd task{loop.fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&task, 1, static_cast<int>(milliseconds(kPatience).count())), 1) << "the task is in the queue";
  loop.close();
  waiting.join();
  EXPECT_EQ(away.load(), 1);
}

TEST(ServeEvents, EveryListenerHearsEverythingAndLateOnesLoadThePage) {
  EventChannel channel;
  std::uint64_t first = channel.now();
  std::uint64_t second = first;
  channel.send("centre", "{}");
  EXPECT_EQ(channel.next(first, milliseconds(0)), "event: centre\ndata: {}\n\n");
  EXPECT_EQ(channel.next(first, milliseconds(0)), "");
  for (int i = 0; i < 1000; ++i) {
    channel.send("progress", std::to_string(i));
  }
  EXPECT_EQ(channel.next(second, milliseconds(0)), "event: page\ndata: {}\n\n");
  channel.close();
  EXPECT_EQ(channel.next(second, milliseconds(0)), std::nullopt);
  EXPECT_FALSE(channel.enter());
}

TEST(ServeEvents, AtMostEightWindowsListen) {
  EventChannel channel;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(channel.enter());
  }
  EXPECT_FALSE(channel.enter());
  channel.leave();
  EXPECT_TRUE(channel.enter());
}

TEST(ServeJobClock, WaitsForTheEndAndNotForWhatDoesNotRun) {
  JobClock clock;
  EXPECT_TRUE(clock.wait(1, milliseconds(0)));
  clock.begin(1);
  EXPECT_FALSE(clock.wait(1, milliseconds(0)));
  std::thread other([&] { clock.end(1); });
  EXPECT_TRUE(clock.wait(1, kPatience));
  other.join();
}

class Dialog : public testing::Test {
 protected:
  /// Asks on another thread, as a plugin does.
  void ask(const char* session) {
    dialogs_.on_question([this](const std::string&) { ++asked_; });
    plugin_ = std::thread([this, session] {
      v1::FileChooseRequest request;
      request.set_session_id(session);
      request.set_title("Zertifikatsdatei");
      request.add_patterns("*.p12");
      status_ = dialogs_.choose(PluginCall(), request, reply_);
    });
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (asked_ == 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
  }
  FileDialogs dialogs_;
  std::atomic<int> asked_{0};
  std::thread plugin_;
  v1::FileChooseReply reply_;
  pvs_status status_ = PVS_INTERNAL;
};

TEST_F(Dialog, GivesTheFilesToThePluginOnce) {
  ask("s");
  ASSERT_EQ(dialogs_.open_for("s").size(), 1U);
  EXPECT_TRUE(dialogs_.open_for("other").empty());
  const FileQuestion question = dialogs_.open_for("s").front();
  EXPECT_EQ(question.title, "Zertifikatsdatei");
  v1::Value::FileRefs files;
  files.add_file()->set_name("a.p12");
  EXPECT_FALSE(dialogs_.answer("other", question.id, files)) << "another session has no say";
  EXPECT_TRUE(dialogs_.answer("s", question.id, files));
  plugin_.join();
  EXPECT_EQ(status_, PVS_OK);
  EXPECT_EQ(reply_.files().file(0).name(), "a.p12");
  EXPECT_FALSE(dialogs_.answer("s", question.id, files));
}

TEST_F(Dialog, CancelledByThePersonOrByTheLock) {
  ask("s");
  dialogs_.cancel_all("other");
  EXPECT_EQ(dialogs_.open_for("s").size(), 1U);
  dialogs_.cancel_all("s");
  plugin_.join();
  EXPECT_EQ(status_, PVS_OK);
  EXPECT_EQ(reply_.error().category(), v1::CATEGORY_CANCELLED);
}

TEST_F(Dialog, StoppingWakesWhoWaits) {
  ask("s");
  dialogs_.stopping();
  plugin_.join();
  EXPECT_EQ(status_, PVS_CANCELLED);
  EXPECT_EQ(dialogs_.choose(PluginCall(), v1::FileChooseRequest(), reply_), PVS_CANCELLED);
}

}  // namespace
}  // namespace pvs::host::serve
