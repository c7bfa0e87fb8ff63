// SPDX-License-Identifier: Apache-2.0
// Texts, sizes and connections that mean harm.
#include <Poco/Net/StreamSocket.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "contract/host_page/page.h"

namespace kvc::page_test {
namespace {

/// What none of the made-up names may become.
void expect_escaped(const Answer& answer, const std::string& where) {
  for (const char* harm : {"<script>alert", "<img src", "<b>fett", "onerror=alert(2)>"}) {
    EXPECT_FALSE(answer.has(harm)) << where << ": " << harm;
  }
}

TEST(HostPageHostile, NamesFromOutsideAreTextEverywhere) {
  const Page page;
  e2e::write_file(page.data() / "users/arzt/<script>alert(5)<x>.txt", "x");
  Browser browser = page.browser();
  expect_escaped(browser.get("/login"), "login");
  expect_escaped(browser.log_in("\"><script>alert(6)</script>", "x"), "wrong login");
  browser = page.doctor();
  expect_escaped(browser.page(), "start");
  EXPECT_TRUE(browser.page().has("&lt;img src=x onerror=alert(2)&gt;"));
  expect_escaped(browser.post("/patient", {{"patient", "p1"}}), "patient");
  EXPECT_TRUE(browser.page().has("&lt;b&gt;fett&lt;/b&gt;"));
  expect_escaped(browser.get("/?menu-search=%22%3E%3Cscript%3Ealert(7)"), "search");
  browser.command("kvconnect.account.new");
  const Answer typed =
      browser.act("check", {{"username", "\"><script>alert(8)</script>"}, {"password", "canary-typed"}});
  ASSERT_EQ(typed.view_kind(), "form");
  expect_escaped(typed, "form");
  EXPECT_TRUE(typed.has("&quot;&gt;&lt;script&gt;alert(8)&lt;/script&gt;")) << "what was typed stands there again";
  EXPECT_FALSE(typed.has("canary-typed")) << "a secret does not";
  expect_escaped(browser.post("/lock", {}), "lock");
}

TEST(HostPageHostile, DocumentsAreSavedAndNeverShown) {
  const Page page;
  Browser browser = page.doctor();
  const Answer document = browser.get("/document/brief1");
  EXPECT_EQ(document.status, 200);
  EXPECT_EQ(document.body, "<script>alert(4)</script>");
  EXPECT_EQ(document.header("content-type"), "application/octet-stream");
  EXPECT_EQ(document.header("content-disposition").find("attachment; filename=\""), 0U);
  EXPECT_EQ(document.header("set-cookie"), "") << "a title is no header";
  EXPECT_EQ(document.header("content-security-policy"), "default-src 'none'; sandbox; frame-ancestors 'none'");
  EXPECT_EQ(document.header("x-content-type-options"), "nosniff");
}

TEST(HostPageHostile, FilesOfOthersAreNotThere) {
  const Page page;
  e2e::write_file(page.data() / "users/arzt/nur für den Arzt.txt", "Befund");
  std::filesystem::create_symlink(page.data() / "audit.jsonl", page.data() / "users/arzt/link.txt");
  Browser doctor = page.doctor();
  Browser assistant = page.browser();
  assistant.log_in("mfa", kAssistantPassword);
  const std::string path = "/download/nur%20f%C3%BCr%20den%20Arzt.txt";
  EXPECT_TRUE(doctor.page().has("nur für den Arzt.txt"));
  EXPECT_EQ(doctor.get(path).body, "Befund");
  EXPECT_FALSE(assistant.page().has("nur für den Arzt.txt"));
  EXPECT_EQ(assistant.get(path).status, 404);
  EXPECT_EQ(doctor.get("/download/link.txt").status, 404);
  EXPECT_EQ(page.browser().request("GET", path, "", "", {}).status, 303) << "and nobody's without a login";
}

TEST(HostPageHostile, RequestsThatAreTooLargeGetASentence) {
  const Page page;
  Browser browser = page.doctor();
  const std::string host = "Host: 127.0.0.1:" + std::to_string(page.port()) + "\r\n";
  // Ten gigabytes are promised: refused before a byte of them came.
  EXPECT_EQ(raw(page.port(), "POST /act HTTP/1.1\r\n" + host +
                                 "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 10737418240\r\n\r\n")
                .find("HTTP/1.1 413"),
            0U);
  const Answer large = browser.post("/command", {{"_command", std::string(5U << 20U, 'x')}});
  EXPECT_EQ(large.status, 413);
  EXPECT_TRUE(large.has("Es wurde nichts übernommen"));
  EXPECT_EQ(browser.get("/").status, 200);
}

TEST(HostPageHostile, BrokenFormsAreRefused) {
  const Page page;
  Browser browser = page.doctor();
  const std::string multipart = "multipart/form-data; boundary=x";
  const auto status = [&](const std::string& type, const std::string& body) {
    return browser.request("POST", "/command", body, type, {}).status;
  };
  EXPECT_EQ(status("application/json", "{}"), 400);
  EXPECT_EQ(status("multipart/form-data", "--x--"), 400);
  EXPECT_GE(status(multipart, "garbage without a boundary"), 400);
  EXPECT_GE(status(multipart, "--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n"), 400);
  EXPECT_GE(status(multipart, "--x\r\n\r\n--x\r\n\r\n--x--"), 400);
  EXPECT_GE(status("application/x-www-form-urlencoded", "%%%&=&&==&_csrf=%zz"), 400);
  std::string many;
  for (int i = 0; i < 5000; ++i) {
    many += "f" + std::to_string(i) + "=1&";
  }
  EXPECT_EQ(status("application/x-www-form-urlencoded", many), 400);
  EXPECT_EQ(browser.request("POST", "/command", "", "", {}).status, 400) << "no length, no form";
  EXPECT_EQ(browser.get("/").view_kind(), "start");
}

TEST(HostPageHostile, UnfinishedRequestsKeepNobodyOut) {
  const Page page;
  std::vector<std::unique_ptr<Poco::Net::StreamSocket>> half;
  for (int i = 0; i < 100; ++i) {
    half.push_back(std::make_unique<Poco::Net::StreamSocket>(Poco::Net::SocketAddress("127.0.0.1", page.port())));
    const std::string begin = i % 2 == 0 ? "GET / HT" : "POST /login HTTP/1.1\r\nContent-Length: 100\r\n\r\nuser=";
    half.back()->sendBytes(begin.data(), static_cast<int>(begin.size()));
  }
  Browser browser = page.doctor();
  EXPECT_EQ(browser.command("kvconnect.account.new").view_kind(), "form");
}

TEST(HostPageHostile, TwoHundredRequestsAtOnceAreAllAnswered) {
  const Page page;
  const Browser doctor = page.doctor();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([&, i] {
      try {
        Browser copy = doctor;
        const Answer answer = copy.get(i % 4 == 0 ? "/?menu-search=benutzer" : "/");
        good += answer.status == 200 && answer.has("data-menu") && answer.has("</html>") ? 1 : 0;
      } catch (const std::exception& e) {
        ADD_FAILURE() << e.what();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(good.load(), 200);
}

TEST(HostPageHostile, ActionsThatAreNotOnThePageAreNotSent) {
  const Page page;
  Browser browser = page.doctor();
  browser.command("kvconnect.account.new");
  const std::string view = browser.page().view_id();
  EXPECT_TRUE(browser.act("delete_everything").has("data-flash"));
  EXPECT_TRUE(browser.post("/act", {{"_view", "someone-elses"}, {"_action", "check"}}).has("data-flash"));
  EXPECT_TRUE(browser.post("/act", {{"_view", view}, {"_action", "check"}, {"_row", "1"}}).has("data-flash"));
  EXPECT_EQ(browser.get("/").view_id(), view) << "the view is still there";
  EXPECT_EQ(browser.post("/command", {{"_command", "no.such"}}).status, 404);
  EXPECT_EQ(browser.post("/patient", {{"patient", "nobody"}}).status, 400);
  EXPECT_EQ(browser.post("/release", {{"_document", "nothing"}}).status, 404);
  EXPECT_EQ(browser.post("/cancel", {{"_job", "1"}}).status, 200);
  EXPECT_EQ(browser.post("/files", {{"_question", "1"}, {"_cancel", "1"}}).status, 200);
  // A field that takes no suggestions, a view that is not in front, a table that is none: nothing, and nobody is
  // disturbed.
  for (const char* wanted : {"username", "password", "no_such"}) {
    EXPECT_EQ(browser.post("/suggest", {{"_view", view}, {"_field", wanted}, {"_text", "a"}}).status, 204) << wanted;
  }
  EXPECT_EQ(browser.post("/suggest", {{"_view", "someone-elses"}, {"_field", "recipient"}}).status, 204);
  EXPECT_TRUE(browser.post("/search", {{"_view", view}, {"_text", "a"}}).has("data-flash"));
}

}  // namespace
}  // namespace kvc::page_test
