// SPDX-License-Identifier: Apache-2.0
// The built executable, as integrators and scripts use it.
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include <cstdint>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "crypto/pkcs12.h"
#include "paths.h"
#include "store/backup.h"
#include "store/database.h"
#include "unit/crypto/openssl_tool.h"
#include "unit/message/samples.h"

namespace kvc {
namespace {

using message::samples::world;
using testing::HasSubstr;

/// JSON on standard output comes first; what is said to people follows.
std::string json_text(const std::string& output) {
  const auto begin = output.find("{\n");
  const auto end = output.rfind("\n}");
  return begin == std::string::npos || end == std::string::npos ? "{}" : output.substr(begin, end + 2 - begin);
}

Poco::JSON::Object::Ptr json(const std::string& output) {
  return Poco::JSON::Parser().parse(json_text(output)).extract<Poco::JSON::Object::Ptr>();
}

class Tool : public testing::Test {
 protected:
  Tool() {
    scratch_.put("root.pem", world().root.certificate.pem());
    scratch_.put("user_ca.pem", world().user_ca.certificate.pem());
    scratch_.put("anna.key", test_pki::key_pem(world().anna.key));
    scratch_.put("anna.pem", world().anna.certificate.pem());
    scratch_.put("bernd.key", test_pki::key_pem(world().bernd.key));
    scratch_.put("bernd.pem", world().bernd.certificate.pem());
    scratch_.put("stranger.key", test_pki::key_pem(test_pki::key("stranger")));
    scratch_.put("text", "Guten Tag");
    scratch_.put("befund.pdf", "%PDF-1.4 Beispiel");
  }
  test_pki::ToolResult tool(std::vector<std::string> args, const std::string& language = "de_DE.UTF-8") {
    args.insert(args.begin(), KVC_TOOL);
    return test_pki::run(args, scratch_.path(), {{"LC_ALL", language}});
  }
  /// Seals once more under the same name; an existing file is not overwritten.
  test_pki::ToolResult seal_again(const std::vector<std::string>& args, const std::string& language = "de_DE.UTF-8") {
    std::filesystem::remove(scratch_.file("mail.eml"));
    return tool(args, language);
  }
  std::vector<std::string> seal_args(const std::string& from = "anna@kv-safenet.de",
                                     const std::string& cert = "anna.pem") {
    return {"seal",
            "--from",
            from,
            "--to",
            "bernd@kv-safenet.de",
            "--service",
            "eNachricht;Lieferung;V2.0",
            "--text",
            "text",
            "--attach",
            "befund.pdf:application/pdf:eAB-PDF-unsigned",
            "--attach",
            "text",
            "--key",
            "anna.key",
            "--cert",
            cert,
            "--recipient-cert",
            "bernd.pem",
            "--out",
            "mail.eml"};
  }
  std::vector<std::string> open_args(const std::string& key = "bernd.key") {
    return {"open", "mail.eml", "--key", key, "--root", "root.pem", "--user-ca", "user_ca.pem"};
  }
  /// KiB of resident memory a command had at most. With an attachment of so many bytes, none of which is like the next.
  long peak(std::vector<std::string> command, int* exit_code) {
    command.insert(command.begin(), KVC_PEAK);
    const auto ran = test_pki::run(command, scratch_.path());
    const std::size_t at = ran.output.rfind("\npeak ");
    std::istringstream last(at == std::string::npos ? std::string() : ran.output.substr(at + 6));
    long kib = 0;
    *exit_code = -1;
    EXPECT_TRUE(last >> kib >> *exit_code) << ran.output;
    return kib;
  }
  void put_attachment(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint64_t state = 88172645463325252ULL;
    for (char& byte : bytes) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      byte = static_cast<char>(state & 0xffU);
    }
    scratch_.put("befund.pdf", bytes);
  }
  static bool memory_tells_something() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false;
#else
    return true;
#endif
  }

  static constexpr std::size_t kSmall = 2048, kMedium = 24UL * 1024 * 1024;
  test_pki::ScratchDirectory scratch_;
};

TEST_F(Tool, SealingNeedsNoMoreMemoryForAMediumFileThanForASmallOne) {
  if (!memory_tells_something()) {
    GTEST_SKIP() << "the sanitizer's own memory is all that would be seen";
  }
  std::map<std::size_t, long> peaks;
  for (const std::size_t size : {kSmall, kMedium}) {
    put_attachment(size);
    auto command = seal_args();
    command.insert(command.begin(), KVC_TOOL);
    std::filesystem::remove(scratch_.file("mail.eml"));
    int code = -1;
    peaks[size] = peak(command, &code);
    ASSERT_EQ(code, 0);
  }
  EXPECT_GT(std::filesystem::file_size(scratch_.file("mail.eml")), kMedium) << "the file is in it";
  EXPECT_LE(peaks[kMedium] - peaks[kSmall], 1024) << peaks[kSmall] << " and " << peaks[kMedium] << " KiB";
}

TEST_F(Tool, OpensALargeMailFromAPipeWithoutHoldingIt) {
  if (!memory_tells_something()) {
    GTEST_SKIP() << "the sanitizer's own memory is all that would be seen";
  }
  std::string command = "cat mail.eml | \"" KVC_TOOL "\"";
  auto args = open_args();
  args[1] = "-";
  for (const std::string& arg : args) {
    command += ' ' + arg;
  }
  std::map<std::size_t, long> peaks;
  for (const std::size_t size : {kSmall, kMedium}) {
    put_attachment(size);
    ASSERT_EQ(seal_again(seal_args()).exit_code, 0);
    int code = -1;
    peaks[size] = peak({"/bin/sh", "-c", command}, &code);
    ASSERT_EQ(code, 0) << "not valid";
  }
  // A copy of the mail is more than the attachment.
  EXPECT_LT(peaks[kMedium] - peaks[kSmall], static_cast<long>(kMedium / 1024 / 4))
      << peaks[kSmall] << " and " << peaks[kMedium] << " KiB";
}

TEST_F(Tool, APipeWithoutRoomForALargeMailIsToldSo) {
  put_attachment(1024UL * 1024);
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  auto args = open_args();
  args[1] = "-";
  std::string command = "TMPDIR=/proc \"" KVC_TOOL "\"";
  for (const std::string& arg : args) {
    command += ' ' + arg;
  }
  const auto ran =
      test_pki::run({"/bin/sh", "-c", "cat mail.eml | " + command}, scratch_.path(), {{"LC_ALL", "de_DE.UTF-8"}});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.output, HasSubstr("TMPDIR"));
}

TEST_F(Tool, RestoresADamagedDatabase) {
  ASSERT_TRUE(store::Database::open("sqlite", scratch_.path(), Env::system(), Log::none()).value()->maintain().ok());
  const auto backups = store::backups_of(scratch_.file("kvconnect.db"));
  ASSERT_EQ(backups.size(), 1U);
  scratch_.put("kvconnect.db", "beschädigt");
  const auto restored = tool({"restore", "--data", scratch_.path()});
  ASSERT_EQ(restored.exit_code, 0) << restored.output;
  EXPECT_EQ(json(restored.output)->getValue<std::string>("restored_from"), backups.front().file);
  std::ifstream aside(json(restored.output)->getValue<std::string>("kept_aside"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(aside), {}), "beschädigt");
  EXPECT_THAT(restored.output, HasSubstr("nie doppelt"));
  EXPECT_TRUE(store::Database::open("sqlite", scratch_.path(), Env::system(), Log::none()).ok());

  scratch_.put("server.json", R"({"storage":{"dsn":"postgresql://db.praxis.example/kv?sslrootcert=/ca.pem"}})");
  EXPECT_EQ(tool({"restore", "--data", scratch_.path(), "--settings", "server.json"}).exit_code, 2);
  EXPECT_EQ(tool({"restore", "--data", scratch_.path() + "/nowhere"}).exit_code, 2);
  EXPECT_EQ(tool({"restore"}).exit_code, 2);
}

TEST_F(Tool, SaysWhichBackupCannotBeRestoredAndWhy) {
  std::filesystem::create_directories(scratch_.file("daten"));
  std::filesystem::create_directories(scratch_.file("stick"));
  const std::string data = scratch_.file("daten");
  const auto says = [&](const std::vector<std::string>& more, const std::string& german, const std::string& english) {
    std::vector<std::string> args = {"restore", "--data"};
    args.insert(args.end(), more.begin(), more.end());
    SCOPED_TRACE(german);
    const auto refused = tool(args);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.output, HasSubstr(german));
    EXPECT_THAT(refused.output, HasSubstr("nichts verändert"));
    EXPECT_THAT(refused.output, HasSubstr("(storage.file_unreadable)"));
    const auto in_english = tool(args, "en_GB.UTF-8").output;
    EXPECT_THAT(in_english, HasSubstr(english));
    EXPECT_THAT(in_english, testing::AnyOf(HasSubstr("nothing was changed"), HasSubstr("Nothing was changed")));
    EXPECT_THAT(in_english, Not(HasSubstr("Datei")));
  };
  says({"weg"}, "weg: Dieses Verzeichnis gibt es nicht.", "weg: There is no such directory.");
  says({"text"}, "text: Das ist kein Verzeichnis.", "text: This is no directory.");
  says({data}, data + "/kvconnect.db: Neben dieser Datei liegt keine Sicherung",
       data + "/kvconnect.db: There is no backup beside this file.");

  ASSERT_TRUE(store::Database::open("sqlite", data, Env::system(), Log::none()).value()->maintain().ok());
  const std::string backup = store::backups_of(data + "/kvconnect.db").at(0).file;
  const std::string name = std::filesystem::path(backup).filename().string();
  says({data, "--backup", "weg"}, "/weg: Diese Datei gibt es nicht.", "/weg: There is no such file.");
  says({data, "--backup", "stick"}, "/stick: Das ist keine gewöhnliche Datei.", "/stick: This is no ordinary file.");
  says({data, "--backup", "text"}, "/text: Diese Datei ist beschädigt", "/text: This file is damaged or no database.");
  says({data, "--backup", "kvconnect.db"}, "/kvconnect.db: Das ist die Datenbank selbst",
       "This is the database itself");

  std::filesystem::copy_file(backup, scratch_.file("stick/" + name));
  for (const std::string& named : {name, "stick/" + name, scratch_.file("stick/" + name)}) {
    SCOPED_TRACE(named);
    const auto restored = tool({"restore", "--data", data, "--backup", named});
    EXPECT_EQ(restored.exit_code, 0) << restored.output;
    EXPECT_EQ(json(restored.output)->getValue<std::string>("restored_from"),
              named == name ? backup : scratch_.file("stick/" + name));
  }

  const auto whole = std::filesystem::file_size(backup);
  std::filesystem::resize_file(backup, whole / 2);
  says({data}, backup + ": Diese Datei ist beschädigt", backup + ": This file is damaged or no database.");
  std::filesystem::remove(data + "/kvconnect.db");
  const auto alone = tool({"restore", "--data", data, "--backup", "stick/" + name});
  EXPECT_EQ(alone.exit_code, 0) << alone.output;
  EXPECT_FALSE(json(alone.output)->has("kept_aside"));
  EXPECT_THAT(alone.output, HasSubstr("eine alte Datei gab es nicht"));
}

TEST_F(Tool, RestoresNothingWhileTheSettingsLeaveTheDatabaseInDoubt) {
  ASSERT_TRUE(store::Database::open("sqlite", scratch_.path(), Env::system(), Log::none()).value()->maintain().ok());
  scratch_.put("kvconnect.db", "beschädigt");
  const std::pair<const char*, const char*> doubtful[] = {
      {R"({"storage":{"dsn":"sqlite:other.db"},})", "Der Text ist kein gültiges JSON; Zeile 1, Spalte "},
      {"[]", "Erwartet wird object, gefunden wurde array."},
      {R"({"storage":{"dsn":"mysql:Geheim@x"}})", "storage.dsn: Erlaubt sind \"sqlite\""},
      {R"({"storage":"sqlite:other.db"})", "storage: Erwartet wird object, gefunden wurde string."},
      {R"({"storage":{"DSN":"sqlite:other.db"}})", "storage.DSN: Diese Angabe kennt das Plugin nicht"},
  };
  for (const auto& [text, problem] : doubtful) {
    SCOPED_TRACE(text);
    scratch_.put("brk.json", text);
    const auto refused = tool({"restore", "--data", scratch_.path(), "--settings", "brk.json"});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.output, HasSubstr(problem));
    EXPECT_THAT(refused.output, HasSubstr("Es wurde nichts verändert"));
    EXPECT_THAT(refused.output, Not(HasSubstr("Geheim")));
    EXPECT_EQ(scratch_.get("kvconnect.db"), "beschädigt");
  }
  EXPECT_THAT(tool({"restore", "--data", scratch_.path(), "--settings", "brk.json"}, "en_GB.UTF-8").output,
              HasSubstr("Nothing was changed"));
  scratch_.put("brk.json", R"({"environments":[{"id":"weg","user_cas":["weg.pem"]}]})");
  EXPECT_EQ(tool({"restore", "--data", scratch_.path(), "--settings", "brk.json"}).exit_code, 0)
      << "other mistakes do not keep the practice from its messages";
}

TEST_F(Tool, SealsAndOpens) {
  const auto sealed = tool(seal_args());
  ASSERT_EQ(sealed.exit_code, 0) << sealed.output;
  EXPECT_THAT(json(sealed.output)->getValue<std::string>("message_id"), testing::EndsWith("@kv-safenet.de"));
  const auto opened = tool(open_args());
  ASSERT_EQ(opened.exit_code, 0) << opened.output;
  const auto result = json(opened.output);
  EXPECT_EQ(result->getValue<std::string>("verdict"), "valid");
  const auto layer = result->getArray("layers")->getObject(0);
  EXPECT_EQ(layer->getObject("signer")->getValue<std::string>("email"), "anna@kv-safenet.de");
  EXPECT_EQ(layer->getValue<std::string>("dienstkennung"), "eNachricht;Lieferung;V2.0");
  const auto parts = result->getArray("parts");
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ(parts->getObject(1)->getValue<std::string>("name"), "befund.pdf");
  EXPECT_EQ(parts->getObject(1)->getValue<std::string>("description"), "eAB-PDF-unsigned");
  EXPECT_EQ(parts->getObject(1)->getValue<int>("size"), 17);
}

TEST_F(Tool, WarnsOfPartsThatDoNotFitTheService) {
  auto letter = seal_args();
  letter[6] = "Arztbrief;VHitG-Versand;V1.2";
  const auto without_cda = tool(letter);
  EXPECT_EQ(without_cda.exit_code, 1) << "sealed, with a warning";
  EXPECT_THAT(without_cda.output, HasSubstr("passt nicht zum Dienst"));
  EXPECT_THAT(without_cda.output, HasSubstr("befund.pdf: erwartet wird ein ganzes PDF-Dokument"));
  auto annexes = letter;
  annexes[10] = "befund.pdf::eAB-Anhang-01";
  annexes[12] = "befund.pdf::eAB-Anhang-02";
  EXPECT_THAT(seal_again(annexes).output, HasSubstr("erwartet wird genau ein PDF mit der Beschreibung eAB-PDF-signed"));
  EXPECT_THAT(seal_again(annexes, "en_GB.UTF-8").output, HasSubstr("expected is exactly one PDF, described as"));
  EXPECT_TRUE(std::filesystem::exists(scratch_.file("mail.eml")));
  auto billing = seal_args();
  billing[6] = "1ClickAbrechnung;Lieferung;V2.0";
  const auto without_companion = seal_again(billing);
  EXPECT_EQ(without_companion.exit_code, 1);
  EXPECT_THAT(without_companion.output, HasSubstr("erwartet wird genau eine Datei begleitdatei.xml"));
  EXPECT_THAT(without_companion.output, Not(HasSubstr("expected")));
  EXPECT_THAT(seal_again(billing, "en_GB.UTF-8").output, HasSubstr("expected is exactly one file begleitdatei.xml"));
  auto documentation = seal_args();
  documentation[6] = "eDokumentation-QSHLT;Lieferung;V2.0";
  const auto misnamed = seal_again(documentation);
  EXPECT_THAT(misnamed.output, HasSubstr("befund.pdf: erwartet wird die Beschreibung eDoku-Archiv"));
}

TEST_F(Tool, SealsALetterAndADelivery) {
  const std::string folder = test::source_dir() + "/tests/unit/";
  scratch_.put("brief.pdf", "%PDF-1.4\n1 0 obj\n%%EOF\n");
  scratch_.put(
      "brief.xml",
      "<ClinicalDocument xmlns='urn:hl7-org:v3'><typeId root='2.16.840.1.113883.1.3' extension='POCD_HD000040'/>"
      "<id root='1.2'/><code code='11488-4' codeSystem='2.16.840.1.113883.6.1'/><effectiveTime value='2025'/>"
      "<confidentialityCode code='N' codeSystem='2.16.840.1.113883.5.25'/><recordTarget><patientRole>"
      "<id nullFlavor='UNK'/></patientRole></recordTarget><author><time value='2025'/><assignedAuthor>"
      "<id nullFlavor='UNK'/></assignedAuthor></author><custodian><assignedCustodian>"
      "<representedCustodianOrganization><id nullFlavor='UNK'/></representedCustodianOrganization>"
      "</assignedCustodian></custodian><component><nonXMLBody><text/></nonXMLBody></component>"
      "</ClinicalDocument>");
  scratch_.put("Z01999999900_05.01.2026_09.25.con.XKM", "verschlüsselt");
  std::filesystem::copy_file(folder + "billing/begleitdatei_sample.xml", scratch_.file("begleitdatei.xml"));
  auto letter = seal_args();
  letter[6] = "Arztbrief;VHitG-Versand;V1.2";
  letter[10] = "brief.pdf::eAB-PDF-unsigned";
  letter[12] = "brief.xml::eAB-XML";
  const auto sealed = tool(letter);
  EXPECT_EQ(sealed.exit_code, 0) << sealed.output;
  const auto opened = tool(open_args());
  EXPECT_EQ(opened.exit_code, 0) << opened.output;
  EXPECT_EQ(json(opened.output)->getArray("parts")->getObject(1)->getValue<std::string>("type"), "application/pdf");
  EXPECT_TRUE(json(opened.output)->has("letter"));
  auto billing = seal_args();
  billing[6] = "1ClickAbrechnung;Lieferung;V2.0";
  billing[10] = "begleitdatei.xml";
  billing[12] = "Z01999999900_05.01.2026_09.25.con.XKM";
  const auto delivery = seal_again(billing);
  EXPECT_EQ(delivery.exit_code, 0) << delivery.output;
  EXPECT_TRUE(json(tool(open_args()).output)->has("begleitdatei"));
  scratch_.put("Z02.con.xkm", "verschlüsselt");
  billing[12] = "Z02.con.xkm";
  const auto other_file = seal_again(billing);
  EXPECT_EQ(other_file.exit_code, 1);
  EXPECT_THAT(other_file.output, HasSubstr("Z02.con.xkm: in begleitdatei.xml nicht genannt"));
}

TEST_F(Tool, KeysOfTheJsonKeepTheirOrder) {
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  const auto text = json_text(tool(open_args()).output);
  std::size_t at = 0;
  for (const char* key :
       {"\"verdict\"", "\"layers\"",        "\"verdict\"",    "\"from\"",      "\"signer\"",       "\"email\"",
        "\"subject\"", "\"issuer\"",        "\"serial\"",     "\"not_after\"", "\"signing_time\"", "\"content_cipher\"",
        "\"digest\"",  "\"dienstkennung\"", "\"message_id\"", "\"warnings\"",  "\"parts\"",        "\"name\"",
        "\"type\"",    "\"description\"",   "\"size\"",       "\"sha256\""}) {
    const auto found = text.find(key, at);
    ASSERT_NE(found, std::string::npos) << key;
    at = found + 1;
  }
}

TEST_F(Tool, ExitCodesFollowTheVerdict) {
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  const auto untrusted = tool({"open", "mail.eml", "--key", "bernd.key", "--root", "root.pem"});
  EXPECT_THAT(untrusted.output, HasSubstr("--user-ca CA.pem"));
  EXPECT_THAT(untrusted.output, Not(HasSubstr("--root CA.pem")));
  EXPECT_EQ(untrusted.exit_code, 1) << untrusted.output;
  EXPECT_EQ(json(untrusted.output)->getValue<std::string>("verdict"), "issuer_not_trusted");
  auto later = open_args();
  later.insert(later.end(), {"--at", "2049-01-01T00:00:00Z"});
  EXPECT_EQ(tool(later).exit_code, 1);
  const auto closed = tool(open_args("stranger.key"));
  EXPECT_EQ(closed.exit_code, 2);
  EXPECT_EQ(json(closed.output)->getValue<std::string>("verdict"), "decrypt_failed");
  EXPECT_THAT(closed.output, HasSubstr(world().bernd.certificate.serial_hex()));
  scratch_.put("mail.eml", "no mail");
  EXPECT_EQ(tool(open_args()).exit_code, 2);
}

TEST_F(Tool, ReadsPkcs12AndPasswordFiles) {
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  const auto p12 = crypto::write_pkcs12({world().bernd}, Secret("Beispiel-Kennwort"), "bernd");
  ASSERT_TRUE(p12.ok());
  scratch_.put("bernd.p12", *p12);
  scratch_.put("password", "Beispiel-Kennwort\n");
  scratch_.put("wrong", "falsch\n");
  auto args = open_args("bernd.p12");
  args.insert(args.end(), {"--key-password-file", "password"});
  EXPECT_EQ(tool(args).exit_code, 0);
  args.back() = "wrong";
  const auto wrong = tool(args);
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.output, HasSubstr("crypto.wrong_passphrase"));
  EXPECT_THAT(wrong.output, HasSubstr("bernd.p12: das Passwort aus --key-password-file öffnet diesen Schlüssel nicht"));
  const auto none = tool(open_args("bernd.p12"));
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.output, HasSubstr("bernd.p12: ein Passwort schützt diesen Schlüssel; nennen Sie mit "
                                     "--key-password-file"));
  EXPECT_THAT(wrong.output, testing::Not(HasSubstr("falsch")));
}

TEST_F(Tool, ExtractsWithSafeNames) {
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  auto args = open_args();
  args.insert(args.end(), {"--extract", "teile"});
  const auto first = tool(args);
  ASSERT_EQ(first.exit_code, 0) << first.output;
  EXPECT_EQ(scratch_.get("teile/befund.pdf"), "%PDF-1.4 Beispiel");
  EXPECT_EQ(scratch_.get("teile/teil-1.txt"), "Guten Tag");
  const auto again = tool(args);
  EXPECT_EQ(again.exit_code, 2) << "files were overwritten";
  EXPECT_EQ(json(again.output)->getValue<std::string>("verdict"), "valid") << "said all the same";
  EXPECT_THAT(again.output, HasSubstr("teile/teil-1.txt: die Datei gibt es schon"));
}

TEST_F(Tool, SaysWhyPartsAreNotExtracted) {
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  auto args = open_args();
  args.insert(args.end(), {"--extract", "text"});
  for (const auto& [place, reason] :
       std::map<std::string, std::string>{{"text", "text: das ist kein Ordner"},
                                          {"nirgends/teile", "nirgends/teile: den Ordner darüber gibt es nicht"},
                                          {"text/teile", "text/teile: das ist kein Ordner"}}) {
    args.back() = place;
    const auto result = tool(args);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(json(result.output)->getValue<std::string>("verdict"), "valid");
    EXPECT_FALSE(json(result.output)->getArray("parts")->getObject(0)->has("file"));
    EXPECT_THAT(result.output, HasSubstr("nicht geschrieben: " + reason));
  }
}

TEST_F(Tool, SaysInGermanWhatIsWrongWithAMessage) {
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  const auto nothing = tool({"open", "mail.eml"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.output, HasSubstr("Schicht 1: decrypt_failed: Keiner der Schlüssel öffnet diese Schicht"));
  EXPECT_THAT(nothing.output, HasSubstr("es wurde kein Schlüssel genannt: --key DATEI"));
  const auto untrusted = tool({"open", "mail.eml", "--key", "bernd.key"});
  EXPECT_THAT(untrusted.output, HasSubstr("Schicht 1: issuer_not_trusted: Das Zertifikat des Unterzeichners"));
  EXPECT_THAT(untrusted.output, HasSubstr("--root CA.pem"));
  EXPECT_THAT(untrusted.output, HasSubstr("--user-ca CA.pem"));
  EXPECT_THAT(json(untrusted.output)->getArray("layers")->getObject(0)->getValue<std::string>("reason"),
              HasSubstr("The certificate was not issued by"));
  EXPECT_THAT(tool({"open", "mail.eml", "--key", "bernd.key"}, "en_GB.UTF-8").output,
              HasSubstr("issuer_not_trusted: The certificate was not issued by"));
}

TEST_F(Tool, AnEmptyFileIsNoMessage) {
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  scratch_.put("mail.eml", "");
  const auto empty = tool(open_args());
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.output, HasSubstr("die Eingabe ist leer"));
  EXPECT_THAT(empty.output, Not(HasSubstr("not_signed")));
}

TEST_F(Tool, SaysInGermanWhichFileCannotBeUsed) {
  ASSERT_EQ(tool(seal_args()).exit_code, 0);
  const auto with = [&](const std::string& option, const std::string& file, const std::string& language) {
    auto args = open_args();
    args.insert(args.end(), {option, file});
    const auto result = tool(args, language);
    EXPECT_EQ(result.exit_code, 2) << option;
    return result.output;
  };
  EXPECT_THAT(with("--user-ca", "nope.pem", "de_DE.UTF-8"), HasSubstr("ist nicht lesbar: nope.pem"));
  EXPECT_THAT(with("--user-ca", "nope.pem", "en_GB.UTF-8"), HasSubstr("cannot be read: nope.pem"));
  EXPECT_THAT(with("--root", "anna.pem", "de_DE.UTF-8"), HasSubstr("anna.pem: kein brauchbares CA-Zertifikat"));
  EXPECT_THAT(with("--key", "text", "de_DE.UTF-8"), HasSubstr("text: kein lesbarer Schlüssel"));
}

TEST_F(Tool, SealRefusesWhatDoesNotBelongTogether) {
  const auto foreign_key = tool(seal_args("anna@kv-safenet.de", "bernd.pem"));
  EXPECT_EQ(foreign_key.exit_code, 2);
  EXPECT_THAT(foreign_key.output, HasSubstr("crypto.not_our_key"));
  const auto foreign_from = tool(seal_args("carla@kv-safenet.de"));
  EXPECT_EQ(foreign_from.exit_code, 2);
  EXPECT_THAT(foreign_from.output, HasSubstr("policy.certificate_foreign"));
  EXPECT_FALSE(std::filesystem::exists(scratch_.file("mail.eml")));
  EXPECT_FALSE(std::filesystem::exists(scratch_.file("mail.eml.part")));
}

TEST_F(Tool, SealSaysWhichArgumentIsWrong) {
  const auto with = [&](std::size_t place, const std::string& value) {
    auto args = seal_args();
    args[place] = value;
    const auto result = tool(args);
    EXPECT_EQ(result.exit_code, 2) << value;
    EXPECT_FALSE(std::filesystem::exists(scratch_.file("mail.eml"))) << value;
    return result.output;
  };
  EXPECT_THAT(with(10, "nope.pdf"), HasSubstr("--attach nope.pdf: die Datei ist nicht lesbar"));
  EXPECT_THAT(with(10, "."), HasSubstr("--attach .: die Datei ist nicht lesbar"));
  for (const std::string type : {"unsinn", "a/", "/b", "a/b/c", "multipart/mixed"}) {
    EXPECT_THAT(with(12, "text:" + type + ":x"), HasSubstr("--attach text: hinter dem ersten"));
  }
  for (const std::string service :
       {"Unsinn", "eNachricht;Lieferung", "eNachricht;;V2.0", ";Lieferung;V2.0", "a;b;c;d"}) {
    EXPECT_THAT(with(6, service), HasSubstr("--service: erwartet wird \"Dienst;Art;Version\""));
  }
  auto documented = seal_args();
  documented[6] = "eTS;Fehlernachricht;";
  EXPECT_EQ(tool(documented).exit_code, 0) << "has no version";
}

TEST_F(Tool, SealOverwritesNothing) {
  scratch_.put("mail.eml", "eine andere");
  const auto result = tool(seal_args());
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("nicht geschrieben: mail.eml: die Datei gibt es schon"));
  EXPECT_EQ(scratch_.get("mail.eml"), "eine andere");
  EXPECT_FALSE(std::filesystem::exists(scratch_.file("mail.eml.part")));
  auto nowhere = seal_args();
  nowhere.back() = "nirgends/mail.eml";
  EXPECT_THAT(tool(nowhere).output, HasSubstr("nirgends/mail.eml: den Ordner darüber gibt es nicht"));
}

TEST_F(Tool, SealWithAnExpiredCertificateWarns) {
  scratch_.put("anna.key", test_pki::key_pem(world().expired.key));
  scratch_.put("anna.pem", world().expired.certificate.pem());
  const auto result = tool(seal_args());
  EXPECT_EQ(result.exit_code, 1) << result.output;
}

TEST_F(Tool, BadUsageIsTwoAndSaysWhy) {
  EXPECT_EQ(tool({}).exit_code, 2);
  EXPECT_EQ(tool({"nonsense"}).exit_code, 2);
  EXPECT_EQ(tool({"open"}).exit_code, 2);
  EXPECT_EQ(tool({"open", "a", "b"}).exit_code, 2);
  EXPECT_EQ(tool({"open", "no-such-file", "--key", "bernd.key"}).exit_code, 2);
  EXPECT_EQ(tool({"open", ".", "--key", "bernd.key"}).exit_code, 2);
  EXPECT_EQ(tool({"open", "text", "--key", "no-such-key"}).exit_code, 2);
  EXPECT_EQ(tool({"open", "text", "--key", "text"}).exit_code, 2);
  const auto yesterday = tool({"open", "text", "--at", "gestern"});
  EXPECT_EQ(yesterday.exit_code, 2);
  EXPECT_THAT(yesterday.output, HasSubstr("--at: erlaubt sind signing-time, now oder"));
  EXPECT_THAT(tool({"open", "text", "--at", "x"}, "en_GB.UTF-8").output, HasSubstr("--at: signing-time, now or"));
  EXPECT_EQ(tool({"seal"}).exit_code, 2);
  EXPECT_THAT(tool({"seal"}).output, HasSubstr("fehlt"));
  EXPECT_THAT(tool({"seal"}, "en_GB.UTF-8").output, HasSubstr("is missing"));
}

TEST_F(Tool, HelpIsGermanOrEnglish) {
  const auto german = tool({"--help"});
  EXPECT_EQ(german.exit_code, 0);
  EXPECT_THAT(german.output, HasSubstr("Nachricht öffnen"));
  EXPECT_THAT(tool({"--help"}, "en_US.UTF-8").output, HasSubstr("open a message"));
}

TEST_F(Tool, EveryCommandSaysWhatItsOptionsMean) {
  const std::map<std::string, std::vector<std::string>> expected{
      {"open", {"--key FILE", "--key-password-file F", "--root CA.pem", "--user-ca CA.pem", "--at ", "--extract DIR"}},
      {"seal",
       {"--from ADDR", "--to ADDR", "--service ", "--text FILE", "--attach FILE", "--key FILE", "--key-password-file F",
        "--cert PEM", "--recipient-cert PEM", "--out MAIL.eml"}},
      {"doctor", {"--manifest FILE", "--settings FILE", "--data DIR", "--login-file FILE", "--environment ID"}},
      {"restore", {"--data DIR", "--settings FILE", "--backup FILE"}},
  };
  for (const auto& [command, options] : expected) {
    for (const char* language : {"de_DE.UTF-8", "en_GB.UTF-8"}) {
      const auto help = tool({command, "--help"}, language);
      EXPECT_EQ(help.exit_code, 0) << help.output;
      for (const std::string& option : options) {
        EXPECT_THAT(help.output, HasSubstr("\n  " + option)) << command;
      }
      EXPECT_EQ(tool({"help", command}, language).output, help.output);
    }
    EXPECT_THAT(tool({command, "--help"}).output, testing::StartsWith("Aufruf: kvconnect " + command + ' '));
  }
  EXPECT_EQ(tool({"open", "mail.eml", "-h"}).exit_code, 0) << "whatever else is there";
  EXPECT_EQ(tool({"help"}).output, tool({"--help"}).output);
  const auto unknown = tool({"help", "nonsense"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.output, HasSubstr("unbekannter Befehl: nonsense"));
}

TEST_F(Tool, TellsItsVersion) {
  const auto version = tool({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, testing::MatchesRegex("kvconnect [0-9.]+\n"));
}

class RealMailTool : public Tool {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(data_ + "/mail/arztbrief_2019_nested.eml")) {
      GTEST_SKIP() << "the real mail is not at hand (" << data_ << "/mail)";
    }
  }
  test_pki::ToolResult open_real(const std::vector<std::string>& more, const std::string& key = "") {
    std::vector<std::string> args{"open",   data_ + "/mail/arztbrief_2019_nested.eml",
                                  "--key",  key.empty() ? data_ + "/mail/arztbrief_2019_nested.key.pem" : key,
                                  "--root", data_ + "/ca/ref_root_ca_1.pem"};
    args.insert(args.end(), more.begin(), more.end());
    return tool(args);
  }
  std::string data_ = std::filesystem::absolute(kvc::test::shared_data_dir()).string();
};

TEST_F(RealMailTool, ValidAtTheSigningTime) {
  const auto result = open_real({"--user-ca", data_ + "/ca/ref1_user_ca_2.pem", "--at", "signing-time"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  const auto message = json(result.output);
  EXPECT_EQ(message->getValue<std::string>("verdict"), "valid");
  EXPECT_EQ(message->getArray("layers")->size(), 2U);
  EXPECT_EQ(message->getArray("parts")->size(), 3U);
}

TEST_F(RealMailTool, ExpiredNow) {
  const auto result = open_real({"--user-ca", data_ + "/ca/ref1_user_ca_2.pem", "--at", "now"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(json(result.output)->getValue<std::string>("verdict"), "certificate_expired");
}

TEST_F(RealMailTool, TheRootAlone) {
  const auto result = open_real({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(json(result.output)->getValue<std::string>("verdict"), "issuer_not_trusted");
}

TEST_F(RealMailTool, AnUnrelatedKey) {
  const auto result = open_real({"--user-ca", data_ + "/ca/ref1_user_ca_2.pem"}, "stranger.key");
  EXPECT_EQ(result.exit_code, 2);
  const auto message = json(result.output);
  EXPECT_EQ(message->getValue<std::string>("verdict"), "decrypt_failed");
  const auto recipient = message->getArray("layers")->getObject(0)->getArray("recipients")->getObject(0);
  EXPECT_EQ(recipient->getValue<std::string>("serial"), "9F36243C");
  EXPECT_THAT(recipient->getValue<std::string>("issuer"), HasSubstr("CN=vivy"));
}

}  // namespace
}  // namespace kvc
