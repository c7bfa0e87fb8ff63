// SPDX-License-Identifier: Apache-2.0
// What people do on the page.
#include <gtest/gtest.h>

#include <thread>

#include "contract/host_page/page.h"

namespace kvc::page_test {
namespace {

TEST(HostPageWork, MenuIsTheManifestsAndItsSearchFindsByInitial) {
  const Page page;
  Browser browser = page.doctor();
  for (const char* id : {"kvconnect.apply", "kvconnect.accounts", "kvconnect.inbox", "kvconnect.doctor"}) {
    EXPECT_TRUE(browser.page().has("data-command=\"" + std::string(id) + "\"")) << id;
  }
  const Answer found = browser.get("/?menu-search=%23b%20benutzer");
  EXPECT_EQ(found.attribute("data-command"), "kvconnect.accounts") << "called so, not only described so: the first";
  EXPECT_FALSE(found.has("data-command=\"kvconnect.inbox\""));
  EXPECT_TRUE(browser.get("/?menu-search=gibtesnicht").has("Keine Funktion gefunden"));
  // The letter needs a patient, and says so until there is one.
  const auto greyed = [&] {
    return browser.page().attribute_after("value=\"kvconnect.compose.earztbrief\"", "class").empty()
               ? true
               : browser.page()
                         .body.substr(browser.page().body.find("value=\"kvconnect.compose.earztbrief\""), 200)
                         .find(" disabled") != std::string::npos;
  };
  browser.get("/");
  EXPECT_TRUE(greyed());
  browser.post("/patient", {{"patient", "p2"}});
  EXPECT_FALSE(greyed());
  EXPECT_TRUE(browser.page().has("data-patient=\"p2\""));
}

TEST(HostPageWork, TwoPeopleWorkAtOnceEachForThemselves) {
  const Page page;
  Browser doctor = page.doctor();
  Browser assistant = page.browser();
  assistant.log_in("mfa", kAssistantPassword);
  doctor.post("/patient", {{"patient", "p1"}});
  EXPECT_EQ(doctor.command("kvconnect.account.new").view_kind(), "form");
  EXPECT_EQ(assistant.command("kvconnect.addressbook").view_kind(), "form");
  EXPECT_EQ(doctor.get("/").view_name(), "account.new");
  EXPECT_EQ(assistant.get("/").view_name(), "addressbook");
  EXPECT_FALSE(assistant.page().has("data-patient=\""));
  // A view of the one is none for the other.
  assistant.post("/act", {{"_view", doctor.page().view_id()}, {"_action", "check"}});
  EXPECT_EQ(assistant.page().view_name(), "addressbook");
  // Locking the one leaves the other at work.
  doctor.post("/lock", {});
  EXPECT_TRUE(doctor.page().has("data-locked"));
  EXPECT_EQ(assistant.command("kvconnect.accounts").view_kind(), "table");
}

TEST(HostPageWork, OneUserInTwoBrowsersKeepsTheKeyUntilBothAreLocked) {
  const Page page;
  Browser first = page.doctor();
  Browser second = page.doctor();
  first.post("/lock", {});
  EXPECT_EQ(second.command("kvconnect.inbox").view_kind(), "table") << second.page().body;
}

TEST(HostPageWork, FormComesBackWithItsErrorsAtTheirFields) {
  const Page page;
  Browser browser = page.doctor();
  browser.command("kvconnect.account.new");
  EXPECT_TRUE(browser.page().has("<input id=\"field-username\" name=\"username\""));
  EXPECT_TRUE(browser.page().has("type=\"password\""));
  const Answer answer = browser.act("check", {{"username", ""}, {"keystore_password", "a"}});
  EXPECT_EQ(answer.view_kind(), "form");
  EXPECT_TRUE(answer.has("data-field-error=\"username\""));
  EXPECT_TRUE(answer.has("aria-invalid=\"true\""));
  EXPECT_TRUE(answer.has("aria-describedby=\""));
}

TEST(HostPageWork, ErrorOfATaskSaysWhatHappenedAndLeadsBack) {
  const Page page;  // its server does not answer
  Browser browser = page.doctor();
  browser.command("kvconnect.account.new");
  const Answer answer = browser.act("check", {{"username", "praxis.probe"},
                                              {"password", "Initial-1"},
                                              {"keystore_password", "Schluessel-der-Praxis-Probe-3"},
                                              {"keystore_password_repeat", "Schluessel-der-Praxis-Probe-3"},
                                              {"environment", "own"}});
  EXPECT_TRUE(answer.has("data-form-error=\"network.") || answer.has("data-error-code=\"network.")) << answer.body;
  EXPECT_TRUE(answer.has("praxis.probe"));
  EXPECT_FALSE(answer.has("Initial-1"));
}

TEST(HostPageWork, ClosingLeadsBackAndBreadcrumbsToTheStart) {
  const Page page;
  Browser browser = page.doctor();
  browser.command("kvconnect.accounts");
  browser.act("new");
  EXPECT_EQ(browser.page().view_name(), "account.new");
  EXPECT_TRUE(browser.page().has("data-breadcrumbs"));
  browser.settled(browser.post("/close", {{"_view", browser.page().view_id()}}));
  EXPECT_EQ(browser.page().view_name(), "accounts");
  browser.act("new");
  browser.post("/front", {{"_view", ""}});
  EXPECT_EQ(browser.page().view_kind(), "start");
  EXPECT_EQ(browser.post("/close", {{"_view", "closed-already"}}).view_kind(), "start");
}

TEST(HostPageWork, EventsTellOfTheEndOfATask) {
  const Page page;
  Browser browser = page.doctor();
  EXPECT_EQ(page.browser().request("GET", "/events", "", "", {}).status, 401);
  const std::string request = "GET /events HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(page.port()) +
                              "\r\nCookie: pvs_session_" + std::to_string(page.port()) + "=" +
                              browser.session_cookie() + "\r\n\r\n";
  std::string heard;
  std::thread listener([&] { heard = raw(page.port(), request, "event: centre"); });
  // A listener may come late: every opened list ends a task.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::atomic<bool> over{false};
  std::thread watcher([&] {
    listener.join();
    over = true;
  });
  while (!over && std::chrono::steady_clock::now() < end) {
    EXPECT_EQ(browser.command("kvconnect.accounts").view_kind(), "table");
  }
  watcher.join();
  EXPECT_NE(heard.find("text/event-stream"), std::string::npos);
  EXPECT_NE(heard.find("event: hello"), std::string::npos);
  EXPECT_NE(heard.find("event: centre"), std::string::npos);
}

TEST(HostPageWork, ReleasedDocumentOpensTheLetter) {
  const Page page;
  Browser browser = page.doctor();
  browser.post("/patient", {{"patient", "p1"}});
  const Answer answer = browser.settled(browser.post("/release", {{"_document", "brief1"}}));
  // Without an account the plugin says so; it was asked for the letter in any case.
  EXPECT_TRUE(answer.view_name().starts_with("compose.")) << answer.body;
}

TEST(HostPageWork, ClosedViewCanBeOpenedAgain) {
  const Page page;
  Browser browser = page.doctor();
  browser.command("kvconnect.account.new");
  browser.post("/logout", {});
  browser.log_in("arzt", kDoctorPassword);
  EXPECT_EQ(browser.page().view_kind(), "start") << "a new login begins anew";
}

/// The whole way with the real server: an account, a message to oneself with harmful texts, its file on the disk.
TEST(HostPageWork, MessageGoesOutAndComesBackAndItsFileIsSaved) {
  const e2e::TempDir directory;
  const e2e::Server server(directory.path() / "server");
  const Page page(server.settings());
  Browser browser = page.doctor();
  browser.command("kvconnect.account.new");
  browser.act("check", {{"username", "praxis.nord"},
                        {"password", "Initial-NORD-1"},
                        {"keystore_password", "Schluessel-der-Praxis-Probe-3"},
                        {"keystore_password_repeat", "Schluessel-der-Praxis-Probe-3"}});
  ASSERT_EQ(browser.page().view_name(), "account.password_change") << browser.page().body;
  browser.act("change", {{"new_password", "Canary-NEW-9xy"}, {"new_password_repeat", "Canary-NEW-9xy"}});
  ASSERT_EQ(browser.page().view_name(), "account.overview") << browser.page().body;
  EXPECT_TRUE(browser.page().has("data-fact=\"state\" data-code=\"ready\""));

  browser.command("kvconnect.compose.enachricht");
  ASSERT_EQ(browser.page().view_name(), "compose.enachricht") << browser.page().body;
  const std::string compose = browser.page().view_id();
  const std::string mark = browser.mark();
  const Answer suggested = browser.request("POST", "/suggest",
                                           "_csrf=" + mark + "&_view=" + url_encoded(compose) +
                                               "&_field=recipient&_text=" + url_encoded("<script>alert(11)</script>"),
                                           "application/x-www-form-urlencoded", {});
  EXPECT_EQ(suggested.status, 200);
  EXPECT_TRUE(suggested.has("id=\"suggestions\"")) << suggested.body;
  EXPECT_FALSE(suggested.has("<script")) << suggested.body;
  EXPECT_EQ(browser.get("/").view_id(), compose) << "the form is still in front";
  Answer answer =
      browser.settled(browser.post_files("/act",
                                         {{"_view", browser.page().view_id()},
                                          {"_action", "check"},
                                          {"recipient", "praxis.nord@kv-safenet.de"},
                                          {"subject", "<script>alert(9)</script> \"><img src=x>"},
                                          {"text", "Zeile eins\r\nZeile <b>zwei</b>"},
                                          {"request_receipt", "true"}},
                                         {{"attachments", "befund.txt", "text/plain", "Befund, erfunden"},
                                          {"attachments", "brief.html", "text/html", "<script>alert(10)</script>"}}));
  ASSERT_EQ(answer.view_name(), "compose.confirm") << answer.body;
  EXPECT_FALSE(answer.has("<script>alert(9)"));
  answer = browser.act("send");
  ASSERT_EQ(answer.view_name(), "message.queued") << answer.body;

  ASSERT_EQ(browser.command("kvconnect.fetch").view_name(), "fetch.summary");
  EXPECT_TRUE(browser.page().has("data-notification=\"")) << "new mail is told beside it";
  ASSERT_EQ(browser.command("kvconnect.inbox").view_kind(), "table");
  EXPECT_EQ(browser.page().attribute_after("data-column=\"verdict\"", "data-code"), "valid") << browser.page().body;
  answer =
      browser.settled(browser.post("/search", {{"_view", browser.page().view_id()}, {"_text", "<b>gibt es nicht"}}));
  EXPECT_EQ(answer.view_name(), "inbox");
  EXPECT_TRUE(answer.has("data-empty"));
  EXPECT_TRUE(answer.has("value=\"&lt;b&gt;gibt es nicht\""));
  answer = browser.settled(browser.post("/search", {{"_view", browser.page().view_id()}, {"_text", ""}}));
  EXPECT_FALSE(browser.page().has("<script>alert(9)"));
  EXPECT_FALSE(browser.page().has("<img src=x>"));
  const std::string row = browser.page().attribute("data-row-id");
  answer = browser.act("open", {{"_row", row}});
  ASSERT_EQ(answer.view_kind(), "detail") << answer.body;
  EXPECT_TRUE(answer.has("data-fact=\"verdict\" data-code=\"valid\""));
  EXPECT_TRUE(answer.has("Zeile eins\nZeile &lt;b&gt;zwei&lt;/b&gt;"));
  EXPECT_FALSE(answer.has("<script>alert(9)"));
  const std::string part = answer.attribute_after("data-part=\"befund.txt\"", "data-part-id");
  ASSERT_NE(part, "");
  answer = browser.act("save", {{"_part", part}});
  EXPECT_EQ(answer.view_name(), "file.saved") << answer.body;
  EXPECT_TRUE(answer.has("data-download=\"befund.txt\""));
  EXPECT_EQ(browser.get("/download/befund.txt").body, "Befund, erfunden");
  // Nothing that was typed as a secret lies anywhere in clear.
  EXPECT_EQ(e2e::find_in_files(page.data(), {"Canary-NEW-9xy", "Schluessel-der-Praxis-Probe-3", "Initial-NORD-1"}),
            std::vector<std::string>{});
}

}  // namespace
}  // namespace kvc::page_test
