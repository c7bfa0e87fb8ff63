// SPDX-License-Identifier: Apache-2.0
#include "views/mailbox_views.h"

#include <gmock/gmock.h>

#include "doctor/doctor.h"
#include "views/doctor_views.h"
#include "views/fetch_views.h"

namespace kvc::plugin::views {
namespace {

using mailbox::OutboxItem;
using mailbox::OutboxState;
using testing::HasSubstr;

const Texts kGerman(Language::de);
const TimePoint kNow(std::chrono::seconds(1798117500));

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

TEST(SendResult, SaysThatNothingIsLost) {
  OutboxItem item = sent(OutboxState::queued, 1);
  item.next_try = kNow;
  item.last_error = "network.unreachable";
  const auto waiting = send_result(kGerman, item);
  EXPECT_EQ(waiting.notice().severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_THAT(waiting.notice().text(), HasSubstr("sicher im Postausgang"));
  EXPECT_THAT(waiting.notice().text(), HasSubstr("24.12.2026, 14:05 Uhr"));
  // A byte may have left: who writes it anew sends it twice.
  EXPECT_THAT(waiting.notice().text(), HasSubstr("nicht neu"));
  item.last_error = "cancelled.by_user";
  EXPECT_THAT(send_result(kGerman, item).notice().text(), Not(HasSubstr("neu beginnen")));
  item.withdrawable = true;
  EXPECT_THAT(send_result(kGerman, item).notice().text(), Not(HasSubstr("nicht neu")));
  item.state = OutboxState::failed;
  item.last_error = "protocol.unknown_recipient";
  const auto failed = send_result(kGerman, item);
  EXPECT_EQ(failed.notice().severity(), pvs::v1::SEVERITY_BAD);
  item.state = OutboxState::accepted;
  const auto accepted = send_result(kGerman, item);
  EXPECT_EQ(accepted.notice().severity(), pvs::v1::SEVERITY_GOOD);
  // The title must not say that it was sent while the text says that it was not.
  EXPECT_THAT(waiting.title(), HasSubstr("wartet"));
  EXPECT_THAT(failed.title(), HasSubstr("nicht gesendet"));
  EXPECT_EQ(accepted.title(), "Nachricht gesendet");
  item.state = OutboxState::draft;
  const auto draft = send_result(kGerman, item);
  EXPECT_THAT(draft.title(), HasSubstr("nicht gesendet"));
  EXPECT_THAT(draft.notice().text(), HasSubstr("als Entwurf"));
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

TEST(FetchSummary, TellsServicesAndWhatNeedsAttention) {
  FetchOutcome first{.account_name = "A",
                     .summary = {.fetched = 3, .too_large = 1, .unassigned = 1},
                     .services = {{"eArztbrief", 2}, {"eNachricht", 1}}};
  FetchOutcome second{.account_name = "B", .summary = {.fetched = 1}, .services = {{"eArztbrief", 1}}, .overdue = 2};
  const auto view = fetch_summary(kGerman, {first, second});
  EXPECT_THAT(view.notice().text(), HasSubstr("größer als erlaubt"));
  EXPECT_THAT(view.notice().text(), HasSubstr("keiner Lieferung zuordnen"));
  EXPECT_THAT(view.notice().text(), HasSubstr("2 erwartete Antworten fehlen"));
  EXPECT_EQ(view.notice().severity(), pvs::v1::SEVERITY_WARNING);
  ASSERT_EQ(view.notice().facts_size(), 4);
  EXPECT_EQ(view.notice().facts(2).label(), "eArztbrief");
  EXPECT_EQ(view.notice().facts(2).value(), "3 Nachrichten");
  EXPECT_EQ(view.actions(1).action_id(), "overdue");
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
  const auto view = doctor(kGerman, report, settings, {});
  ASSERT_EQ(view.detail().groups_size(), 2);
  EXPECT_EQ(view.detail().groups(0).facts(0).code(), "bad");
  EXPECT_EQ(view.detail().groups(1).heading(), "Server – Eigener Server");
  EXPECT_EQ(view.detail().groups(1).facts(0).code(), "server.unreachable");
  EXPECT_EQ(view.detail().groups(1).severity(), pvs::v1::SEVERITY_BAD);
}

TEST(DoctorView, TellsTheAgeOfEachAddressBookAndHowItIsRefreshed) {
  settings::Settings settings;
  directory::BookStatus failed;
  failed.refreshed_at = TimePoint(std::chrono::seconds(1798117500));
  failed.entries = 4;
  failed.last_error = error::unreachable.key;
  auto view = doctor(kGerman, {}, settings, {{"Eigener Server", {}}, {"Testnetz", failed}});
  ASSERT_EQ(view.detail().groups_size(), 3);
  EXPECT_EQ(view.detail().groups(1).heading(), "Adressbuch – Eigener Server");
  EXPECT_EQ(view.detail().groups(1).facts(0).code(), "never_fetched");
  EXPECT_EQ(view.detail().groups(1).facts(1).code(), "by_itself");
  EXPECT_THAT(view.detail().groups(1).facts(1).value(), HasSubstr("24 Stunden"));
  EXPECT_EQ(view.detail().groups(2).facts(0).code(), "network.unreachable");
  EXPECT_EQ(view.detail().groups(2).severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_THAT(view.detail().groups(2).facts(0).value(), HasSubstr("4 Einträge"));
  settings.address_book_hours = 0;
  view = doctor(kGerman, {}, settings, {{"Eigener Server", {}}});
  EXPECT_EQ(view.detail().groups(1).facts(1).code(), "by_hand");
}

}  // namespace
}  // namespace kvc::plugin::views
