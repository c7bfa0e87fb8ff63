// SPDX-License-Identifier: Apache-2.0
// The catalogue against the table of protocol D, its schema, and what an integrator may write.
#include "service/catalogue.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <valijson/adapters/poco_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "paths.h"
#include "service/clear_subject.h"

namespace kvc::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const Catalogue& all() {
  return Catalogue::builtin();
}

std::string subject(const std::string& id) {
  return clear_subject(*ServiceId::parse(id));
}

// ---- protocol D, row by row ----

struct Row {
  const char* id;
  const char* service;
  MessageKind kind;
  const char* subject;
  Mark mark;
};

class Table : public ::testing::TestWithParam<Row> {};

TEST_P(Table, IsInTheCatalogue) {
  const Row& row = GetParam();
  const auto match = all().find(row.id);
  ASSERT_TRUE(match) << row.id;
  EXPECT_TRUE(match->version_known) << row.id;
  EXPECT_EQ(match->service->key, row.service) << row.id;
  EXPECT_EQ(match->message->kind, row.kind) << row.id;
  EXPECT_EQ(match->message->mark, row.mark) << row.id;
  EXPECT_EQ(subject(row.id), row.subject);
  EXPECT_EQ(match->message->id.text(), row.id);
}

INSTANTIATE_TEST_SUITE_P(
    ProtocolD, Table,
    ::testing::Values(
        Row{"Arztbrief;VHitG-Versand;V1.2", "earztbrief", MessageKind::delivery, "Arztbrief", Mark::certain},
        Row{"Arztbrief;Eingangsbestaetigung;V1.2", "earztbrief", MessageKind::receipt, "Arztbrief-Eingangsbestaetigung",
            Mark::inferred},
        Row{"eNachricht;Lieferung;V2.0", "enachricht", MessageKind::delivery, "eNachricht", Mark::inferred},
        Row{"eNachricht;Eingangsbestaetigung;V2.0", "enachricht", MessageKind::receipt,
            "eNachricht-Eingangsbestaetigung", Mark::inferred},
        Row{"1ClickAbrechnung;Lieferung;V2.0", "1click", MessageKind::delivery, "1ClickAbrechnung-Lieferung",
            Mark::certain},
        Row{"1ClickAbrechnung;Eingangsbestaetigung;V2.0", "1click", MessageKind::receipt,
            "1ClickAbrechnung-Eingangsbestaetigung", Mark::certain},
        Row{"1ClickAbrechnung;Rueckmeldung;V2.0", "1click", MessageKind::feedback, "1ClickAbrechnung-Rueckmeldung",
            Mark::certain},
        Row{"1ClickAbrechnung;Pruefprotokoll;V2.0", "1click", MessageKind::protocol, "1ClickAbrechnung-Pruefprotokoll",
            Mark::inferred},
        Row{"eDokumentation-QSHLT;Lieferung;V2.0", "edokumentation", MessageKind::delivery,
            "eDokumentation-QSHLT;Lieferung;V2.0", Mark::certain},
        Row{"eDokumentation-QSHGVK;Status;V2.0", "edokumentation", MessageKind::status,
            "eDokumentation-QSHGVK;Status;V2.0", Mark::certain},
        Row{"eDokumentation;Eingangsbestaetigung;V2.0", "edokumentation", MessageKind::receipt,
            "eDokumentation-Eingangsbestaetigung", Mark::certain},
        Row{"eDokumentation-QSKE;Eingangsbestaetigung;V2.0", "edokumentation", MessageKind::receipt,
            "eDokumentation-Eingangsbestaetigung", Mark::defined},
        Row{"LDT-Befund;Trigger;V1.0", "ldt", MessageKind::delivery, "LDT-Laborbefund-Trigger", Mark::certain},
        Row{"LDT-Befund;Lieferung;V1.0", "ldt", MessageKind::delivery, "LDT-Laborbefund-Lieferung", Mark::inferred},
        Row{"LDT-Befund;Eingangsbestaetigung;V1.0", "ldt", MessageKind::receipt, "LDT-Laborbefund-Eingangsbestaetigung",
            Mark::certain},
        Row{"eTS;Vermittlungscode-Anforderung-Muster06;V2.0", "ets", MessageKind::delivery,
            "eTS;Vermittlungscode-Anforderung-Muster06;V2.0", Mark::certain},
        Row{"eTS;Vermittlungscode-Anforderung-PTV11;V2.0", "ets", MessageKind::delivery,
            "eTS;Vermittlungscode-Anforderung-PTV11;V2.0", Mark::certain},
        Row{"eTS;Vermittlungscode-Lieferung-PTV11;V2.0", "ets", MessageKind::answer,
            "eTS;Vermittlungscode-Lieferung-PTV11;V2.0", Mark::certain},
        Row{"eTS;Fehlernachricht;", "ets", MessageKind::answer, "eTS;Fehlernachricht;", Mark::certain},
        Row{"DALE-UV;Einsendung;V1.0", "dale", MessageKind::delivery, "DALE-UV", Mark::certain},
        Row{"DALE-UV;Quittung;V1.0", "dale", MessageKind::answer, "DALE-UV", Mark::certain},
        Row{"eMail-Dienst;Lieferung;V1.0", "email", MessageKind::delivery, "eMail-Dienst;Lieferung;V1.0",
            Mark::certain}));

TEST(Catalogue, HasTheFiveKindsOfDocumentation) {
  const Service* service = all().service("edokumentation");
  ASSERT_NE(service, nullptr);
  EXPECT_THAT(service->variants, ElementsAre("QSHLT", "QSKE", "QSMG", "QSHGV", "QSHGVK"));
  for (const std::string& variant : service->variants) {
    const MessageRule* delivery = service->message(MessageKind::delivery, variant);
    ASSERT_NE(delivery, nullptr);
    EXPECT_EQ(delivery->id.text(), "eDokumentation-" + variant + ";Lieferung;V2.0");
    EXPECT_EQ(delivery->title.de, "eDokumentation " + variant);
    const auto status = all().find("eDokumentation-" + variant + ";Status;V2.0");
    ASSERT_TRUE(status);
    EXPECT_EQ(status->message->variant, variant);
  }
}

// "eDMP, eHKS: data only: strings not public"
TEST(Catalogue, KnowsServicesWithoutPublicStrings) {
  for (const char* key : {"edmp", "ehks"}) {
    ASSERT_NE(all().service(key), nullptr) << key;
    EXPECT_THAT(all().service(key)->messages, SizeIs(0));
  }
}

TEST(Catalogue, KnowsWhoMayReceive) {
  const auto rule = [](const char* key) { return all().service(key)->recipients; };
  EXPECT_EQ(rule("earztbrief"), Recipients::address_book);
  EXPECT_EQ(rule("enachricht"), Recipients::any);
  EXPECT_EQ(rule("1click"), Recipients::kvca);
  EXPECT_EQ(rule("edokumentation"), Recipients::kvca);
  EXPECT_EQ(rule("ets"), Recipients::local_part);
  EXPECT_EQ(all().service("ets")->local_part, "eTerminservice");
}

// "eDoku Status after 72 hours of working days"; of 1-Click "only those the KV announces"
TEST(Catalogue, KnowsWhichRepliesAreAwaitedAndHowLong) {
  const ReplyRule* status = all().service("edokumentation")->reply(MessageKind::status);
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->expected, Expected::always);
  EXPECT_EQ(status->deadline_hours, 72);
  EXPECT_TRUE(status->working_days);
  EXPECT_THAT(status->by, ElementsAre(LinkBy::in_reply_to));
  const Service* billing = all().service("1click");
  EXPECT_EQ(billing->reply(MessageKind::receipt)->expected, Expected::announced);
  EXPECT_THAT(billing->reply(MessageKind::receipt)->by, ElementsAre(LinkBy::original_message_id, LinkBy::in_reply_to));
  EXPECT_EQ(billing->reply(MessageKind::feedback)->expected, Expected::announced);
  EXPECT_THAT(billing->reply(MessageKind::feedback)->by, ::testing::Contains(LinkBy::guid));
  EXPECT_EQ(billing->reply(MessageKind::protocol)->expected, Expected::maybe);
  EXPECT_EQ(all().service("enachricht")->reply(MessageKind::receipt)->expected, Expected::if_requested);
}

// ---- lookups: "compare the full string first, then the first two parts" ----

TEST(Catalogue, ReadsOlderAndUnknownVersions) {
  for (const char* id : {"Arztbrief;VHitG-Versand;V1.0", "Arztbrief;VHitG-Versand;V1.1"}) {
    const auto match = all().find(id);
    ASSERT_TRUE(match) << id;
    EXPECT_TRUE(match->version_known) << id;
  }
  const auto newer = all().find("Arztbrief;VHitG-Versand;V9.9");
  ASSERT_TRUE(newer);
  EXPECT_FALSE(newer->version_known);
  EXPECT_EQ(newer->service->key, "earztbrief");
}

TEST(Catalogue, LeavesUnknownOnesUnknown) {
  for (const char* id : {"Neu;Etwas;V1.0", "eNachricht;Etwas;V2.0", "", ";;", "eTS", "arztbrief;VHitG-Versand;V1.2"}) {
    EXPECT_FALSE(all().find(id)) << id;
    EXPECT_EQ(all().key_of(id), "") << id;
  }
  EXPECT_FALSE(all().find(std::string(1000, 'x')));
  EXPECT_FALSE(all().find("eNachricht;Lieferung\r\n;V2.0"));
}

// ---- receipts ----

TEST(Catalogue, ReceiptsKeepTheVersionOfTheMessage) {
  EXPECT_EQ(all().receipt_for({"Arztbrief", "VHitG-Versand", "V1.1"}).text(), "Arztbrief;Eingangsbestaetigung;V1.1");
  EXPECT_EQ(all().receipt_for({"eDokumentation-QSMG", "Lieferung", "V2.0"}).text(),
            "eDokumentation;Eingangsbestaetigung;V2.0");
  EXPECT_EQ(all().receipt_for({"Neu", "Etwas", "V3"}).text(), "Neu;Eingangsbestaetigung;V3");
  EXPECT_EQ(subject("Neu;Eingangsbestaetigung;V3"), "Neu-Eingangsbestaetigung");
}

TEST(Catalogue, KnowsReceiptsOfEveryService) {
  EXPECT_TRUE(all().is_receipt({"Neu", "Eingangsbestaetigung", "V3"}));
  EXPECT_TRUE(all().is_receipt({"eDokumentation-QSKE", "Eingangsbestaetigung", "V1.0"}));
  EXPECT_FALSE(all().is_receipt({"eNachricht", "Lieferung", "V2.0"}));
  EXPECT_FALSE(all().is_receipt({"Neu", "Etwas", "V3"}));
}

TEST(Catalogue, KnowsTheReceiptPolicy) {
  EXPECT_EQ(all().receipt_policy({"1ClickAbrechnung", "Rueckmeldung", "V2.0"}), ReceiptPolicy::never);
  EXPECT_EQ(all().receipt_policy({"1ClickAbrechnung", "EtwasNeues", "V3.0"}), ReceiptPolicy::never);
  EXPECT_EQ(all().receipt_policy({"eDokumentation-QSHGV", "Lieferung", "V2.0"}), ReceiptPolicy::processed);
  EXPECT_EQ(all().receipt_policy({"Arztbrief", "VHitG-Versand", "V1.2"}), ReceiptPolicy::displayed);
  EXPECT_EQ(all().receipt_policy({"Neu", "Etwas", "V3"}), ReceiptPolicy::displayed);
}

TEST(Catalogue, NamesKindsBothWays) {
  for (const auto kind : {MessageKind::delivery, MessageKind::receipt, MessageKind::feedback, MessageKind::protocol,
                          MessageKind::status, MessageKind::answer}) {
    EXPECT_EQ(message_kind(name(kind)), kind);
  }
  EXPECT_FALSE(message_kind("Delivery"));
}

// ---- an integrator's file ----

constexpr const char* kExtra = R"({"services":[{"key":"labor-neu","title":{"de":"Labor neu","en":"New lab"},"mark":"D",
  "recipients":"any","receipt":"displayed","messages":[{"kind":"delivery","id":"Labor-Neu;Auftrag;V1","mark":"D",
  "subject":"Labor-Neu","title":{"de":"Auftrag","en":"Order"},
  "parts":[{"role":"order","title":{"de":"Auftrag","en":"Order"},"names":["*.ldt"],"min":1,"max":1}]}]}]})";

TEST(CatalogueFile, AddsAServiceWithoutNewCode) {
  const auto more = Catalogue::parse(kExtra);
  ASSERT_TRUE(more.ok()) << more.status().to_string();
  const auto merged = all().with(*more);
  ASSERT_TRUE(merged.ok()) << merged.status().to_string();
  const auto match = merged->find("Labor-Neu;Auftrag;V1");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->service->key, "labor-neu");
  EXPECT_EQ(clear_subject({"Labor-Neu", "Auftrag", "V1"}, *merged), "Labor-Neu");
  EXPECT_TRUE(merged->find("eNachricht;Lieferung;V2.0")) << "the others stay";
  EXPECT_EQ(merged->receipt_type(), "Eingangsbestaetigung");
}

TEST(CatalogueFile, ReplacesAServiceAsAWhole) {
  std::string text = kExtra;
  text.replace(text.find("labor-neu"), 9, "ehks");
  const auto merged = all().with(*Catalogue::parse(text));
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->services().size(), all().services().size());
  EXPECT_EQ(merged->service("ehks")->title.de, "Labor neu");
}

TEST(CatalogueFile, MayNotClaimAnothersDienstkennung) {
  std::string text = kExtra;
  text.replace(text.find("Labor-Neu;Auftrag;V1"), 20, "eNachricht;Lieferung;V9");
  const auto merged = all().with(*Catalogue::parse(text));
  EXPECT_TRUE(merged.status().is(error::invalid_settings));
  EXPECT_THAT(merged.status().detail(), HasSubstr("services.labor-neu"));
}

TEST(CatalogueFile, AnsweredByMustExist) {
  std::string text = kExtra;
  text.replace(text.find("\"receipt\""), 9, "\"answered_by\":\"nobody\",\"receipt\"");
  const auto more = Catalogue::parse(text);
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(all().with(*more).status().is(error::invalid_settings));
  text.replace(text.find("nobody"), 6, "enachricht");
  EXPECT_TRUE(all().with(*Catalogue::parse(text)).ok());
}

TEST(CatalogueFile, IsReadFromDisk) {
  const auto file = std::filesystem::temp_directory_path() / ("kvc-services-" + std::to_string(::getpid()) + ".json");
  std::ofstream(file) << kExtra;
  const auto loaded = Catalogue::load(file.string());
  ASSERT_TRUE(loaded.ok()) << loaded.status().to_string();
  EXPECT_NE(loaded->service("labor-neu"), nullptr);
  std::ofstream(file) << std::string(1024 * 1024 + 1, ' ');
  EXPECT_TRUE(Catalogue::load(file.string()).status().is(error::invalid_settings));
  std::ofstream(file, std::ios::trunc).close();
  EXPECT_TRUE(Catalogue::load(file.string()).status().is(error::invalid_settings)) << "empty";
  std::filesystem::remove(file);
  EXPECT_TRUE(Catalogue::load(file.string()).status().is(error::file_unreadable));
  EXPECT_TRUE(Catalogue::load("").ok());
  EXPECT_EQ(Catalogue::load("")->services().size(), all().services().size());
}

// ---- schema and reader judge the same documents ----

Poco::Dynamic::Var parsed(const std::string& json) {
  Poco::JSON::Parser parser;
  return parser.parse(json);
}

class Both : public ::testing::Test {
 protected:
  Both() : document_(parsed(std::string(catalogue_schema()))) {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::PocoJsonAdapter(document_), schema_);
  }
  bool schema_accepts(const std::string& json) {
    const auto document = parsed(json);
    valijson::Validator validator;
    return validator.validate(schema_, valijson::adapters::PocoJsonAdapter(document), nullptr);
  }
  void expect_both(const std::string& json, bool good) {
    EXPECT_EQ(schema_accepts(json), good) << json;
    const auto read = Catalogue::parse(json);
    EXPECT_EQ(read.ok(), good) << json << "\n" << read.status().to_string();
  }
  // kExtra with `from` replaced.
  static std::string with(const std::string& from, const std::string& to) {
    std::string text = kExtra;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }

  Poco::Dynamic::Var document_;
  valijson::Schema schema_;
};

TEST_F(Both, AcceptTheBuiltInFile) {
  std::ifstream file(test::source_dir() + "/src/service/services.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  ASSERT_GT(text.size(), 1000U);
  expect_both(text, true);
}

TEST_F(Both, AcceptWhatIsRight) {
  expect_both(kExtra, true);
  expect_both(R"({"services":[]})", true);
  expect_both(with(R"("min":1,"max":1)", R"("types":["application/pdf"],"descriptions":["eAB-##"],"text":false)"),
              true);
  expect_both(with(R"("parts":)", R"("any_of":[["order"]],"parts":)"), true);
  expect_both(with(R"("messages":)", R"("replies":[{"kind":"answer","by":["guid"],"expected":"always","mark":"D",
    "deadline_hours":72,"working_days":true}],"messages":)"),
              true);
  expect_both(with(R"("recipients":"any")", R"("recipients":"local_part","local_part":"eTerminservice")"), true);
}

TEST_F(Both, RefuseWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"\"labor-neu\"", "\"Labor Neu\""},
      {"\"labor-neu\"", "17"},
      {"\"labor-neu\"", "\"\""},
      {R"("title":{"de":"Labor neu","en":"New lab"})", R"("title":{"de":"Labor neu"})"},
      {R"("title":{"de":"Labor neu","en":"New lab"})", R"("title":"Labor neu")"},
      {R"("mark":"D")", R"("mark":"X")"},
      {R"("recipients":"any")", R"("recipients":"somebody")"},
      {R"("recipients":"any")", R"("recipients":"local_part")"},
      {R"("recipients":"any")", R"("recipients":"any","local_part":"x")"},
      {R"("recipients":"any")", R"("recipients":"local_part","local_part":"a@b")"},
      {R"("receipt":"displayed")", R"("receipt":true)"},
      {R"("receipt":"displayed")", R"("receipt":"displayed","more":1)"},
      {R"("receipt":"displayed")", R"("receipt":"displayed","variants":[])"},
      {R"("receipt":"displayed")", R"("receipt":"displayed","variants":["a b"])"},
      {R"("kind":"delivery")", R"("kind":"letter")"},
      {"Labor-Neu;Auftrag;V1", "Labor-Neu"},
      {"Labor-Neu;Auftrag;V1", "Labor-Neu;Auftrag"},
      {"Labor-Neu;Auftrag;V1", ";Auftrag;V1"},
      {"Labor-Neu;Auftrag;V1", "Labor-Neu;Auftrag;V1\\r\\nBcc: x"},
      {R"("subject":"Labor-Neu")", R"("subject":"")"},
      {R"("subject":"Labor-Neu")", R"("subject":"Für alle")"},
      {R"("role":"order")", R"("role":"Order")"},
      {R"("names":["*.ldt"])", R"("names":"*.ldt")"},
      {R"("names":["*.ldt"])", R"("names":[17])"},
      {R"("names":["*.ldt"])", R"("names":["*.ldt","*.ldt"])"},
      {R"("names":["*.ldt"])", R"("types":["pdf"])"},
      {R"("min":1)", R"("min":-1)"},
      {R"("min":1)", R"("min":1001)"},
      {R"("min":1)", R"("min":"1")"},
      {R"("min":1)", R"("min":1.5)"},
      {R"("min":1)", R"("min":null)"},
      {R"("parts":)", R"("any_of":[[]],"parts":)"},
      {R"("parts":)", R"("any_of":["order"],"parts":)"},
      {R"("messages":)", R"("replies":[{"kind":"answer","by":[],"expected":"always","mark":"D"}],"messages":)"},
      {R"("messages":)", R"("replies":[{"kind":"answer","by":["post"],"expected":"always","mark":"D"}],"messages":)"},
      {R"("messages":)", R"("replies":[{"kind":"answer","by":["guid"],"expected":"always"}],"messages":)"},
      {R"("messages":)",
       R"("replies":[{"kind":"answer","by":["guid"],"expected":"always","mark":"D","deadline_hours":10001}],"messages":)"},
      {R"("messages":)", R"("letters":)"},
      {R"({"services":)", R"({"dienste":)"},
      {R"({"services":)", R"({"receipt_type":"a;b","services":)"},
  };
  for (const auto& [from, to] : cases) {
    expect_both(with(from, to), false);
  }
  expect_both("[]", false);
  expect_both("{}", false);
  expect_both(R"({"services":{}})", false);
  expect_both(R"({"services":[17]})", false);
}

// What no schema can say.
TEST_F(Both, RefuseWhatContradictsItself) {
  EXPECT_FALSE(Catalogue::parse(with(R"("min":1,"max":1)", R"("min":3,"max":2)")).ok()) << "max below min";
  EXPECT_FALSE(Catalogue::parse(with(R"("parts":)", R"("any_of":[["nothing"]],"parts":)")).ok());
  EXPECT_FALSE(Catalogue::parse(with("}]}]}]}", R"(},{"role":"order","title":{"de":"a","en":"b"}}]}]}]})")).ok())
      << "a role twice";
  std::string twice = kExtra;
  const std::string entry = twice.substr(twice.find("[{") + 1, twice.size() - twice.find("[{") - 3);
  EXPECT_FALSE(Catalogue::parse("{\"services\":[" + entry + "," + entry + "]}").ok()) << "a key twice";
}

TEST(CatalogueText, SurvivesWhatIsNoCatalogue) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) {
    deep += "[";
  }
  const std::string whole(kExtra);
  std::vector<std::string> texts{"",
                                 "\0",
                                 "{",
                                 "null",
                                 "{\"services\":",
                                 deep,
                                 std::string(2 * 1024 * 1024, '{'),
                                 "{\"services\":[" + std::string(1000, ' ') + "null]}",
                                 "\xff\xfe{}"};
  for (std::size_t cut = 0; cut < whole.size(); cut += 7) {
    texts.push_back(whole.substr(0, cut));
  }
  for (const std::string& text : texts) {
    EXPECT_TRUE(Catalogue::parse(text).status().is(error::invalid_settings)) << text.substr(0, 60);
  }
  std::string many = "{\"services\":[";
  for (int i = 0; i < 201; ++i) {
    many += "{},";
  }
  EXPECT_FALSE(Catalogue::parse(many + "{}]}").ok());
}

}  // namespace
}  // namespace kvc::service
