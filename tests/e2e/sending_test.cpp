// SPDX-License-Identifier: Apache-2.0
// Every service a user can write in, from the form to the answer, with the server's robots as KV and colleague; and
// what goes wrong on the way, without anything being lost.
#include <gmock/gmock.h>

#include "e2e/harness.h"
#include "paths.h"

namespace kvc::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

/// The demo accounts, and a colleague whose certificate comes from a CA nobody may trust.
std::string accounts_with_a_foreigner() {
  std::string json = read_file(fs::path(kvc::test::source_dir()) / "tests/kvconnect_server/demo_accounts.json");
  const std::string more = R"({"username": "fremde.test", "robot": "colleague", "kv": "38", "foreignCa": true,
     "cn": "TEST ONLY Dr. Fiona Fremd", "sn": "Fremd", "givenName": "Fiona", "o": "TEST ONLY Praxis Fremd"},
    )";
  return json.insert(json.find("{\"username\""), more);
}

class SendingTest : public testing::Test {
 protected:
  SendingTest() {
    write_file(directory_.path() / "accounts.json", accounts_with_a_foreigner());
    write_file(faults_, R"({"rules": []})");
    server_ =
        std::make_unique<Server>(directory_.path() / "server",
                                 std::vector<std::string>{"--robots", "on", "--faults", faults_.string(), "--accounts",
                                                          (directory_.path() / "accounts.json").string()});
    nord_ = std::make_unique<Practice>("nord", directory_.path() / "nord", *server_);
    set_settings(R"("kvca_file": "scripts/kvca.xml", )");
    put("q.con.xkm", "made up, and as unreadable as an encrypted file");
    put("s.sig.pdf", "%PDF-1.4 made up %%EOF");
    put("s.xml", "<made-up/>");
    put("d.zip.xkm", "made up, too");
  }
  void SetUp() override { expect_good(nord_->run("tour_account")); }

  void expect_good(const HostRun& run) { ASSERT_EQ(run.code, 0) << run.last(); }
  void run(const std::string& steps) { expect_good(nord_->run_steps(steps)); }
  void set_settings(const std::string& more) { nord_->set_settings(server_->settings().insert(1, more)); }
  void put(const std::string& name, const std::string& content) {
    write_file(nord_->directory() / "scripts" / name, content);
  }
  /// Fetches until the newest delivery of the service has the state.
  static std::string until(const std::string& service_id, const std::string& state) {
    return R"({"as": "arzt", "every_ms": 300, "timeout_ms": 60000,
      "repeat": [{"invoke": "kvconnect.fetch", "wait_job": true}, {"invoke": "kvconnect.outbox", "wait_job": true}],
      "until": {"table": {"rows": [{"cells": {"service": {"code": ")" +
           service_id + R"("}, "state": {"code": ")" + state + R"("}}}]}}})";
  }
  /// The robots saw nothing that breaks a rule of the protocol.
  void expect_no_complaints() {
    EXPECT_THAT(server_->requests(), Not(HasSubstr("; note:")));
    EXPECT_THAT(server_->requests(), Not(HasSubstr(" refused: ")));
  }

  TempDir directory_;
  fs::path faults_ = directory_.path() / "faults.json";
  std::unique_ptr<Server> server_;
  std::unique_ptr<Practice> nord_;
};

// ---- round trips ----

TEST_F(SendingTest, ALetterGoesToTheColleagueFoundInTheAddressBook) {
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.addressbook", "wait_job": true, "expect": {"kind": "addressbook"}},
    {"action": "fetch_book", "wait_job": true, "expect": {"done": {"text": {"$contains": "aktualisiert"}}}},
    {"submit": "search", "fill": {"search": "kolleg"}, "wait_job": true,
     "expect": {"kind": "addressbook.results", "table": {"total": 1, "rows": [{"row_id": "kollegin.test@kv-safenet.de",
                "cells": {"certificate": {"code": "valid"}}, "actions": [{"action_id": "write_earztbrief", "disabled": true}]}]}}},
    {"action": "favourite", "row": 0, "wait_job": true,
     "expect": {"table": {"rows": [{"cells": {"favourite": {"code": "favourite"}}}]}}},
    {"select_patient": "p1"},
    {"invoke": "kvconnect.addressbook", "wait_job": true},
    {"submit": "search", "fill": {"search": "kolleg"}, "wait_job": true},
    {"action": "write_earztbrief", "row": 0, "wait_job": true,
     "expect": {"kind": "compose.earztbrief", "form": {"fields": [{"name": "recipient", "value": "kollegin.test@kv-safenet.de"}]}}},
    {"invoke": "kvconnect.compose.earztbrief", "context": {"patient": "p1", "document": "brief1"}, "wait_job": true,
     "expect": {"kind": "compose.earztbrief", "form": {"fields": [
       {"name": "patient", "value": {"$contains": "Erika Muster, geb. 01.01.1970"}},
       {"name": "kept_files", "choices": [{"label": {"$contains": "Arztbrief.pdf"}}]}]}}},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "TEST"},
     "expect": {"kind": "compose.earztbrief", "form": {"fields": [{"name": "recipient", "error": {"$contains": "mehrere"}},
       {"name": "recipient_choice", "choices": [{"id": "kollegin.test@kv-safenet.de"}]}]}}},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "Kollegin", "attachments": ["befund.txt"]},
     "expect": {"kind": "compose.confirm", "detail": {
       "groups": [{"facts": [{"name": "to", "value": "kollegin.test@kv-safenet.de"}, {"name": "certificate", "code": "good"},
                             {"name": "owner"}, {"name": "issuer"}, {"name": "not_after"}]},
                  {"facts": [{"name": "clear_subject", "value": "Arztbrief"}]}],
       "parts": [{"description": "eAB-PDF-unsigned", "media_type": "application/pdf"}, {"description": "eAB-XML"},
                 {"description": "eAB-Anhang-01", "name": "befund.txt"}]}}},
    {"action": "send", "wait_job": true, "expect": {"kind": "message.queued", "notice": {"severity": "good"}}},)" +
      until("Arztbrief;VHitG-Versand;V1.2", "answered") + "]");
  expect_no_complaints();
  // Whose letter it is stands in no file of the server and in no log of the practice.
  EXPECT_THAT(find_in_files(directory_.path() / "server", {"Erika", "X000000000"}), IsEmpty());
  EXPECT_THAT(find_in_files(nord_->data() / "plugin", {"Erika", "X000000000", "Erfundener Arztbrief"}), IsEmpty());
}

TEST_F(SendingTest, AReleasedLetterArrivesInTheOtherPractice) {
  Practice sued("sued", directory_.path() / "sued", *server_);
  expect_good(sued.run("tour_account"));
  run(R"([
    {"as": "arzt", "select_patient": "p1"},
    {"release_document": "brief1", "wait_job": true, "expect": {"kind": "compose.earztbrief"}},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "praxis.sued@kv-safenet.de", "pdf_kind": "signed"},
     "expect": {"kind": "compose.confirm", "detail": {"groups": [{"facts": [{"name": "remark", "value": {"$contains": "keine Signatur"}}]}]}}},
    {"action": "back", "wait_job": true,
     "expect": {"kind": "compose.earztbrief", "form": {"fields": [{"name": "recipient", "value": "praxis.sued@kv-safenet.de"}]}}},
    {"submit": "check", "wait_job": true, "fill": {"pdf_kind": "unsigned"}, "expect": {"kind": "compose.confirm"}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}}])");
  expect_good(sued.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "expect": {"kind": "fetch.summary"}},
    {"invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"rows": [{"cells": {"verdict": {"code": "valid"}}}]}}},
    {"action": "open", "row": 0, "wait_job": true,
     "expect": {"detail": {"parts": [{"name": "Arztbrief.pdf", "description": {"$contains": "eAB-PDF-unsigned"}}, {"name": "arztbrief.xml"}]}}}])"));
  run("[" + until("Arztbrief;VHitG-Versand;V1.2", "delivered") + "]");
}

TEST_F(SendingTest, ALetterIsToldApartFromThePatientSelectedMeanwhile) {
  const std::string warning = R"([{"facts": [{"name": "warning", "severity": "warning",
    "value": {"$regex": "anderer Patient.*Max Anders.*Dieser Brief ist zu Erika Muster"}}]}])";
  const std::string back_and_check = R"({"action": "back", "wait_job": true, "expect": {"kind": "compose.earztbrief"}},
    {"submit": "check", "wait_job": true, )";
  run(R"([
    {"as": "arzt", "select_patient": "p1"},
    {"invoke": "kvconnect.compose.earztbrief", "wait_job": true,
     "expect": {"form": {"fields": [{"name": "patient", "value": {"$contains": "Erika Muster"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "kollegin.test@kv-safenet.de", "document": "arztbrief.pdf"},
     "expect": {"kind": "compose.confirm", "detail": {"groups": {"$not": )" +
      warning + R"(}}}},
    {"select_patient": "p2"},)" +
      back_and_check + R"("expect": {"kind": "compose.confirm", "detail": {"groups": )" + warning +
      R"(}, "actions": [{"action_id": "send", "disabled": {"$absent": true}}]}},
    {"select_patient": "p1"},)" +
      back_and_check + R"("expect": {"kind": "compose.confirm", "detail": {"groups": {"$not": )" + warning +
      R"(}}}}])");
}

TEST_F(SendingTest, ABillingIsConfirmedAnsweredAndCorrected) {
  const std::string sent = until("1ClickAbrechnung;Lieferung;V2.0", "answered");
  run(R"([
    {"as": "arzt", "billing_ready": "2025Q4", "files": ["q.con.xkm"], "wait_job": true,
     "expect": {"kind": "compose.1click", "form": {"fields": [
       {"name": "kv", "value": {"$contains": "38"}},
       {"name": "content", "choices": [{"id": "billing"}, {"id": "collective", "disabled": true, "disabled_reason": {"$contains": "bietet diese Funktion"}}]},
       {"name": "kept_files", "choices": [{"label": {"$contains": "q.con.xkm"}}]}]}}},
    {"submit": "check", "wait_job": true,
     "expect": {"kind": "compose.confirm", "detail": {
       "groups": [{"facts": [{"name": "to", "value": "kv.annahme@kv-safenet.de"}]},
                  {"facts": [{"name": "receipt", "code": "not_asked"}, {"name": "remark", "value": "Quartal 4/2025"}, {"name": "remark", "value": "Echtlieferung"}]}],
       "parts": [{"name": "begleitdatei.xml"}, {"name": "q.con.xkm"}]}}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},)" +
      sent + R"(,
    {"invoke": "kvconnect.compose.1click", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"purpose": "correction", "quarter": "2025-4", "files": ["q.con.xkm"]},
     "expect": {"kind": "compose.confirm", "detail": {"groups": [{"facts": [{"name": "remark", "value": "Korrektur, Version 2"}]}]}}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},
    {"every_ms": 300, "timeout_ms": 60000,
     "repeat": [{"invoke": "kvconnect.fetch", "wait_job": true}, {"invoke": "kvconnect.outbox", "wait_job": true}],
     "until": {"table": {"rows": [{"cells": {"state": {"code": "answered"}}}, {"cells": {"state": {"code": "answered"}}}]}}}])");
  expect_no_complaints();
}

TEST_F(SendingTest, ADocumentationGetsItsStatus) {
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.edoku", "wait_job": true,
     "expect": {"kind": "compose.edoku", "form": {"fields": [{"name": "documentation", "choices": [{"id": "QSHLT"},
       {"id": "QSKE", "disabled": true, "disabled_reason": {"$contains": "nicht über KV-Connect"}}]}]}}},
    {"submit": "check", "wait_job": true, "fill": {"documentation": "QSHLT", "files": ["d.zip.xkm"]},
     "expect": {"kind": "compose.confirm", "detail": {
       "parts": [{"name": "begleitdatei.xml", "description": "eDoku-Begleitdatei"}, {"name": "d.zip.xkm", "description": "eDoku-Archiv"}],
       "groups": [{"facts": [{"name": "receipt", "code": "asked"}]}]}}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},)" +
      until("eDokumentation-QSHLT;Lieferung;V2.0", "answered") + "]");
  expect_no_complaints();
}

// ---- what goes wrong ----

TEST_F(SendingTest, FilesOfTheWrongKindAreNamed) {
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.1click", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"files": ["befund.txt"]},
     "expect": {"kind": "compose.1click", "form": {"fields": [{"name": "files", "error": {"$contains": "„befund.txt“ passt nicht"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"kept_files": [], "files": ["s.sig.pdf"]},
     "expect": {"form": {"fields": [{"name": "files", "error": {"$contains": "immer <Name>.sig.pdf und <Name>.xml"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"files": ["s.xml"]},
     "expect": {"form": {"fields": [{"name": "content", "error": {"$contains": "die Dateien sind aber „Sammelerklärung“"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"kept_files": []},
     "expect": {"form": {"fields": [{"name": "files", "error": {"$contains": "gehören"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"purpose": "correction", "files": ["q.con.xkm"]},
     "expect": {"form": {"fields": [{"name": "purpose", "error": {"$contains": "keine Echtlieferung"}},
                                    {"name": "kept_files", "choices": [{"label": {"$contains": "q.con.xkm"}}]}]}}},
    {"invoke": "kvconnect.compose.edoku", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"files": ["q.con.xkm"]},
     "expect": {"form": {"fields": [{"name": "files", "error": {"$contains": "genau eine Datei"}}]}}},
    {"invoke": "kvconnect.compose.earztbrief", "context": {"patient": "p1", "document": "foto1"}, "wait_job": true,
     "expect": {"kind": "compose.earztbrief", "form": {"fields": [{"name": "document", "error": {"$contains": "kein vollständiges PDF"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"recipient": "kollegin.test@kv-safenet.de", "document": "befund.txt"},
     "expect": {"kind": "compose.earztbrief", "form": {"fields": [{"name": "document", "error": {"$contains": "„befund.txt“"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"document": "arztbrief.pdf"}, "expect": {"kind": "compose.confirm"}},
    {"invoke": "kvconnect.outbox", "wait_job": true, "expect": {"table": {"total": 0}}}])");
}

TEST_F(SendingTest, WithoutAUsableKvcaFileTheReasonIsShown) {
  const std::string invoke = R"([{"as": "arzt", "invoke": "kvconnect.compose.1click", "wait_job": true, "expect": )";
  set_settings("");
  run(invoke + R"({"kind": "compose.no_kvca", "notice": {"text": {"$contains": "kvca_file"}}}}])");

  std::string broken = read_file(nord_->directory() / "scripts/kvca.xml");
  broken.replace(broken.find("Fkt 7"), 5, "Fkt x");
  put("broken.xml", broken);
  set_settings(R"("kvca_file": "scripts/broken.xml", )");
  run(invoke + R"({"kind": "compose.kvca_broken", "notice": {"text": {"$regex": "„broken.xml“.*Zeile [0-9]+"}}}}])");

  std::string other = read_file(nord_->directory() / "scripts/kvca.xml");
  other.replace(other.find("EX=\"38\""), 7, "EX=\"99\"");
  put("other.xml", other);
  set_settings(R"("kvca_file": "scripts/other.xml", )");
  run(invoke + R"({"kind": "compose.kv_unknown", "notice": {"text": {"$contains": "other.xml"}}}}])");
}

TEST_F(SendingTest, NothingIsSentUnderAWrongCertificate) {
  const auto refused = [](const std::string& to, const std::string& code) {
    return R"({"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "wait_job": true, "fill": {"recipient": ")" +
           to + R"(", "subject": "S", "text": "T", "attachments": ["befund.txt"]},
     "expect": {"kind": "compose.confirm", "detail": {"groups": [{"facts": [{"name": "certificate", "code": ")" +
           code + R"(", "value": {"$contains": "Gesendet wurde nichts"}}]}]},
                "actions": [{"action_id": "send", "disabled": true}]}})";
  };
  run("[" + refused("fremde.test@kv-safenet.de", "policy.certificate_untrusted") + "]");
  write_file(
      faults_,
      R"({"rules": [{"match": {"path": "certificates"}, "times": -1, "action": {"type": "wrong_certificate"}}]})");
  run("[" + refused("kollegin.test@kv-safenet.de", "policy.certificate_foreign") + R"(,
    {"action": "save_draft", "wait_job": true, "expect": {"done": {"text": {"$contains": "Gesendet wurde nichts"}}}},
    {"invoke": "kvconnect.outbox", "wait_job": true,
     "expect": {"table": {"total": 1, "rows": [{"cells": {"state": {"code": "draft"}, "subject": {"text": "S"}}}]}}}])");
  EXPECT_THAT(server_->requests(), Not(HasSubstr("POST /kvconnect/rest/mails")));

  // The draft is whole, and goes out once the server answers as it should.
  write_file(faults_, R"({"rules": []})");
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.outbox", "wait_job": true},
    {"action": "edit", "row": 0, "wait_job": true,
     "expect": {"kind": "compose.enachricht", "form": {"fields": [{"name": "text", "value": "T"},
                {"name": "kept_files", "choices": [{"label": {"$contains": "befund.txt"}}]}]}}},
    {"submit": "check", "wait_job": true, "expect": {"kind": "compose.confirm", "detail": {"parts": [{"name": "befund.txt"}]}}},
    {"action": "send", "wait_job": true, "expect": {"notice": {"severity": "good"}}},
    {"invoke": "kvconnect.outbox", "wait_job": true,
     "expect": {"table": {"rows": {"$count": 1}}}}])");
  EXPECT_THAT(server_->requests(), HasSubstr("POST /kvconnect/rest/mails 201"));
}

TEST_F(SendingTest, TooLargeIsSaidBeforeAnythingIsQueuedAndTheTextStays) {
  set_settings(R"("max_message_bytes": 1048576, )");
  put("gross.bin", std::string(2U << 20U, 'x'));
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "wait_job": true,
     "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "S", "text": "Bleibt stehen", "attachments": ["befund.txt", "gross.bin"]},
     "expect": {"kind": "compose.enachricht", "form": {"error": {"code": "usage.too_large"},
                "fields": [{"name": "text", "value": "Bleibt stehen"}, {"name": "attachments", "error": {"$contains": "noch einmal"}}]}}},
    {"submit": "check", "wait_job": true, "fill": {"attachments": ["befund.txt"]}, "expect": {"kind": "compose.confirm"}}])");
}

/// The certificate of the recipient takes so long to come that something else happens first.
constexpr const char* kSlowCertificate =
    R"({"rules": [{"match": {"method": "GET", "path": "certificates", "user": "praxis.nord"}, "times": 1,
                   "action": {"type": "delay", "delay_ms": 10000}}]})";

TEST_F(SendingTest, CancellingTheCheckKeepsTheLetter) {
  write_file(faults_, kSlowCertificate);
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "S", "text": "T"},
     "expect": {"accepted": {"cancellable": true}}},
    {"sleep_ms": 1000},
    {"cancel_job": true, "expect": {"error": {"code": "cancelled.by_user"}}},
    {"submit": "check", "wait_job": true,
     "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "S", "text": "T"}, "expect": {"kind": "compose.confirm"}}])");
}

TEST_F(SendingTest, CancellingTheCheckOfAClosedViewMakesADraft) {
  write_file(faults_, kSlowCertificate);
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "Nebenher", "text": "T"},
     "expect": {"accepted": {"cancellable": true}}},
    {"sleep_ms": 1000},
    {"close": true},
    {"cancel_job": true, "expect": {"error": {"code": "cancelled.by_user"}}},
    {"every_ms": 300, "timeout_ms": 60000, "repeat": [{"invoke": "kvconnect.outbox", "wait_job": true}],
     "until": {"table": {"rows": [{"cells": {"state": {"code": "draft"}, "subject": {"text": "Nebenher"}}}]}}}])");
}

TEST_F(SendingTest, ALockDuringTheCheckKeepsTheLetter) {
  write_file(faults_, kSlowCertificate);
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "Vor der Sperre", "text": "T"},
     "expect": {"accepted": {"cancellable": true}}},
    {"sleep_ms": 1000},
    {"lock": "arzt"},
    {"unlock": "arzt"},
    {"every_ms": 300, "timeout_ms": 60000, "repeat": [{"invoke": "kvconnect.outbox", "wait_job": true}],
     "until": {"table": {"rows": [{"cells": {"state": {"code": "draft"}, "subject": {"text": "Vor der Sperre"}}}]}}}])");
}

TEST_F(SendingTest, AnAccountTakenAwayMeanwhileCostsNoText) {
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true, "expect": {"kind": "compose.enachricht"}},
    {"invoke": "kvconnect.accounts", "wait_job": true},
    {"action": "open", "row": 0, "wait_job": true, "expect": {"kind": "account.overview"}},
    {"action": "remove", "wait_job": true, "expect": {"kind": "account.remove"}},
    {"action": "remove", "wait_job": true, "timeout_ms": 120000, "expect": {"kind": "account.removed"}},
    {"close": true}, {"close": true}, {"close": true}, {"close": true},
    {"submit": "save_draft", "wait_job": true, "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "S", "text": "T"},
     "expect": {"kind": "compose.enachricht", "form": {"fields": [
       {"name": "account", "error": {"$contains": "steht Ihnen nicht mehr zur"}}, {"name": "recipient"},
       {"name": "subject", "value": "S"}, {"name": "text", "value": "T"}]}}}])");
}

// It is a draft then, which is gone when the letter is sent after all.
TEST_F(SendingTest, CancellingTakesTheMessageBackAsLongAsNothingLeft) {
  write_file(faults_,
             R"({"rules": [{"match": {"method": "GET", "path": "certificates", "user": "praxis.nord"}, "after": 1,
                                     "times": 1, "action": {"type": "delay", "delay_ms": 10000}}]})");
  run(R"([
    {"as": "arzt", "invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "wait_job": true,
     "fill": {"recipient": "kollegin.test@kv-safenet.de", "subject": "S", "text": "T"}, "expect": {"kind": "compose.confirm"}},
    {"action": "send", "expect": {"accepted": {"cancellable": true}},
     "expect_event": {"event": "progress", "text": {"$contains": "im Postausgang gesichert"}}},
    {"sleep_ms": 1000},
    {"cancel_job": true, "expect": {"error": {"code": "cancelled.by_user", "detail": {"$contains": "taken back"}}}},
    {"invoke": "kvconnect.outbox", "wait_job": true,
     "expect": {"table": {"total": 1, "rows": [{"cells": {"state": {"code": "draft"}, "subject": {"text": "S"}}}]}}},
    {"close": true},
    {"action": "send", "wait_job": true, "expect": {"kind": "message.queued", "notice": {"severity": "good"}}},
    {"invoke": "kvconnect.outbox", "wait_job": true, "expect": {"table": {"total": 1, "rows": [{"cells": {"state": {"code": {"$not": "draft"}}}}]}}}])");
  EXPECT_THAT(nord_->audit_events(), IsSupersetOf({"message.queued", "message.accepted"}));
}

}  // namespace
}  // namespace kvc::e2e
