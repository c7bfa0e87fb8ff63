// SPDX-License-Identifier: Apache-2.0
#include "views/addressbook_views.h"

#include <gmock/gmock.h>

#include "views/suggestion_views.h"

namespace kvc::plugin::views {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Texts kGerman(Language::de);
const TimePoint kNow(std::chrono::seconds(1798117500));

AddressbookPage page_with(bool favourite, std::optional<TimePoint> valid_to) {
  directory::Hit hit;
  hit.entry.address = "praxis@kv-safenet.de";
  hit.entry.name = "TEST ONLY Müller";
  hit.entry.practice = "Praxis TEST";
  hit.entry.postcode = "50667";
  hit.entry.town = "Köln";
  hit.entry.street = "Testweg 1";
  hit.entry.certificate_valid_to = valid_to;
  hit.favourite = favourite;
  AddressbookPage page;
  page.environment_id = "own";
  page.typed = "mül";
  page.hits = {hit};
  page.status.entries = 5;
  page.status.refreshed_at = kNow;
  page.now = kNow;
  return page;
}

std::vector<std::string> ids(const google::protobuf::RepeatedPtrField<pvs::v1::Action>& actions) {
  std::vector<std::string> ids;
  for (const auto& action : actions) {
    ids.push_back(action.action_id());
  }
  return ids;
}

TEST(AddressbookView, ShowsAHitWithItsCertificatesAge) {
  const auto view = addressbook_results(kGerman, page_with(false, kNow + std::chrono::hours(12 * 24)));
  ASSERT_EQ(view.table().rows_size(), 1);
  const auto& row = view.table().rows(0);
  ASSERT_EQ(row.cells_size(), view.table().columns_size());
  EXPECT_EQ(row.row_id(), "praxis@kv-safenet.de");
  EXPECT_EQ(row.cells(1).text(), "TEST ONLY Müller");
  EXPECT_EQ(row.cells(3).text(), "50667 Köln, Testweg 1");
  EXPECT_EQ(row.cells(5).text(), "läuft in 12 Tagen ab");
  EXPECT_EQ(row.cells(5).code(), "expires_soon");
  EXPECT_EQ(row.cells(5).severity(), pvs::v1::SEVERITY_WARNING);
  EXPECT_THAT(ids(row.actions()), ElementsAre("write", "write_earztbrief", "favourite"));
  EXPECT_THAT(ids(addressbook_results(kGerman, page_with(true, {})).table().rows(0).actions()),
              ElementsAre("write", "write_earztbrief", "unfavourite"));
}

TEST(AddressbookView, SaysEveryAge) {
  using State = directory::CertificateAge::State;
  EXPECT_EQ(certificate_age_sentence(kGerman, {State::unknown, 0}), "unbekannt");
  EXPECT_EQ(certificate_age_sentence(kGerman, {State::valid, 400}), "noch 400 Tage gültig");
  EXPECT_EQ(certificate_age_sentence(kGerman, {State::expires_soon, 1}), "läuft in 1 Tag ab");
  EXPECT_EQ(certificate_age_sentence(kGerman, {State::expired, 3}), "seit 3 Tagen abgelaufen");
}

TEST(AddressbookView, SaysWhatToDoWhenThereIsNothing) {
  AddressbookPage page = page_with(false, {});
  page.hits.clear();
  EXPECT_THAT(addressbook_results(kGerman, page).table().empty_text(), HasSubstr("„mül“"));
  page.status = {};
  EXPECT_THAT(addressbook_results(kGerman, page).table().empty_text(), HasSubstr("Adressbuch aktualisieren"));
  EXPECT_THAT(addressbook(kGerman, {{"own", "Eigener"}}, page).form().intro(), HasSubstr("noch nicht abgeholt"));
}

TEST(AddressbookView, AsksForTheNetworkOnlyWhereThereAreSeveral) {
  const AddressbookPage page = page_with(false, {});
  EXPECT_EQ(addressbook(kGerman, {{"own", "Eigener"}}, page).form().fields_size(), 1);
  const auto view = addressbook(kGerman, {{"other", "Anderer"}, {"own", "Eigener"}}, page);
  ASSERT_EQ(view.form().fields_size(), 2);
  EXPECT_EQ(view.form().fields(0).value().text(), "mül");
  EXPECT_EQ(view.form().fields(1).value().text(), "own");
}

TEST(AddressbookView, TheLastFailureIsToldBesideTheBookThatIsThere) {
  AddressbookPage page = page_with(false, {});
  page.status.last_error = error::unreachable.key;
  EXPECT_THAT(addressbook(kGerman, {{"own", "Eigener"}}, page).form().intro(),
              HasSubstr("das bisherige Adressbuch bleibt benutzbar"));
}

TEST(AddressbookView, SaysWhatARefreshBrought) {
  directory::Summary summary;
  summary.total = 7;
  summary.unchanged = 7;
  EXPECT_THAT(addressbook_refreshed(kGerman, summary), HasSubstr("aktuell: 7"));
  summary.added = 2;
  EXPECT_THAT(addressbook_refreshed(kGerman, summary), HasSubstr("2 neu"));
}

TEST(AddressbookView, OffersToSearchInPlace) {
  const auto view = addressbook_results(kGerman, page_with(false, {}));
  EXPECT_EQ(view.table().search().action_id(), "search");
  EXPECT_EQ(view.table().search().field(), "search");
  EXPECT_EQ(view.table().search().text(), "mül");
  EXPECT_EQ(view.table().search().label(), "Suchen nach");
  EXPECT_TRUE(view.table().search().as_you_type());
}

TEST(Suggestions, SayWhoIsMeantAndWhatTellsNamesakesApart) {
  AddressbookPage page = page_with(true, kNow - std::chrono::hours(72));
  page.hits.push_back(page.hits.front());
  page.hits.back().favourite = false;
  page.hits.back().entry.name.clear();
  page.hits.back().entry.certificate_valid_to.reset();
  const auto reply = suggestions(kGerman, "recipient", "mül", page.hits, 5, page.status, kNow);
  const auto& found = reply.suggestions();
  EXPECT_EQ(found.field(), "recipient");
  EXPECT_EQ(found.text(), "mül");
  ASSERT_EQ(found.suggestions_size(), 2);
  EXPECT_EQ(found.suggestions(0).value(), "praxis@kv-safenet.de");
  EXPECT_EQ(found.suggestions(0).label(), "TEST ONLY Müller");
  EXPECT_EQ(found.suggestions(0).hint(), "Praxis TEST, Köln, praxis@kv-safenet.de, Zertifikat seit 3 Tagen abgelaufen");
  EXPECT_TRUE(found.suggestions(0).emphasised());
  EXPECT_EQ(found.suggestions(1).label(), "praxis@kv-safenet.de");
  EXPECT_EQ(found.suggestions(1).hint(), "Praxis TEST, Köln");
  EXPECT_FALSE(found.suggestions(1).emphasised());
  EXPECT_FALSE(found.more());
  EXPECT_EQ(found.empty_text(), "");
}

TEST(Suggestions, SayWhenThereAreMoreAndWhyThereAreNone) {
  const AddressbookPage page = page_with(false, {});
  std::vector<directory::Hit> three(3, page.hits.front());
  const auto cut = suggestions(kGerman, "recipient", "m", three, 2, page.status, kNow);
  EXPECT_EQ(cut.suggestions().suggestions_size(), 2);
  EXPECT_TRUE(cut.suggestions().more());
  EXPECT_THAT(suggestions(kGerman, "recipient", "xyz", {}, 5, page.status, kNow).suggestions().empty_text(),
              HasSubstr("„xyz“ steht nicht im Adressbuch"));
  EXPECT_THAT(suggestions(kGerman, "recipient", "xyz", {}, 5, {}, kNow).suggestions().empty_text(),
              HasSubstr("noch nicht abgerufen"));
  // Before the first letter nothing is missing.
  EXPECT_EQ(suggestions(kGerman, "recipient", "", {}, 5, page.status, kNow).suggestions().empty_text(), "");
}

}  // namespace
}  // namespace kvc::plugin::views
