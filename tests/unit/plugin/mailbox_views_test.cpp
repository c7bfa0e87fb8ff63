// SPDX-License-Identifier: Apache-2.0
#include "views/mailbox_views.h"

#include <gmock/gmock.h>

#include "doctor/doctor.h"
#include "views/doctor_views.h"

namespace kvc::plugin::views {
namespace {

using mailbox::InboxItem;
using mailbox::OutboxItem;
using mailbox::OutboxState;
using message::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Texts kGerman(Language::de);
const TimePoint kNow(std::chrono::seconds(1798117500));

std::vector<std::string> ids(const google::protobuf::RepeatedPtrField<pvs::v1::Action>& actions) {
  std::vector<std::string> ids;
  for (const auto& action : actions) {
    ids.push_back(action.action_id());
  }
  return ids;
}

OutboxItem sent(OutboxState state, int tries = 0) {
  OutboxItem item;
  item.id = "o1";
  item.to = "b@kv-safenet.de";
  item.service_id = "eNachricht;Lieferung;V2.0";
  item.user_subject = "Befund";
  item.message_id = "m@kv-safenet.de";
  item.state = state;
  item.tries = tries;
  item.created = kNow;
  return item;
}

InboxItem received(Verdict verdict) {
  InboxItem item;
  item.id = "i1";
  item.from = "a@kv-safenet.de";
  item.service_id = "eNachricht;Lieferung;V2.0";
  item.subject = "Geheimer Betreff";
  item.received = kNow;
  item.verdict = verdict;
  item.opened = true;
  item.parts = 2;
  return item;
}

TEST(OutboxView, OffersOnlyWhatCanWork) {
  const auto actions = [](const OutboxItem& item) {
    return ids(outbox(kGerman, {.items = {item}, .offset = 0, .total = 1, .accounts = {}}).table().rows(0).actions());
  };
  EXPECT_THAT(actions(sent(OutboxState::queued)), ElementsAre("open", "retry", "withdraw"));
  EXPECT_THAT(actions(sent(OutboxState::queued, 1)), ElementsAre("open", "retry"));
  EXPECT_THAT(actions(sent(OutboxState::failed, 3)), ElementsAre("open", "retry"));
  EXPECT_THAT(actions(sent(OutboxState::accepted, 1)), ElementsAre("open"));
  EXPECT_THAT(actions(sent(OutboxState::delivered, 1)), ElementsAre("open"));
}

TEST(OutboxView, NamesStateNextTryAndError) {
  OutboxItem item = sent(OutboxState::queued, 1);
  item.next_try = kNow;
  item.last_error = "network.unreachable";
  const auto view = outbox(kGerman, {.items = {item}, .offset = 0, .total = 1, .accounts = {}});
  const auto& row = view.table().rows(0);
  EXPECT_EQ(row.cells_size(), view.table().columns_size());
  EXPECT_THAT(row.cells(4).text(), HasSubstr("24.12.2026, 14:05 Uhr"));
  EXPECT_EQ(row.cells(4).code(), "queued");
  EXPECT_EQ(row.cells(4).severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_EQ(row.cells(5).code(), "network.unreachable");
}

TEST(OutboxView, TurnsPagesAndNamesTheAccountOnlyIfThereAreSeveral) {
  Page<OutboxItem> page{.items = {sent(OutboxState::accepted)}, .offset = 50, .total = 52, .accounts = {{"a", "A"}}};
  EXPECT_EQ(outbox(kGerman, page).table().next_page(), "51");
  EXPECT_EQ(outbox(kGerman, page).table().total(), 52U);
  EXPECT_EQ(outbox(kGerman, page).table().columns_size(), 6);
  page.accounts.emplace_back("b", "B");
  page.total = 51;
  const auto view = outbox(kGerman, page);
  EXPECT_EQ(view.table().next_page(), "");
  EXPECT_EQ(view.table().columns_size(), 7);
  EXPECT_EQ(view.table().rows(0).cells_size(), 7);
}

TEST(InboxView, DoesNotShowASubjectNobodyVouchesFor) {
  const auto subject = [](const InboxItem& item) {
    return inbox(kGerman, {.items = {item}, .offset = 0, .total = 1, .accounts = {}}).table().rows(0).cells(2).text();
  };
  EXPECT_EQ(subject(received(Verdict::valid)), "Geheimer Betreff");
  for (const Verdict verdict : {Verdict::malformed, Verdict::decrypt_failed, Verdict::not_signed,
                                Verdict::digest_mismatch, Verdict::signer_not_sender, Verdict::issuer_not_trusted}) {
    EXPECT_THAT(subject(received(verdict)), Not(HasSubstr("Geheim"))) << static_cast<int>(verdict);
  }
  InboxItem unopened = received(Verdict::valid);
  unopened.opened = false;
  EXPECT_THAT(subject(unopened), Not(HasSubstr("Geheim")));
}

TEST(InboxView, EmphasisesUnreadMessages) {
  InboxItem item = received(Verdict::valid);
  const auto emphasised = [&] {
    return inbox(kGerman, {.items = {item}, .offset = 0, .total = 1, .accounts = {}}).table().rows(0).emphasised();
  };
  EXPECT_TRUE(emphasised());
  item.read = true;
  EXPECT_FALSE(emphasised());
}

mailbox::OpenedItem opened(Verdict verdict) {
  mailbox::OpenedItem item;
  item.item = received(verdict);
  item.message.verdict = verdict;
  message::Layer layer;
  layer.verdict = verdict;
  layer.from = "a@kv-safenet.de";
  layer.subject = "Geheimer Betreff";
  layer.signer.emplace();
  layer.signer->email = "a@kv-safenet.de";
  layer.signer->issuer = "CN=CA";
  layer.recipients = {{.issuer = "CN=CA", .serial_hex = "0B", .issuer_der = {}}};
  item.message.layers = {layer};
  item.message.parts.resize(1);
  item.message.parts[0].name = "../../etc/be\nfund.pdf";
  item.message.parts[0].type = "application/pdf";
  return item;
}

TEST(MessageView, SaysTheVerdictInWordsAndCode) {
  const auto view = inbox_message(kGerman, opened(Verdict::valid));
  EXPECT_EQ(view.detail().groups(0).facts(0).code(), "valid");
  EXPECT_THAT(view.detail().groups(0).facts(1).value(), HasSubstr("unverändert"));
  EXPECT_EQ(view.detail().parts(0).actions(0).label(), "Speichern");
  EXPECT_THAT(view.detail().parts(0).name(), Not(HasSubstr("/")));
  EXPECT_THAT(view.detail().parts(0).name(), Not(HasSubstr("\n")));
}

TEST(MessageView, WhatIsNotVouchedForIsNotShownAndSavedOnlyWithAWarning) {
  for (const Verdict verdict : {Verdict::malformed, Verdict::decrypt_failed, Verdict::not_signed,
                                Verdict::digest_mismatch, Verdict::signer_not_sender, Verdict::issuer_not_trusted}) {
    EXPECT_FALSE(may_be_shown(verdict));
    const auto view = inbox_message(kGerman, opened(verdict));
    EXPECT_TRUE(view.detail().text().empty());
    for (const auto& group : view.detail().groups()) {
      for (const auto& fact : group.facts()) {
        EXPECT_THAT(fact.value(), Not(HasSubstr("Geheim"))) << fact.name();
      }
    }
    EXPECT_EQ(view.detail().parts(0).actions(0).role(), pvs::v1::Action::ROLE_DANGER);
    EXPECT_THAT(ids(view.actions()), testing::Contains("save_original"));
  }
}

TEST(MessageView, NamesTheKeysThatWouldOpenIt) {
  const auto view = inbox_message(kGerman, opened(Verdict::decrypt_failed));
  EXPECT_THAT(view.SerializeAsString(), HasSubstr("CN=CA, 0B"));
}

TEST(SendResult, SaysThatNothingIsLost) {
  OutboxItem item = sent(OutboxState::queued, 1);
  item.next_try = kNow;
  item.last_error = "network.unreachable";
  const auto waiting = send_result(kGerman, item);
  EXPECT_EQ(waiting.notice().severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_THAT(waiting.notice().text(), HasSubstr("sicher im Postausgang"));
  EXPECT_THAT(waiting.notice().text(), HasSubstr("24.12.2026, 14:05 Uhr"));
  item.state = OutboxState::failed;
  item.last_error = "protocol.unknown_recipient";
  EXPECT_EQ(send_result(kGerman, item).notice().severity(), pvs::v1::SEVERITY_BAD);
  item.state = OutboxState::accepted;
  EXPECT_EQ(send_result(kGerman, item).notice().severity(), pvs::v1::SEVERITY_GOOD);
}

TEST(FetchSummary, CountsOverAllAccounts) {
  FetchOutcome good{.account_name = "A", .summary = {.fetched = 2, .receipts = 1, .not_valid = 1}, .status = {}};
  FetchOutcome bad{.account_name = "B", .summary = {}, .status = Status(error::unreachable, "x")};
  const auto view = fetch_summary(kGerman, {good, bad});
  EXPECT_EQ(view.notice().severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_THAT(view.notice().text(), HasSubstr("2 neue Nachrichten"));
  EXPECT_THAT(view.notice().text(), HasSubstr("Eine Eingangsbestätigung"));
  EXPECT_THAT(view.notice().text(), HasSubstr("Ein Konto konnte nicht"));
  EXPECT_EQ(view.notice().facts_size(), 2);
  EXPECT_EQ(fetch_summary(kGerman, {{.account_name = "A", .summary = {}, .status = {}}}).notice().severity(),
            pvs::v1::SEVERITY_GOOD);
}

TEST(DoctorView, HasAGroupForEachStage) {
  doctor::Report report;
  report.health = doctor::Health::bad;
  report.stages = {{.name = "server",
                    .environment = "own",
                    .health = doctor::Health::bad,
                    .outcome = "server.unreachable",
                    .text = "Der Server nimmt keine Verbindung an.",
                    .advice = "Prüfen",
                    .detail = "connect",
                    .findings = {},
                    .facts = {{"address", "127.0.0.1"}}}};
  settings::Settings settings;
  settings.environments.resize(1);
  settings.environments[0].id = "own";
  settings.environments[0].name = "Eigener Server";
  const auto view = doctor(kGerman, report, settings);
  ASSERT_EQ(view.detail().groups_size(), 2);
  EXPECT_EQ(view.detail().groups(0).facts(0).code(), "bad");
  EXPECT_EQ(view.detail().groups(1).heading(), "Server – Eigener Server");
  EXPECT_EQ(view.detail().groups(1).facts(0).code(), "server.unreachable");
  EXPECT_EQ(view.detail().groups(1).severity(), pvs::v1::SEVERITY_BAD);
}

TEST(SafeFileName, KeepsAGoodNameAndTamesABadOne) {
  EXPECT_EQ(safe_file_name("Befund März.pdf", "x"), "Befund März.pdf");
  EXPECT_EQ(safe_file_name("../../etc/passwd", "x"), "passwd");
  EXPECT_EQ(safe_file_name("C:\\temp\\a.exe", "x"), "a.exe");
  EXPECT_EQ(safe_file_name("..", "x"), "x");
  EXPECT_EQ(safe_file_name("", "anhang"), "anhang");
  EXPECT_EQ(safe_file_name(".bashrc", "x"), "bashrc");
  EXPECT_EQ(safe_file_name("a\nb\x7f*.txt", "x"), "a_b__.txt");
  EXPECT_EQ(safe_file_name("rechnung\u202egpj.exe", "x"), "rechnung_gpj.exe");
  EXPECT_EQ(safe_file_name("dir/", "x"), "x");
}

TEST(SafeFileName, CutsBetweenCharactersAndKeepsTheEnding) {
  std::string longname;
  for (int i = 0; i < 200; ++i) {
    longname += "ä";
  }
  const std::string cut = safe_file_name(longname + ".pdf", "x");
  EXPECT_LE(cut.size(), 120U);
  EXPECT_TRUE(cut.ends_with("ä.pdf"));
  EXPECT_LE(safe_file_name(std::string(5000, 'a'), "x").size(), 120U);
}

}  // namespace
}  // namespace kvc::plugin::views
