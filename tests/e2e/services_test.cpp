// SPDX-License-Identifier: Apache-2.0
// Every service from one real practice system to another, over the server: what the product sends itself, and what
// other programs send, sealed by the support tool with a key exported from a practice and posted by the REST calls.
#include <Poco/Base64Encoder.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <sstream>

#include "e2e/harness.h"
#include "paths.h"

namespace kvc::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kNewPassword = "Canary-NEW-NORD-9xy";
constexpr const char* kEnd = "-----END CERTIFICATE-----";

void expect_good(const HostRun& run) {
  ASSERT_EQ(run.code, 0) << run.last();
}

/// One file of a message: as it is named, and what kind it is.
struct File {
  std::string name, type, description;
};

class ServicesTest : public testing::Test {
 protected:
  ServicesTest() {
    nord_.set_settings(server_.settings().insert(1, R"("kvca_file": "scripts/kvca_sued.xml", )"));
    // The KV of this test is another practice: it shows what arrives, byte by byte.
    std::string kvca = read_file(nord_.directory() / "scripts/kvca.xml");
    for (std::size_t at = 0; (at = kvca.find("kv.annahme@", at)) != std::string::npos;) {
      kvca.replace(at, 11, "praxis.sued@");
    }
    write_file(nord_.directory() / "scripts/kvca_sued.xml", kvca);
  }
  void SetUp() override {
    expect_good(nord_.run("tour_account"));
    expect_good(sued_.run("tour_account"));
  }

  void nord(const std::string& steps) { expect_good(nord_.run_steps(steps)); }
  void sued(const std::string& steps) { expect_good(sued_.run_steps(steps)); }
  static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }
  /// Files the practices saved, below their users' directories.
  static std::vector<fs::path> saved(const Practice& practice) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(practice.data() / "users")) {
      if (entry.is_regular_file()) {
        files.push_back(entry.path());
      }
    }
    return files;
  }
  /// Whether one of the saved files has exactly these bytes.
  static bool has_saved(const Practice& practice, const std::string& bytes) {
    const auto files = saved(practice);
    return std::any_of(files.begin(), files.end(), [&](const fs::path& file) { return read_file(file) == bytes; });
  }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

// ---- what the product sends ----

// Protocol D, 1-Click rules: "no Disposition-Notification-To", and D, eDokumentation: confirmed as "processed".
TEST_F(ServicesTest, ABillingAndADocumentationReachTheKvWithTheSameBytes) {
  const std::string billing = "made up, and as unreadable as an encrypted file \x01\x02\xff";
  const std::string archive = "made up, too \r\n\n\r";
  write_file(nord_.directory() / "scripts/q.con.xkm", billing);
  write_file(nord_.directory() / "scripts/d.zip.xkm", archive);
  nord(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.1click", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"quarter": "2025-4", "files": ["q.con.xkm"]},
     "expect": {"kind": "compose.confirm", "detail": {"groups": [{"facts": [{"name": "to", "value": "praxis.sued@kv-safenet.de"}]},
                {"facts": [{"name": "receipt", "code": "not_asked"}]}]}}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},
    {"invoke": "kvconnect.compose.edoku", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"documentation": "QSHLT", "files": ["d.zip.xkm"]},
     "expect": {"kind": "compose.confirm", "detail": {"groups": [{"facts": [{"name": "receipt", "code": "asked"}]}]}}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}}])");
  sued(R"([
    {"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "expect": {"kind": "fetch.summary"}},
    {"invoke": "kvconnect.inbox", "wait_job": true,
     "expect": {"table": {"total": 2, "intro": {"$contains": "1-Click-Abrechnung 1"}, "rows": [
       {"cells": {"verdict": {"code": "valid"}, "service": {"code": "1ClickAbrechnung;Lieferung;V2.0"}}},
       {"cells": {"verdict": {"code": "valid"}, "service": {"code": "eDokumentation-QSHLT;Lieferung;V2.0"}}}]}}},
    {"action": "service:1click", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "open", "row": 0, "wait_job": true, "expect": {"detail": {"parts": [
       {"name": "begleitdatei.xml", "description": {"$contains": "Begleitdatei"}},
       {"name": "q.con.xkm", "description": {"$contains": "Verschlüsselte Abrechnungsdatei"}}]}}},
    {"action": "save", "part": {"name": "q.con.xkm"}, "wait_job": true, "expect": {"kind": "file.saved"}},
    {"invoke": "kvconnect.inbox", "wait_job": true},
    {"action": "service:edokumentation", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "open", "row": 0, "wait_job": true, "expect": {"detail": {"parts": [
       {"name": "begleitdatei.xml", "description": {"$contains": "Begleitdatei"}},
       {"name": "d.zip.xkm", "description": {"$contains": "Verschlüsseltes Archiv"}}]}}},
    {"action": "save", "part": {"name": "d.zip.xkm"}, "wait_job": true, "expect": {"kind": "file.saved"}},
    {"invoke": "kvconnect.outbox", "wait_job": true},
    {"action": "everything", "wait_job": true, "expect": {"table": {"rows": {"$count": 1}}}}])");
  EXPECT_TRUE(has_saved(sued_, billing)) << "byte for byte";
  EXPECT_TRUE(has_saved(sued_, archive)) << "byte for byte";
  // One receipt, for the documentation; the billing waits for the KV's own answers.
  nord(R"([
    {"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true},
    {"invoke": "kvconnect.outbox", "wait_job": true, "expect": {"table": {"rows": [
       {"cells": {"service": {"code": "1ClickAbrechnung;Lieferung;V2.0"}, "state": {"code": "accepted"}, "receipt": {"code": "awaited"}}},
       {"cells": {"service": {"code": "eDokumentation-QSHLT;Lieferung;V2.0"}, "state": {"code": "delivered"}, "receipt": {"code": "arrived"}}}]}}},
    {"invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"total": 1}}}])");
}

// ---- what others send ----

/// nord's mail as another program would write it: its exported key, the support tool, and the REST calls.
class OtherProgramTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    expect_good(nord_.run("account_export"));
    fs::path keystore;
    for (const fs::path& file : saved(nord_)) {
      keystore = file.extension() == ".p12" ? file : keystore;
    }
    ASSERT_FALSE(keystore.empty());
    fs::copy_file(keystore, work_ / "nord.p12");
    write_file(work_ / "password", "Canary-KEYSTORE-NORD");
    run("openssl pkcs12 -in " + (work_ / "nord.p12").string() + " -passin file:" + (work_ / "password").string() +
        " -nokeys -clcerts -out " + (work_ / "nord.pem").string() + " 2>/dev/null");
    const std::string answer = rest("GET", "certificates?email=praxis.sued@kv-safenet.de", {});
    const std::size_t begin = answer.find("-----BEGIN CERTIFICATE-----");
    ASSERT_NE(begin, std::string::npos) << answer;
    write_file(work_ / "sued.pem", answer.substr(begin, answer.find(kEnd, begin) - begin) + kEnd + "\n");
  }

  /// A call as nord by `openssl s_client`: the test shares no HTTP code with the product.
  std::string rest(const std::string& method, const std::string& path, const std::string& body) const {
    const std::string settings = server_.settings();
    const auto value = [&](const std::string& before, const std::string& end) {
      const std::size_t at = settings.find(before) + before.size();
      return settings.substr(at, settings.find(end, at) - at);
    };
    const std::string place = value("\"base_url\": \"https://", "\"");  // host:port/kvconnect/rest/
    const std::string host = place.substr(0, place.find('/'));
    std::ostringstream login;
    Poco::Base64Encoder encoder(login);
    encoder.rdbuf()->setLineLength(0);
    encoder << "praxis.nord:" << kNewPassword;
    encoder.close();
    write_file(work_ / "request", method + " " + place.substr(host.size()) + path + " HTTP/1.1\r\nHost: " + host +
                                      "\r\nAuthorization: Basic " + login.str() +
                                      "\r\nContent-Type: text/plain;charset=UTF-8\r\nConnection: close\r\n" +
                                      "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    run("timeout 60 openssl s_client -quiet -connect " + host + " -CAfile " + value("\"tls_roots\": [\"", "\"") +
        " -verify_return_error < " + (work_ / "request").string() + " > " + (work_ / "answer").string() + " 2>" +
        (work_ / "s_client.err").string());
    return read_file(work_ / "answer");
  }
  void send(const std::string& service, const std::string& text, const std::vector<File>& files) const {
    write_file(work_ / "text", text);
    std::string command =
        std::string(KVC_TOOL) + " seal --from praxis.nord@kv-safenet.de --to praxis.sued@kv-safenet.de" +
        " --service '" + service + "' --text " + (work_ / "text").string() + " --key " + (work_ / "nord.p12").string() +
        " --key-password-file " + (work_ / "password").string() + " --cert " + (work_ / "nord.pem").string() +
        " --recipient-cert " + (work_ / "sued.pem").string() + " --out " + (work_ / "mail.eml").string();
    for (const File& file : files) {
      command += " --attach '" + (work_ / file.name).string() + ":" + file.type + ":" + file.description + "'";
    }
    run("rm -f " + (work_ / "mail.eml").string() + "; " + command + " > " + (work_ / "sealed.json").string() +
        " || [ $? -eq 1 ]");
    EXPECT_THAT(rest("POST", "mails", read_file(work_ / "mail.eml")), testing::StartsWith("HTTP/1.1 201"));
  }
  void put(const std::string& name, const std::string& content) const { write_file(work_ / name, content); }
  /// sued fetches; the newest message is of this service, in this group, with these parts.
  void expect_received(const std::string& service, const std::string& group, const std::string& parts,
                       const std::string& more = {}) {
    sued(R"([
      {"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "expect": {"kind": "fetch.summary"}},
      {"invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"rows": [{"cells": {
         "verdict": {"code": "valid", "severity": "good"}, "service": {"code": ")" +
         service + R"("}, "from": {"text": "praxis.nord@kv-safenet.de"}}}]}}},
      {"action": "service:)" +
         group + R"(", "wait_job": true, "expect": {"table": {"total": 1}}},
      {"action": "open", "row": 0, "wait_job": true, "expect": {"kind": "inbox.message", "detail": {
         "groups": [{"facts": [{"name": "verdict", "code": "valid"}]}], "parts": )" +
         parts + "}}}" + more + "]");
  }

  fs::path work_ = [this] {
    fs::create_directories(directory_.path() / "other");
    return directory_.path() / "other";
  }();
};

TEST_F(OtherProgramTest, EveryOtherServiceIsVerifiedGroupedAndShown) {
  put("befund.ldt", "01380000020\r\n");
  put("befund.pdf", "%PDF-1.4 made up %%EOF");
  send("LDT-Befund;Lieferung;V1.0", "Laborbefund (erfunden)",
       {{"befund.ldt", "application/octet-stream", ""}, {"befund.pdf", "application/pdf", ""}});
  expect_received(
      "LDT-Befund;Lieferung;V1.0", "ldt",
      R"([{"name": "befund.ldt", "description": {"$contains": "LDT-Datei"}},
                      {"name": "befund.pdf", "description": {"$contains": "Befund als PDF"}}])",
      R"(, {"action": "save", "part": {"name": "befund.ldt"}, "wait_job": true, "expect": {"kind": "file.saved"}})");
  EXPECT_TRUE(has_saved(sued_, "01380000020\r\n"));

  put("anforderung.json", R"({"resourceType": "Bundle"})");
  send("eTS;Vermittlungscode-Anforderung-PTV11;V2.0", "", {{"anforderung.json", "application/fhir+json", ""}});
  expect_received("eTS;Vermittlungscode-Anforderung-PTV11;V2.0", "ets",
                  R"([{"name": "anforderung.json", "description": {"$contains": "FHIR-Anforderung"}}])");

  put("auftrag.txt", "made up");
  put("nutzdaten.bin", "made up \x01");
  send("DALE-UV;Einsendung;V1.0", "",
       {{"auftrag.txt", "text/plain", ""}, {"nutzdaten.bin", "application/octet-stream", ""}});
  expect_received("DALE-UV;Einsendung;V1.0", "dale", R"([{"name": "auftrag.txt"}, {"name": "nutzdaten.bin"}])");

  send("eMail-Dienst;Lieferung;V1.0", "Weitergeleitete E-Mail (erfunden)", {});
  expect_received("eMail-Dienst;Lieferung;V1.0", "email", "[]");

  // A service nobody has heard of is received, stored and shown as it calls itself.
  send("eZukunft;Lieferung;V9.9", "Was es noch nicht gibt", {{"auftrag.txt", "text/plain", "Neues"}});
  expect_received("eZukunft;Lieferung;V9.9", "", R"([{"name": "auftrag.txt", "description": {"$contains": "Neues"}}])");

  sued(
      R"([{"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"total": 5, "rows": {"$count": 5}}}}])");
  // Exactly as the server saw it: nothing of the content.
  EXPECT_THAT(find_in_files(directory_.path() / "server", {"Laborbefund (erfunden)", "01380000020"}), IsEmpty());
}

// ---- a delivery and the KV's answers ----

class RobotsTest : public testing::Test {
 protected:
  TempDir directory_;
  Server server_{directory_.path() / "server", {"--robots", "on"}};
  Practice nord_{"nord", directory_.path() / "nord", server_};
};

TEST_F(RobotsTest, ADeliveryAndAllAnswersOfTheKvAreOneThread) {
  nord_.set_settings(server_.settings().insert(1, R"("kvca_file": "scripts/kvca.xml", )"));
  write_file(nord_.directory() / "scripts/q.con.xkm", "made up");
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.1click", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"quarter": "2025-4", "files": ["q.con.xkm"]}, "expect": {"kind": "compose.confirm"}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},
    {"every_ms": 300, "timeout_ms": 60000,
     "repeat": [{"invoke": "kvconnect.fetch", "wait_job": true}, {"invoke": "kvconnect.outbox", "wait_job": true}],
     "until": {"table": {"rows": [{"cells": {"state": {"code": "answered"}, "receipt": {"code": "arrived"},
               "answer": {"code": "arrived", "text": {"$contains": "Rückmeldung"}}}}]}}},
    {"action": "open", "row": 0, "wait_job": true,
     "expect": {"kind": "outbox.message", "detail": {"groups": [{"facts": [{"name": "receipt", "code": "arrived"}, {"name": "feedback", "code": "arrived"}]}]}}},
    {"action": "thread", "wait_job": true,
     "expect": {"kind": "thread", "table": {"total": 3, "rows": [
       {"cells": {"direction": {"code": "sent"}, "partner": {"text": "kv.annahme@kv-safenet.de"}}},
       {"cells": {"direction": {"code": "received"}, "state": {"code": "valid"}, "service": {"text": {"$contains": "Eingangsbestätigung"}}}},
       {"cells": {"direction": {"code": "received"}, "state": {"code": "valid"}, "service": {"text": {"$contains": "Rückmeldung"}}}}]}}},
    {"action": "open", "row": {"service": "/Rückmeldung/"}, "wait_job": true,
     "expect": {"kind": "inbox.message", "detail": {"groups": [{"facts": [{"name": "kind", "code": "feedback"}]}]}}},
    {"action": "thread", "wait_job": true, "expect": {"kind": "thread", "table": {"total": 3}}}])"));
}

// ---- the address book ----

TEST_F(RobotsTest, TheAddressBookIsRefreshedSearchedAndWrittenTo) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.addressbook", "wait_job": true,
     "expect": {"kind": "addressbook", "form": {"intro": {"$contains": "noch nicht abgeholt"}}}},
    {"submit": "search", "fill": {"search": "kolleg"}, "wait_job": true,
     "expect": {"kind": "addressbook.results", "table": {"total": 0, "empty_text": {"$contains": "noch nicht abgeholt"}}}},
    {"action": "fetch_book", "wait_job": true, "expect": {"done": {"text": {"$contains": "aktualisiert"}}}},
    {"action": "fetch_book", "wait_job": true, "expect": {"done": {"text": {"$contains": "ist aktuell"}}}},
    {"action": "search", "values": {"search": "süd bonn"}, "wait_job": true,
     "expect": {"kind": "addressbook.results", "table": {"total": 1, "rows": [{"row_id": "praxis.sued@kv-safenet.de"}],
                "search": {"action_id": "search", "field": "search", "text": "süd bonn", "as_you_type": true}}}},
    {"action": "search", "values": {"search": "koll"}, "wait_job": true,
     "expect": {"table": {"total": 1, "rows": [{"row_id": "kollegin.test@kv-safenet.de", "cells": {"place": {"text": {"$contains": "Aachen"}}}}]}}},
    {"action": "favourite", "row": 0, "wait_job": true, "expect": {"table": {"rows": [{"cells": {"favourite": {"code": "favourite"}}}]}}},
    {"action": "search", "values": {"search": ""}, "wait_job": true,
     "expect": {"table": {"rows": [{"row_id": "kollegin.test@kv-safenet.de", "emphasised": true}]}}},
    {"action": "write", "row": {"row_id": "kollegin.test@kv-safenet.de"}, "wait_job": true,
     "expect": {"kind": "compose.enachricht", "form": {"fields": [{"name": "recipient", "type": "recipient", "value": "kollegin.test@kv-safenet.de"}]}}},
    {"submit": "check", "wait_job": true, "fill": {"subject": "Hallo", "text": "Eine erfundene Frage"},
     "expect": {"kind": "compose.confirm", "detail": {"groups": [{"facts": [{"name": "name", "value": {"$contains": "Kollegin"}},
                {"name": "certificate", "code": "good"}]}]}}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},
    {"invoke": "kvconnect.doctor", "wait_job": true,
     "expect": {"kind": "doctor", "detail": {"groups": [{"facts": [{"name": "addressbook", "code": "fetched"}, {"name": "addressbook_refresh", "code": "by_itself"}]}]}}}])"));
  EXPECT_THAT(server_.requests(), HasSubstr("304"));
}

TEST_F(RobotsTest, RecipientsAreSuggestedWhileTheyAreTyped) {
  expect_good(nord_.run("tour_account"));
  expect_good(
      nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true, "expect": {"kind": "compose.enachricht"}},
    {"suggest": {"field": "recipient", "text": "ko"}, "wait_job": true,
     "expect": {"suggestions": {"field": "recipient", "text": "ko", "suggestions": {"$count": 0}, "empty_text": {"$contains": "noch nicht abgerufen"}}}},
    {"fire_schedule": "kvconnect.addressbook", "wait_job": true},
    {"every_ms": 100, "timeout_ms": 60000, "repeat": [{"suggest": {"field": "recipient", "text": "ko"}, "wait_job": true}],
     "until": {"suggestions": {"suggestions": [{"value": "kollegin.test@kv-safenet.de",
        "label": "TEST ONLY Dr. Karla Kollegin", "hint": {"$contains": "Aachen"}}]}}},
    {"fire_schedule": "kvconnect.addressbook", "wait_job": true},
    {"suggest": {"field": "recipient", "text": "praxis", "limit": 1}, "wait_job": true,
     "expect": {"suggestions": {"suggestions": {"$count": 1}, "more": true}}},
    {"suggest": {"field": "recipient", "text": "niemand"}, "wait_job": true,
     "expect": {"suggestions": {"suggestions": {"$count": 0}, "empty_text": {"$contains": "steht nicht im Adressbuch"}}}},
    {"suggest": {"field": "recipient", "text": ""}, "wait_job": true, "expect": {"suggestions": {"suggestions": {"$count": 0}}}},
    {"suggest": {"field": "recipient", "text": ")" +
                      std::string(100'000, 'm') +
                      R"("}, "wait_job": true, "expect": {"suggestions": {"suggestions": {"$count": 0}, "text": ""}}},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "S", "text": "T"}, "expect": {"kind": "compose.confirm"}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},
    {"invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"suggest": {"field": "recipient", "text": ""}, "wait_job": true,
     "expect": {"suggestions": {"suggestions": [{"value": "kollegin.test@kv-safenet.de"}]}}}])"));
  // The schedule fetched the book, and left a fresh one alone.
  const std::string requests = server_.requests();
  const std::size_t first = requests.find("vzd/accounts.json.zip");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(requests.find("vzd/accounts.json.zip", first + 1), std::string::npos);
}

// ---- a letter in hand ----

TEST_F(RobotsTest, ALetterInHandIsADraftAfterALock) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "wait_job": true,
     "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "Vor der Pause", "text": "Noch nicht gesendet", "attachments": ["befund.txt"]},
     "expect": {"kind": "compose.confirm"}},
    {"lock": "arzt"},
    {"action": "send", "wait_job": true, "expect": {"error": {"code": {"$any": ["usage.view_closed", "host.session_locked"]}}}},
    {"unlock": "arzt", "expect_event": {"event": "notification", "title": {"$contains": "gesichert"}, "text": {"$contains": "als Entwurf im Postausgang"}}},
    {"invoke": "kvconnect.outbox", "wait_job": true,
     "expect": {"table": {"total": 1, "rows": [{"cells": {"state": {"code": "draft"}, "subject": {"text": "Vor der Pause"}, "files": {"text": "befund.txt"}}}]}}},
    {"action": "edit", "row": 0, "wait_job": true,
     "expect": {"kind": "compose.enachricht", "form": {"fields": [{"name": "text", "value": "Noch nicht gesendet"}, {"name": "kept_files", "choices": [{"label": {"$contains": "befund.txt"}}]}]}}},
    {"submit": "check", "wait_job": true, "expect": {"kind": "compose.confirm"}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},
    {"invoke": "kvconnect.outbox", "wait_job": true, "expect": {"table": {"total": 1, "rows": [{"cells": {"state": {"code": {"$not": "draft"}}}}]}}}])"));
  EXPECT_THAT(find_in_files(nord_.data() / "plugin", {"Noch nicht gesendet", "Vor der Pause"}), IsEmpty());
  // A letter that is not complete yet, too; one in which nothing stands is none.
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "", "subject": "", "text": "Halb fertig"},
     "expect": {"kind": "compose.enachricht", "form": {"fields": [{"name": "recipient", "error": "/./"}]}}},
    {"invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"lock": "arzt"},
    {"unlock": "arzt", "expect_event": {"event": "notification", "title": {"$contains": "gesichert"}}},
    {"invoke": "kvconnect.outbox", "wait_job": true},
    {"action": "drafts", "wait_job": true, "expect": {"table": {"rows": {"$count": 1}}}},
    {"action": "edit", "row": 0, "wait_job": true, "expect": {"form": {"fields": [{"name": "text", "value": "Halb fertig"}]}}}])"));
}

// ---- an account that has no mail yet ----

TEST_F(RobotsTest, AnAccountWithoutCertificateHasAnEmptyInboxThatSaysWhy) {
  expect_good(nord_.run("tour_account"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.account.new"},
    {"submit": "check", "wait_job": true, "timeout_ms": 120000,
     "fill": {"username": "praxis.sued", "password": {"env": "SECOND_PASSWORD"}, "display_name": "Zweitkonto",
              "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}, "keystore_password_repeat": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}},
     "expect": {"kind": "account.password_change"}},
    {"invoke": "kvconnect.inbox", "wait_job": true, "expect": {"kind": "inbox"}},
    {"action": "filter", "wait_job": true, "expect": {"kind": "inbox.filter"}},
    {"submit": "apply", "wait_job": true, "fill": {"account": "Zweitkonto"},
     "expect": {"kind": "inbox", "table": {"total": 0, "rows": {"$count": 0},
                "empty_text": {"$contains": "Das Konto Zweitkonto hat noch kein Zertifikat"}}}},
    {"action": "search", "values": {"search_text": "nichts"}, "wait_job": true,
     "expect": {"kind": "inbox", "table": {"search": {"text": "nichts"}, "empty_text": {"$contains": "noch kein Zertifikat"}}}},
    {"action": "all", "wait_job": true, "expect": {"kind": "inbox", "table": {"empty_text": {"$contains": "Der Posteingang ist leer"}}}}])",
                              {{"SECOND_PASSWORD", "Initial-SUED-1"}}));
}

}  // namespace
}  // namespace kvc::e2e
