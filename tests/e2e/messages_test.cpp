// SPDX-License-Identifier: Apache-2.0
// Messages as a practice works with them: answered, read by several people, handed to the record, found again, and
// archived ones of a third party (tests/vectors) with every verdict.
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

#include "e2e/harness.h"
#include "paths.h"

namespace kvc::e2e {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

fs::path vectors() {
  return fs::path(kvc::test::source_dir()) / "tests/vectors/messages";
}

void expect_good(const HostRun& run) {
  ASSERT_EQ(run.code, 0) << run.last();
}

// ---- between two practices ----

class MessagesTest : public testing::Test {
 protected:
  void SetUp() override {
    expect_good(nord_.run("tour_account"));
    expect_good(sued_.run("tour_account"));
    expect_good(nord_.run("tour_send", {{"KVC_TOUR_RECIPIENT", sued_.address()}}));
    expect_good(sued_.run("tour_receive"));
  }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  Practice sued_{"sued", directory_.path() / "sued", server_};
};

TEST_F(MessagesTest, AMessageIsAnsweredForwardedSavedAndKnowsItsExchange) {
  expect_good(sued_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true,
     "expect": {"kind": "inbox", "table": {"rows": [{"cells": {"verdict": {"code": "valid", "severity": "good"}}}]}}},
    {"action": "open", "row": 0, "wait_job": true,
     "expect": {"kind": "inbox.message", "detail": {"groups": [{"facts": [{"name": "verdict", "code": "valid"},
                {"name": "opened_by", "value": {"$contains": "zurzeit verwendet"}}]}]}}},
    {"action": "answer", "wait_job": true,
     "expect": {"kind": "compose.enachricht", "form": {"fields": [
        {"name": "recipient", "value": "praxis.nord@kv-safenet.de"},
        {"name": "subject", "value": "AW: Befund zur Mitbehandlung"},
        {"name": "text", "value": {"$contains": "> Liebe Kollegin"}}]}}},
    {"close": true},
    {"action": "forward", "wait_job": true,
     "expect": {"kind": "compose.enachricht", "form": {"fields": [{"name": "subject", "value": "WG: Befund zur Mitbehandlung"}]}}},
    {"close": true},
    {"action": "open", "part": {"name": "befund.txt"}, "wait_job": true, "expect": {"kind": "inbox.part", "detail": {"text": {"$contains": "Befund"}}}},
    {"close": true},
    {"action": "save_protocol", "wait_job": true, "expect": {"kind": "file.saved"}}, {"close": true},
    {"action": "save_protocol_text", "wait_job": true, "expect": {"kind": "file.saved"}}, {"close": true},
    {"action": "save_original", "wait_job": true, "expect": {"kind": "file.saved"}}, {"close": true},
    {"action": "thread", "wait_job": true,
     "expect": {"kind": "thread", "table": {"rows": [{"cells": {"direction": {"code": "received"}, "state": {"code": "valid"}}}]}}}])"));
  std::string saved;
  for (const auto& entry : fs::directory_iterator(sued_.data() / "users/arzt")) {
    saved += entry.path().extension().string() + ":" + read_file(entry.path()).substr(0, 5) + "\n";
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("Mitbehandlung")));
  }
  EXPECT_THAT(saved, HasSubstr(".pdf:%PDF-"));
  EXPECT_THAT(saved, HasSubstr(".eml:"));

  expect_good(nord_.run("tour_receipt"));
  expect_good(nord_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.outbox", "wait_job": true,
     "expect": {"kind": "outbox", "table": {"rows": [{"cells": {"receipt": {"code": "arrived", "severity": "good"},
                "files": {"text": "befund.txt"}, "to": {"text": "praxis.sued@kv-safenet.de"}}}]}}},
    {"action": "open", "row": 0, "wait_job": true, "expect": {"kind": "outbox.message"}},
    {"action": "thread", "wait_job": true,
     "expect": {"kind": "thread", "table": {"total": 2, "rows": [
        {"cells": {"direction": {"code": "sent"}}}, {"cells": {"direction": {"code": "received"}, "state": {"code": "valid"}}}]}}},
    {"action": "open", "row": {"direction": "received"}, "wait_job": true,
     "expect": {"kind": "inbox.message", "detail": {"groups": [{"facts": [{"name": "kind", "code": "receipt"}]}]}}},
    {"close": true},
    {"action": "open", "row": {"direction": "sent"}, "wait_job": true, "expect": {"kind": "outbox.message"}},
    {"action": "save_protocol", "wait_job": true, "expect": {"kind": "file.saved"}}])"));
}

TEST_F(MessagesTest, EachUserHasAReadStateOfTheirOwn) {
  expect_good(sued_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true},
    {"action": "open", "row": 0, "wait_job": true},
    {"action": "assign", "wait_job": true, "expect": {"kind": "account.assign"}},
    {"submit": "save", "wait_job": true, "fill": {"users": ["arzt", "mfa"]}, "expect": {"kind": "account.overview"}},
    {"invoke": "kvconnect.inbox", "wait_job": true,
     "expect": {"table": {"rows": [{"cells": {"read": {"code": "read"}}}], "intro": {"$contains": "Nichts Ungelesenes"}}}},
    {"as": "mfa", "invoke": "kvconnect.inbox", "wait_job": true,
     "expect": {"table": {"rows": [{"cells": {"read": {"code": "unread"}}}], "intro": {"$contains": "eNachricht 1"}}}},
    {"action": "read", "row": 0, "wait_job": true, "expect": {"kind": "inbox", "table": {"rows": [{"cells": {"read": {"code": "read"}}}]}}},
    {"action": "unread", "row": 0, "wait_job": true, "expect": {"table": {"rows": [{"cells": {"read": {"code": "unread"}}}]}}},
    {"action": "unread_only", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true},
    {"action": "unread_only", "wait_job": true, "expect": {"table": {"total": 0, "rows": {"$count": 0}}}}])"));
}

// ---- archived mail of a third party ----

/// A practice with the account of "bernd", to whom the vectors are addressed, and an environment that trusts their
/// authority beside the server's.
class ArchiveTest : public testing::Test {
 protected:
  void SetUp() override {
    trust_the_vectors();
    make_keystore();
    write_practice();
    expect_good(bernd_.run("tour_account", {{"KVC_TOUR_USERNAME", "bernd"}}));
  }

  static fs::path accounts_file(const fs::path& directory) {
    const fs::path file = directory / "accounts.json";
    write_file(file, R"({"accounts": [{"username": "bernd", "password": "Initial-NORD-1", "kv": "38",
                                       "cn": "TEST ONLY Bernd", "o": "TEST ONLY"}]})");
    return file;
  }
  void trust_the_vectors() {
    std::string settings = server_.settings();
    for (const auto& [list, file] :
         {std::pair("message_roots", "TEST_ONLY_root.pem"), std::pair("user_cas", "TEST_ONLY_user_ca.pem")}) {
      const std::string begin = std::string("\"") + list + "\": [";
      settings.insert(settings.find(begin) + begin.size(), "\"" + (vectors() / file).string() + "\", ");
    }
    bernd_.set_settings(settings);
  }
  /// The key of the vectors, as another product would have exported it.
  void make_keystore() const {
    const std::string key = (vectors() / "TEST_ONLY_bernd.pem").string();
    const std::string out = (bernd_.directory() / "scripts/bernd.p12").string();
    const std::string command =
        "openssl pkcs12 -export -inkey " + key + " -in " + key + " -passout pass:Canary-KEYSTORE-NORD -out " + out;
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  void write_practice() const {
    write_file(bernd_.directory() / "scripts/practice_nord.json",
               R"json({"practice": {"id": "praxis-nord", "name": "Praxis (erfunden)",
                   "sites": [{"bsnr": "999999901", "name": "Praxis", "kv_code": "38"}]},
                   "locale": "de-DE", "time_zone": "Europe/Berlin",
                   "users": [{"id": "arzt", "name": "Dr. Bernd", "roles": ["doctor", "admin"], "password": {"env": "KVC_TOUR_LOGIN"}},
                             {"id": "mfa", "name": "Mia", "roles": ["assistant"], "password": {"env": "KVC_TOUR_LOGIN"}}],
                   "patients": [{"id": "p1", "given_name": "Erika", "family_name": "Testpatient", "birth_date": "1990-09-07",
                                 "kvnr": "K070990552", "gender": "female"},
                                {"id": "p2", "given_name": "Max", "family_name": "Anders", "birth_date": "1950-01-01",
                                 "kvnr": "", "gender": "male"}],
                   "documents": []})json");
  }
  void import_key() {
    expect_good(bernd_.run_steps(R"([
      {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true},
      {"action": "open", "row": 0, "wait_job": true},
      {"action": "import", "wait_job": true, "expect": {"kind": "account.import_into"}},
      {"submit": "import", "wait_job": true, "fill": {"keystore_file": "bernd.p12", "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}},
       "expect": {"kind": "account.imported"}}])"));
  }
  HostRun import(const std::string& path) {
    return bernd_.run_steps(R"([
      {"as": "arzt", "invoke": "kvconnect.archive.import", "expect": {"kind": "archive.import"}},
      {"submit": "import", "wait_job": true, "timeout_ms": 110000, "fill": {"archive_folder": "${env:ARCHIVE}"},
       "expect": {"kind": "archive.summary"}}])",
                            {{"ARCHIVE", path}});
  }
  /// All vectors but those that repeat the Message-ID of valid.eml. Gives what the list must show of them.
  std::string copy_vectors(const fs::path& to) const {
    fs::create_directories(to / "tief/darin");
    const auto manifest = Poco::JSON::Parser()
                              .parse(read_file(vectors() / "manifest.json"))
                              .extract<Poco::JSON::Object::Ptr>()
                              ->getArray("messages");
    std::string rows;
    for (unsigned i = 0; i < manifest->size(); ++i) {
      const auto entry = manifest->getObject(i);
      const auto file = entry->getValue<std::string>("file");
      const auto verdict = entry->getValue<std::string>("verdict");
      const bool repeats = read_file(vectors() / file).find("Message-ID: <valid@") != std::string::npos;
      if (repeats && file != "valid.eml") {
        continue;
      }
      fs::copy_file(vectors() / file, (i % 2 == 0 ? to : to / "tief/darin") / file);
      if (file != "malformed_no_mail.eml") {
        rows += std::string(rows.empty() ? "" : ", ") + R"({"cells": {"verdict": {"code": ")" + verdict + R"("}}})";
      }
    }
    return rows;
  }

  TempDir directory_;
  Server server_{directory_.path() / "server", {"--accounts", accounts_file(directory_.path()).string()}};
  Practice bernd_{"nord", directory_.path() / "bernd", server_};
};

TEST_F(ArchiveTest, MailOpensAfterTheKeyOfItsTimeWasImported) {
  const fs::path folder = directory_.path() / "archiv";
  fs::create_directories(folder);
  fs::copy_file(vectors() / "valid.eml", folder / "valid.EML");
  const HostRun imported = import(folder.string());
  expect_good(imported);
  EXPECT_THAT(imported.out, HasSubstr("imported_unopened"));
  expect_good(bernd_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true,
     "expect": {"table": {"rows": [{"cells": {"verdict": {"code": "decrypt_failed"}}}]}}},
    {"action": "reopen", "wait_job": true, "expect": {"kind": "inbox.reopened", "notice": {"severity": "info"}}}])"));
  import_key();
  expect_good(bernd_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true,
     "expect": {"table": {"rows": [{"cells": {"verdict": {"code": "valid"}}}]}}},
    {"action": "open", "row": 0, "wait_job": true, "expect": {"kind": "inbox.message", "detail": {"groups": [{"facts": [
      {"name": "verdict", "code": "valid"}, {"name": "opened_by", "value": {"$contains": "aufbewahrt für ältere Nachrichten"}}]}]}}}])"));
}

TEST_F(ArchiveTest, EveryVerdictIsShownAndForgeriesAreNeverTheMessage) {
  import_key();
  const fs::path folder = directory_.path() / "archiv";
  const std::string rows = copy_vectors(folder);
  const HostRun first = import(folder.string());
  expect_good(first);
  EXPECT_THAT(first.out, HasSubstr("not_a_mail"));
  // Once more, and single files beside it: everything is there already.
  EXPECT_THAT(import(folder.string()).out, HasSubstr("waren schon vorhanden"));
  fs::copy_file(vectors() / "valid.eml", bernd_.directory() / "scripts/valid.eml");
  fs::copy_file(vectors() / "malformed_no_mail.eml", bernd_.directory() / "scripts/kein_brief.eml");
  expect_good(bernd_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.archive.import"},
    {"submit": "import", "wait_job": true, "fill": {"archive_files": ["valid.eml", "kein_brief.eml"]},
     "expect": {"kind": "archive.summary", "table": {"intro": {"$contains": "Eine Nachricht war schon vorhanden"},
                "rows": [{"cells": {"file": {"text": "kein_brief.eml"}, "outcome": {"code": "not_a_mail"}}}]}}}])"));
  expect_good(bernd_.run_steps(R"([{"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true,
                                    "expect": {"table": {"rows": [)" +
                               rows + "]}}}]"));
  // Changed content: no text, no answer, raw bytes only after a warning. A foreign signer: the same.
  expect_good(bernd_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true},
    {"action": "open", "row": {"verdict": "digest_mismatch"}, "wait_job": true,
     "expect": {"kind": "inbox.message", "detail": {"text": {"$absent": true}, "groups": [{"severity": "bad", "facts": [{"name": "verdict", "code": "digest_mismatch"}]}]},
                "actions": [{"action_id": "answer", "disabled": true}, {"action_id": "deliver", "disabled": true}]}},
    {"action": "save_unverified", "wait_job": true, "expect": {"kind": "file.saved", "notice": {"severity": "warning"}}},
    {"close": true}, {"close": true},
    {"action": "open", "row": {"verdict": "issuer_not_trusted"}, "wait_job": true,
     "expect": {"kind": "inbox.message", "detail": {"text": {"$absent": true}}}},
    {"action": "save_protocol", "wait_job": true, "expect": {"kind": "file.saved"}}])"));
  EXPECT_THAT(bernd_.audit_events(), Contains("archive.imported"));
  expect_good(bernd_.run_steps(R"([
    {"as": "mfa", "invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"total": 0, "rows": {"$count": 0}}}},
    {"invoke": "kvconnect.archive.import"},
    {"submit": "import", "wait_job": true, "fill": {"archive_files": ["valid.eml"]}, "expect": {"error": {"code": "usage.invalid_state"}}}])"));
}

TEST_F(ArchiveTest, ALetterGoesToTheRecordOnlyAfterAProposal) {
  import_key();
  expect_good(import((vectors() / "valid_earztbrief.eml").string()));
  expect_good(bernd_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true,
     "expect": {"table": {"rows": [{"cells": {"service": {"text": "eArztbrief"}}}]}}},
    {"select_patient": "p2"},
    {"action": "open", "row": 0, "wait_job": true,
     "expect": {"kind": "inbox.message", "detail": {"parts": [{"description": {"$contains": "Brief als PDF"}}]}}},
    {"action": "deliver", "wait_job": true,
     "expect": {"kind": "inbox.deliver", "form": {"intro": {"$contains": "passt nicht zum ausgewählten Patienten Anders, Max"}}}},
    {"close": true},
    {"select_patient": "p1"},
    {"action": "deliver", "wait_job": true,
     "expect": {"kind": "inbox.deliver", "form": {"intro": {"$contains": "Die Versichertennummer im Brief ist die des ausgewählten Patienten Testpatient, Erika"},
                "fields": [{"name": "patient_name", "value": "Testpatient, Erika"}, {"name": "kvnr", "value": "K070990552"}]}}},
    {"submit": "deliver", "wait_job": true, "fill": {"parts": []},
     "expect": {"kind": "inbox.deliver", "form": {"fields": [{"name": "parts", "error": "/./"}]}}},
    {"submit": "deliver", "wait_job": true, "fill": {"document_title": "Brief der Kollegin"}, "expect": {"kind": "inbox.delivered"},
     "expect_event": {"event": "document_delivered", "document": {"suggested_patient": "p1", "title": {"$contains": "Brief der Kollegin"},
                      "media_type": "application/pdf", "source": "anna@kv-safenet.de", "patient_hint": {"kvnr": "K070990552"}}}}])"));
  EXPECT_THAT(bernd_.audit_events(), Contains("document.delivered"));
}

TEST_F(ArchiveTest, NamesFromOutsideAreHarmlessWhereverTheyGo) {
  import_key();
  expect_good(import((vectors() / "valid_hostile_names.eml").string()));
  std::string steps = R"([{"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true},
                          {"action": "open", "row": 0, "wait_job": true, "expect": {"detail": {"parts": {"$count": 10}}}})";
  for (int i = 0; i < 10; ++i) {
    steps += R"(, {"action": "save", "part": )" + std::to_string(i) +
             R"(, "wait_job": true, "expect": {"kind": "file.saved"}}, {"close": true})";
  }
  steps += R"(, {"action": "deliver", "wait_job": true, "expect": {"kind": "inbox.deliver"}},
              {"submit": "deliver", "wait_job": true, "expect": {"kind": "inbox.delivered"}}])";
  const HostRun run = bernd_.run_steps(steps);
  expect_good(run);
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(bernd_.data() / "users")) {
    if (!entry.is_regular_file()) {
      continue;
    }
    ++files;
    const std::string name = entry.path().filename().string();
    EXPECT_LE(name.size(), 143U) << name;
    EXPECT_NE(name.front(), '.') << name;
    EXPECT_EQ(name.find("\xe2\x80\xae"), std::string::npos) << name;
    EXPECT_NE(name, "CON");
    EXPECT_FALSE(name.starts_with("CON.")) << name;
    EXPECT_EQ(entry.path().parent_path(), bernd_.data() / "users/arzt");
    EXPECT_EQ(std::count_if(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }), 0);
  }
  EXPECT_EQ(files, 10);
  EXPECT_EQ(run.out.find("\xe2\x80\xae"), std::string::npos);
}

TEST_F(ArchiveTest, AHundredAndTwentyMessagesAreFoundPageByPage) {
  import_key();
  const fs::path folder = directory_.path() / "viele";
  fs::create_directories(folder);
  const std::string mail = read_file(vectors() / "valid.eml");
  const std::size_t begin = mail.find("Message-ID: <") + 13;
  const std::size_t end = mail.find('>', begin);
  for (int i = 0; i < 120; ++i) {
    write_file(folder / (std::to_string(i) + ".eml"),
               mail.substr(0, begin) + "viele-" + std::to_string(i) + "@kv-safenet.de" + mail.substr(end));
  }
  const HostRun imported = import(folder.string());
  expect_good(imported);
  EXPECT_THAT(imported.out, HasSubstr("120 Nachrichten wurden importiert"));
  expect_good(bernd_.run_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.inbox", "wait_job": true,
     "expect": {"table": {"total": 120, "rows": {"$count": 50}, "intro": {"$contains": "eNachricht 120"}}}},
    {"action": "page", "wait_job": true, "expect": {"table": {"rows": {"$count": 50}}}},
    {"action": "page", "wait_job": true, "expect": {"table": {"rows": {"$count": 20}, "next_page": {"$absent": true}}}},
    {"action": "refresh", "wait_job": true, "expect": {"table": {"rows": {"$count": 20}}}},
    {"action": "filter", "wait_job": true, "expect": {"kind": "inbox.filter"}},
    {"submit": "apply", "wait_job": true, "fill": {"search_text": "ANNA@kv"}, "expect": {"kind": "inbox", "table": {"rows": {"$count": 50}, "intro": {"$contains": "gesucht nach"}}}},
    {"action": "filter", "wait_job": true, "expect": {"form": {"fields": [{"name": "search_text", "value": "ANNA@kv"}]}}},
    {"submit": "apply", "wait_job": true, "fill": {"search_text": "gibt es nicht"}, "expect": {"table": {"total": 0, "rows": {"$count": 0}}}},
    {"action": "all", "wait_job": true, "expect": {"table": {"rows": {"$count": 50}}}},
    {"action": "service:enachricht", "wait_job": true, "expect": {"table": {"total": 120}}},
    {"action": "filter", "wait_job": true},
    {"submit": "apply", "wait_job": true, "fill": {"service": "all", "verdict": "digest_mismatch"}, "expect": {"table": {"rows": {"$count": 0}}}},
    {"action": "filter", "wait_job": true},
    {"submit": "apply", "wait_job": true, "fill": {"verdict": "valid", "from_date": "2100-01-01"}, "expect": {"table": {"rows": {"$count": 0}}}},
    {"action": "filter", "wait_job": true},
    {"submit": "back", "wait_job": true, "expect": {"kind": "inbox", "table": {"intro": {"$contains": "empfangen ab 01.01.2100"}}}}])"));
}

}  // namespace
}  // namespace kvc::e2e
