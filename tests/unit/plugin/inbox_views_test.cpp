// SPDX-License-Identifier: Apache-2.0
#include "views/inbox_views.h"

#include <gmock/gmock.h>

#include "unit/plugin/view_helpers.h"
#include "views/message_words.h"

namespace kvc::plugin::views {
namespace {

using mailbox::InboxItem;
using message::Verdict;
using test::cell;
using test::field;
using test::ids;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const Texts kGerman(Language::de);
const TimePoint kNow(std::chrono::seconds(1798117500));
const service::Catalogue& kCatalogue = service::Catalogue::builtin();

InboxItem received(Verdict verdict) {
  InboxItem item;
  item.id = "i1";
  item.from = "a@kv-safenet.de";
  item.service_id = "eNachricht;Lieferung;V2.0";
  item.service_key = "enachricht";
  item.subject = "Geheimer Betreff";
  item.received = kNow;
  item.verdict = verdict;
  item.opened = verdict != Verdict::decrypt_failed && verdict != Verdict::malformed;
  item.judged = true;
  item.parts = 2;
  return item;
}

pvs::v1::View shown_list(const std::vector<InboxItem>& items) {
  return inbox(kGerman, kCatalogue, {.items = items});
}

TEST(InboxView, DoesNotShowASubjectNobodyVouchesFor) {
  EXPECT_EQ(cell(shown_list({received(Verdict::valid)}), "subject").text(), "Geheimer Betreff");
  for (const Verdict verdict : {Verdict::malformed, Verdict::decrypt_failed, Verdict::not_signed,
                                Verdict::digest_mismatch, Verdict::signer_not_sender, Verdict::issuer_not_trusted}) {
    const auto view = shown_list({received(verdict)});
    EXPECT_THAT(cell(view, "subject").text(), Not(HasSubstr("Geheim"))) << static_cast<int>(verdict);
    EXPECT_EQ(cell(view, "verdict").code(), message::name(verdict));
    EXPECT_GE(cell(view, "verdict").severity(), pvs::v1::SEVERITY_WARNING);
  }
  InboxItem unjudged = received(Verdict::valid);
  unjudged.opened = unjudged.judged = false;
  EXPECT_THAT(cell(shown_list({unjudged}), "subject").text(), Not(HasSubstr("Geheim")));
  EXPECT_EQ(cell(shown_list({unjudged}), "verdict").code(), "unopened");
}

TEST(InboxView, NamesServicesByTheCatalogueAndUnknownOnesAsTheyAre) {
  const auto service = [](const std::string& id) {
    InboxItem item = received(Verdict::valid);
    item.service_id = id;
    return cell(shown_list({item}), "service").text();
  };
  EXPECT_EQ(service("eNachricht;Lieferung;V2.0"), "eNachricht");
  EXPECT_EQ(service("1ClickAbrechnung;Rueckmeldung;V2.0"), "1-Click-Abrechnung: Rückmeldung der KV");
  EXPECT_THAT(service("eDokumentation-QSKE;Status;V2.0"), HasSubstr("QSKE"));
  EXPECT_EQ(service("eImpfung;Lieferung;V9.9"), "eImpfung;Lieferung;V9.9");
  EXPECT_EQ(service("a\nb\x1b[31m"), "a_b_[31m");
  EXPECT_EQ(service(""), "Ohne Dienstkennung");
}

TEST(InboxView, TellsAMailThatIsTooLargeFromOneThatWasFetched) {
  InboxItem item = received(Verdict::malformed);
  item.too_large = true;
  item.judged = false;
  const auto view = shown_list({item});
  EXPECT_EQ(cell(view, "verdict").code(), "too_large");
  EXPECT_EQ(cell(view, "verdict").text(), "Zu groß, nicht abgeholt");
  EXPECT_THAT(ids(view.actions()), Not(Contains("reopen")));
}

TEST(InboxView, SaysWhatToDoAboutARowThatDoesNotOpen) {
  InboxItem broken = received(Verdict::valid);
  broken.unreadable = true;
  const auto view = shown_list({broken, received(Verdict::valid)});
  EXPECT_EQ(cell(view, "verdict").code(), "unreadable");
  EXPECT_EQ(cell(view, "verdict").text(), "Nicht lesbar");
  EXPECT_EQ(cell(view, "verdict").severity(), pvs::v1::SEVERITY_BAD);
  EXPECT_THAT(cell(view, "subject").text(), Not(HasSubstr("Geheim")));
  EXPECT_THAT(view.table().intro(), HasSubstr("Öffnen Sie die Nachricht, dann werden die Angaben neu gelesen"));
  EXPECT_THAT(ids(view.table().rows(0).actions()), Contains("open"));
  EXPECT_THAT(shown_list({received(Verdict::valid)}).table().intro(), Not(HasSubstr("beschädigt")));
  EXPECT_THAT(shown_list({broken, broken}).table().intro(), HasSubstr("2 Nachrichten auf dieser Seite"));
}

TEST(InboxView, AnAccountWithoutCertificateHasAnEmptyInboxAndAWayOn) {
  InboxList list;
  list.accounts = {{"a1", "Praxis"}, {"a2", "Labor"}};
  list.query.filter.account_id = "a2";
  list.no_certificate = true;
  const auto view = inbox(kGerman, kCatalogue, list);
  EXPECT_EQ(view.table().rows_size(), 0);
  EXPECT_THAT(view.table().empty_text(), HasSubstr("Das Konto Labor hat noch kein Zertifikat"));
  EXPECT_THAT(view.table().empty_text(), HasSubstr("Einrichtung fortsetzen"));
  EXPECT_THAT(ids(view.actions()), Contains("all"));
}

TEST(InboxView, OffersToSearchInPlace) {
  InboxList list;
  list.query.filter.search = "müller";
  const auto view = inbox(kGerman, kCatalogue, list);
  EXPECT_EQ(view.table().search().action_id(), "search");
  EXPECT_EQ(view.table().search().field(), "search_text");
  EXPECT_EQ(view.table().search().text(), "müller");
  EXPECT_FALSE(view.table().search().as_you_type()) << "rows are decrypted for it";
}

TEST(InboxView, OffersReopeningOnlyIfSomethingDidNotOpen) {
  EXPECT_THAT(ids(shown_list({received(Verdict::decrypt_failed)}).actions()), Contains("reopen"));
  EXPECT_THAT(ids(shown_list({received(Verdict::digest_mismatch)}).actions()), Not(Contains("reopen")));
}

TEST(InboxView, EmphasisesUnreadMessagesAndOffersTheOtherState) {
  InboxItem item = received(Verdict::valid);
  const auto unread = shown_list({item});
  EXPECT_TRUE(unread.table().rows(0).emphasised());
  EXPECT_THAT(ids(unread.table().rows(0).actions()), testing::ElementsAre("open", "read"));
  item.read = true;
  const auto read = shown_list({item});
  EXPECT_FALSE(read.table().rows(0).emphasised());
  EXPECT_EQ(cell(read, "read").code(), "read");
  EXPECT_THAT(ids(read.table().rows(0).actions()), testing::ElementsAre("open", "unread"));
}

TEST(InboxView, ServicesWithMailAreButtonsWithTheirUnread) {
  InboxList list;
  list.counts = {{"earztbrief", 5, 2}, {"enachricht", 3, 0}, {"", 1, 1}, {"1click", 0, 0}};
  auto view = inbox(kGerman, kCatalogue, list);
  EXPECT_THAT(ids(view.actions()), Contains("service:earztbrief"));
  EXPECT_THAT(ids(view.actions()), Contains("service:"));
  EXPECT_THAT(ids(view.actions()), Not(Contains("service:1click")));
  EXPECT_THAT(view.table().intro(), HasSubstr("eArztbrief 2"));
  EXPECT_THAT(view.table().intro(), HasSubstr("Andere Dienste 1"));
  list.query.filter.service_key = "earztbrief";
  view = inbox(kGerman, kCatalogue, list);
  EXPECT_THAT(ids(view.actions()), Not(Contains("service:earztbrief")));
  EXPECT_THAT(ids(view.actions()), Contains("all"));
  EXPECT_THAT(view.table().intro(), HasSubstr("Dienst eArztbrief"));
}

TEST(InboxView, TurnsPagesByTheCoresCursorAndCountsWhatItKnows) {
  InboxList list;
  list.items = {received(Verdict::valid)};
  list.next = "1798117500000.i1";
  list.counts = {{"enachricht", 120, 7}, {"earztbrief", 30, 0}};
  EXPECT_EQ(inbox(kGerman, kCatalogue, list).table().next_page(), list.next);
  EXPECT_EQ(inbox(kGerman, kCatalogue, list).table().total(), 150U);
  list.query.filter.service_key = "enachricht";
  EXPECT_EQ(inbox(kGerman, kCatalogue, list).table().total(), 120U);
  list.query.filter.search = "x";
  EXPECT_EQ(inbox(kGerman, kCatalogue, list).table().total(), 0U);
  list.next.clear();
  EXPECT_EQ(inbox(kGerman, kCatalogue, list).table().total(), 1U);
}

TEST(InboxView, NamesTheAccountOnlyIfThereAreSeveral) {
  InboxList list{.items = {received(Verdict::valid)}, .accounts = {{"a", "A"}}};
  const int columns = inbox(kGerman, kCatalogue, list).table().columns_size();
  list.accounts.emplace_back("b", "B");
  const auto view = inbox(kGerman, kCatalogue, list);
  EXPECT_EQ(view.table().columns_size(), columns + 1);
  EXPECT_EQ(view.table().rows(0).cells_size(), columns + 1);
}

TEST(InboxView, HugeAndHostileHeadersFitOnALine) {
  InboxItem item = received(Verdict::valid);
  item.subject = std::string(100000, 'x') + "\xe2\x80\xae" + std::string(1, '\0');
  item.from = "\xe2\x80\xaemoc.liv\xff";
  std::vector<InboxItem> items(kPageSize, item);
  const auto view = shown_list(items);
  EXPECT_LT(view.ByteSizeLong(), 200000U);
  EXPECT_THAT(cell(view, "from").text(), Not(HasSubstr("\xe2\x80\xae")));
  pvs::v1::View parsed;
  EXPECT_TRUE(parsed.ParseFromString(view.SerializeAsString()));
}

TEST(InboxFilterView, HoldsWhatIsChosen) {
  InboxQuery query;
  query.filter.search = "Müller";
  query.filter.verdict = Verdict::digest_mismatch;
  query.filter.service_key = "";
  query.from = "2026-13-40";
  const auto view = inbox_filter(kGerman, kCatalogue, query, {{"enachricht", 2, 1}}, {{"a", "A"}, {"b", "B"}},
                                 {{"from_date", "kein Datum"}});
  EXPECT_EQ(field(view, "search_text").value().text(), "Müller");
  EXPECT_EQ(field(view, "verdict").value().ids().id(0), "digest_mismatch");
  EXPECT_EQ(field(view, "service").value().ids().id(0), "service:");
  EXPECT_EQ(field(view, "service").choices_size(), 3);  // all, the one with mail, the chosen one
  EXPECT_EQ(field(view, "from_date").value().text(), "2026-13-40");
  EXPECT_EQ(field(view, "from_date").error(), "kein Datum");
  EXPECT_EQ(field(view, "account").choices_size(), 3);
  EXPECT_EQ(field(view, "verdict").choices_size(), 11);
}

TEST(Reopened, SaysHowManyOpenNow) {
  EXPECT_THAT(reopened(kGerman, 3).notice().text(), HasSubstr("3 Nachrichten konnten jetzt geöffnet werden"));
  EXPECT_EQ(reopened(kGerman, 0).notice().severity(), pvs::v1::SEVERITY_INFO);
}

TEST(Shown, CutsBetweenCharacters) {
  std::string umlauts;
  for (int i = 0; i < 400; ++i) {
    umlauts += "ä";
  }
  const std::string cut = shown(umlauts, 101);
  EXPECT_TRUE(cut.ends_with("ä …"));
  EXPECT_LE(cut.size(), 105U);
  EXPECT_EQ(shown("kurz"), "kurz");
}

}  // namespace
}  // namespace kvc::plugin::views
