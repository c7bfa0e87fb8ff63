// SPDX-License-Identifier: Apache-2.0
// Who gets in, and what holds everybody else out.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>

#include "contract/host_page/page.h"

namespace kvc::page_test {
namespace {

TEST(HostPageAccess, LoginGivesACookieThatScriptsAndOtherSitesDoNotGet) {
  const Page page;
  Browser browser = page.browser();
  EXPECT_EQ(browser.get("/").view_kind(), "");
  EXPECT_TRUE(browser.page().has("data-login") || browser.page().status == 303);
  browser.get("/login");
  EXPECT_TRUE(browser.page().has("name=\"user\""));
  EXPECT_TRUE(browser.page().has("name=\"password\""));
  const std::string body = "user=arzt&password=" + url_encoded(kDoctorPassword) + "&_csrf=" + browser.mark();
  const Answer answer = browser.request("POST", "/login", body, "application/x-www-form-urlencoded", {});
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(answer.header("location"), "/");
  const std::string cookie = answer.header("set-cookie");
  EXPECT_NE(cookie.find("HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("SameSite=Strict"), std::string::npos);
  EXPECT_EQ(browser.session_cookie().size(), 64U) << "256 bits in hexadecimal";
  EXPECT_NE(browser.session_cookie(), page.doctor().session_cookie());
  EXPECT_TRUE(browser.get("/").has("data-menu"));
  EXPECT_EQ(browser.page().view_kind(), "start");
}

TEST(HostPageAccess, EveryAnswerForbidsWhatThePageDoesNotNeed) {
  const Page page;
  Browser browser = page.doctor();
  for (const char* path : {"/", "/login", "/assets/shell.js", "/assets/strength.js", "/assets/shell.css", "/nothing"}) {
    const Answer answer = browser.get(path);
    EXPECT_EQ(answer.header("content-security-policy"),
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
              "form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
        << path;
    EXPECT_EQ(answer.header("cache-control"), "no-store") << path;
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff") << path;
    EXPECT_FALSE(answer.has(" style=\"")) << path;
    EXPECT_FALSE(answer.has("<script>")) << path;
  }
}

TEST(HostPageAccess, WrongPasswordsAreSlowedDownAndNeverShown) {
  const Page page;
  Browser browser = page.browser();
  for (int i = 0; i < 3; ++i) {
    const Answer answer = browser.log_in("arzt", "wrong-canary-password");
    EXPECT_EQ(answer.status, 401);
    EXPECT_TRUE(answer.has("Benutzername oder Passwort stimmt nicht"));
    EXPECT_FALSE(answer.has("wrong-canary-password"));
  }
  const Answer waiting = browser.log_in("arzt", kDoctorPassword);
  EXPECT_EQ(waiting.status, 429) << "after three failures even the right one has to wait";
  EXPECT_FALSE(waiting.has("data-menu"));
  EXPECT_EQ(browser.log_in("niemand", "x").status, 401);
  EXPECT_EQ(browser.log_in("../keys/arzt", "x").status, 401);
  EXPECT_TRUE(browser.log_in("mfa", kAssistantPassword).has("data-menu")) << "others are not kept out";
}

TEST(HostPageAccess, RequestsWithoutTheMarkOfThePageDoNothing) {
  const Page page;
  Browser doctor = page.doctor();
  Browser assistant = page.browser();
  assistant.log_in("mfa", kAssistantPassword);
  const std::string form = "application/x-www-form-urlencoded";
  const auto refused = [&](const std::string& path, const std::string& body) {
    const Answer answer = doctor.request("POST", path, body, form, {});
    EXPECT_EQ(answer.status, 403) << path;
  };
  refused("/command", "_command=kvconnect.inbox");
  refused("/command", "_command=kvconnect.inbox&_csrf=");
  refused("/command", "_command=kvconnect.inbox&_csrf=" + assistant.mark());
  refused("/patient", "patient=p1");
  refused("/suggest", "_view=v&_field=recipient&_text=a");
  refused("/search", "_view=v&_text=a");
  refused("/logout", "");
  refused("/lock", "");
  refused("/login", "user=mfa&password=" + std::string(kAssistantPassword));
  EXPECT_EQ(doctor.get("/").view_kind(), "start");
  const std::string body = "_command=kvconnect.account.new&_csrf=" + doctor.mark();
  EXPECT_EQ(doctor.request("POST", "/command", body, form, {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(doctor.request("POST", "/command", body, form, {{"Origin", "null"}}).status, 403);
  EXPECT_EQ(doctor.get("/").view_kind(), "start");
}

TEST(HostPageAccess, OtherHostNamesAreNotServed) {
  const Page page;
  Browser browser = page.doctor();
  const std::string port = ":" + std::to_string(page.port());
  for (const std::string& host :
       {std::string("evil.example") + port, std::string("evil.example"), std::string("127.0.0.1"),
        std::string("127.0.0.1.evil.example") + port, std::string("127.0.0.1:1")}) {
    const Answer answer = browser.request("GET", "/", "", "", {{"Host", host}});
    EXPECT_EQ(answer.status, 421) << host;
    EXPECT_FALSE(answer.has("data-menu")) << host;
  }
  EXPECT_EQ(browser.request("GET", "/", "", "", {{"Host", "localhost" + port}}).status, 200);
}

TEST(HostPageAccess, OtherMethodsAndAddressesAreNotServed) {
  const Page page;
  Browser browser = page.doctor();
  for (const char* method : {"TRACE", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH"}) {
    EXPECT_EQ(browser.request(method, "/", "", "", {}).status, 405) << method;
  }
  const Answer head = browser.request("HEAD", "/", "", "", {});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  for (const char* path : {"/nothing", "/assets/", "/assets/../words.def", "/download/", "/download/nichts.txt",
                           "/download/..%2f..%2f..%2fkeys%2farzt.key.json", "/download/%2e%2e", "/download/.part-x",
                           "/document/..%2faudit.jsonl", "/view-document/x", "/unlock"}) {
    EXPECT_EQ(browser.get(path).status, 404) << path;
  }
  for (const char* path : {"/%zz", "/%00", "/download/%0", "/?menu-search=%gg"}) {
    EXPECT_EQ(browser.get(path).status, 400) << path;
  }
  EXPECT_EQ(browser.get("/?menu-search=" + std::string(5000, 'a')).status, 400);
  EXPECT_EQ(browser.post("/nothing", {}).status, 404);
  EXPECT_EQ(browser.get("/").status, 200);
}

TEST(HostPageAccess, LockedScreenShowsNothingAndGoesOnWhereItWas) {
  const Page page;
  Browser browser = page.doctor();
  browser.post("/patient", {{"patient", "p1"}});
  EXPECT_EQ(browser.command("kvconnect.account.new").view_name(), "account.new");
  const std::string view = browser.page().view_id();
  const std::string cookie = browser.session_cookie();
  EXPECT_TRUE(browser.post("/lock", {}).has("data-locked"));
  EXPECT_FALSE(browser.page().has("Muster"));
  EXPECT_FALSE(browser.page().has("data-view-id"));
  EXPECT_TRUE(browser.post("/act", {{"_view", view}, {"_action", "check"}}).has("data-locked"));
  EXPECT_TRUE(browser.post("/command", {{"_command", "kvconnect.inbox"}}).has("data-locked"));
  EXPECT_EQ(browser.request("GET", "/events", "", "", {}).status, 401);
  EXPECT_EQ(browser.request("GET", "/document/brief1", "", "", {}).status, 303);
  const Answer wrong = browser.post("/unlock", {{"user", "arzt"}, {"password", "wrong"}});
  EXPECT_TRUE(wrong.has("Das Passwort stimmt nicht"));
  EXPECT_FALSE(wrong.has("Benutzername")) << "only a password was asked for";
  EXPECT_EQ(wrong.status, 401);
  EXPECT_TRUE(wrong.has("data-locked"));
  // Another user's password opens another user's session, not this one.
  EXPECT_TRUE(browser.post("/unlock", {{"user", "mfa"}, {"password", kAssistantPassword}}).has("data-locked"));
  const Answer again = browser.settled(browser.post("/unlock", {{"user", "arzt"}, {"password", kDoctorPassword}}));
  EXPECT_EQ(again.view_name(), "account.new") << again.body;
  EXPECT_NE(again.view_id(), view) << "the plugin closed the views of the locked session";
  EXPECT_TRUE(again.has("data-patient=\"p1\""));
  EXPECT_EQ(browser.session_cookie(), cookie);
}

TEST(HostPageAccess, IdleScreenIsLockedWhateverThePageAsksByItself) {
  const Page page("", {"--idle-lock", "1"});
  Browser browser = page.doctor();
  bool locked = false;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!locked && std::chrono::steady_clock::now() < end) {
    locked = browser.get("/", {{"X-Background", "1"}}).has("data-locked");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(locked);
  EXPECT_TRUE(browser.page().has("weil länger niemand"));
}

// Longer than the idle time; a machine that stood still for half of it proves nothing and is asked again.
TEST(HostPageAccess, WhoTypesIsNotLockedOut) {
  using Clock = std::chrono::steady_clock;
  const Page page("", {"--idle-lock", "2"});
  Browser stranger = page.browser();
  EXPECT_EQ(stranger.request("GET", "/typing", "", "", {}).status, 303) << "it tells nobody anything";
  bool steady = false;
  for (int attempt = 0; attempt < 10 && !steady; ++attempt) {
    Browser browser = page.doctor();
    steady = true;
    auto last = Clock::now();
    for (const auto end = last + std::chrono::seconds(4); steady && last < end; last = Clock::now()) {
      const int status = browser.request("GET", "/typing", "", "", {}).status;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      steady = Clock::now() - last < std::chrono::seconds(1);
      EXPECT_TRUE(!steady || status == 204) << status;
    }
    EXPECT_TRUE(!steady || !browser.page().has("data-locked"));
  }
  EXPECT_TRUE(steady);
}

TEST(HostPageAccess, LogoutEndsTheSessionForEveryCopyOfTheCookie) {
  const Page page;
  Browser browser = page.doctor();
  Browser copy = page.browser();
  copy.set_cookie("pvs_session_" + std::to_string(page.port()), browser.session_cookie());
  EXPECT_TRUE(copy.get("/").has("data-menu"));
  EXPECT_TRUE(browser.post("/logout", {}).has("Sie sind abgemeldet"));
  const Answer after = copy.request("GET", "/", "", "", {});
  EXPECT_EQ(after.status, 303);
  EXPECT_EQ(after.header("location"), "/login?ended=1");
  EXPECT_TRUE(copy.get("/login?ended=1").has("Ihre Sitzung ist beendet"));
}

TEST(HostPageAccess, SigtermEndsItCleanlyWhoeverIsConnected) {
  Page page;
  Browser browser = page.doctor();
  // One listens for events, one never finishes its request.
  const std::string cookie = "Cookie: pvs_session_" + std::to_string(page.port()) + "=" + browser.session_cookie();
  const std::string host = "Host: 127.0.0.1:" + std::to_string(page.port()) + "\r\n";
  std::string heard;
  std::thread listener([&] { heard = raw(page.port(), "GET /events HTTP/1.1\r\n" + host + cookie + "\r\n\r\n"); });
  std::thread half([&] { static_cast<void>(raw(page.port(), "GET / HTTP/1.1\r\nHost:")); });
  EXPECT_TRUE(browser.get("/").has("data-menu"));
  page.process().send(SIGTERM);
  const auto code = page.process().wait(std::chrono::seconds(60));
  listener.join();
  half.join();
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ(*code, 0) << page.complaints();
  EXPECT_EQ(page.complaints(), "");
  EXPECT_NE(page.printed().find("{\"url\":\"http://127.0.0.1:"), std::string::npos) << page.printed();
  EXPECT_EQ(page.printed().find('\n'), page.printed().size() - 1) << "one line";
  EXPECT_EQ(e2e::find_in_files(page.data(), {kDoctorPassword, kAssistantPassword, browser.session_cookie()}),
            std::vector<std::string>{});
}

TEST(HostPageAccess, WrongArgumentsSayWhatIsWrong) {
  const e2e::TempDir directory;
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> command{KVC_PVS_HOST, "serve", "--plugin", KVC_PLUGIN_DIR, "--practice", "nothing.json"};
    command.insert(command.end(), more.begin(), more.end());
    e2e::Process process(command, {}, directory.path() / "out", directory.path() / "err");
    const auto code = process.wait(std::chrono::seconds(60));
    return std::pair(code, e2e::read_file(directory.path() / "err"));
  };
  EXPECT_EQ(run({"--port", "70000"}).first, 3);
  EXPECT_NE(run({"--port", "70000"}).second.find("--port"), std::string::npos);
  EXPECT_NE(run({"--port", "-1"}).second.find("--port"), std::string::npos);
  EXPECT_NE(run({"--script", "x"}).second.find("--script"), std::string::npos);
  EXPECT_NE(run({}).second.find("nothing.json"), std::string::npos);
}

}  // namespace
}  // namespace kvc::page_test
