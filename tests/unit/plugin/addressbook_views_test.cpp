// SPDX-License-Identifier: Apache-2.0
#include "views/addressbook_views.h"

#include <gmock/gmock.h>

namespace kvc::plugin::views {
namespace {

using testing::HasSubstr;

const Texts kGerman(Language::de);
const TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 12 / 24) + std::chrono::hours(13);

BookPage page() {
  BookPage page;
  page.status.entries = 2;
  page.status.refreshed_at = kNow;
  directory::Hit hit;
  hit.entry.name = "Karla Kollegin";
  hit.entry.address = "k@kv-safenet.de";
  hit.entry.postcode = "52062";
  hit.entry.town = "Aachen";
  hit.entry.certificate_valid_to = kNow + std::chrono::hours(24 * 400);
  page.hits = {hit, hit};
  return page;
}

TEST(AddressbookView, ShowsAgeMarksAndWhatCanBeDone) {
  BookPage book = page();
  book.hits[0].favourite = true;
  book.hits[0].last_used = kNow;
  book.hits[1].entry.certificate_valid_to = kNow - std::chrono::hours(24);
  const auto view = addressbook(kGerman, book, kNow);
  const auto& first = view.table().rows(0);
  EXPECT_EQ(first.row_id(), "k@kv-safenet.de");
  EXPECT_EQ(first.cells_size(), view.table().columns_size());
  EXPECT_EQ(first.cells(0).code(), "favourite");
  EXPECT_EQ(first.cells(2).text(), "52062 Aachen");
  EXPECT_EQ(first.cells(4).code(), "valid");
  EXPECT_EQ(first.actions(0).action_id(), "write_enachricht");
  EXPECT_TRUE(first.actions(1).disabled());
  EXPECT_THAT(first.actions(1).disabled_reason(), HasSubstr("Patienten"));
  EXPECT_EQ(first.actions(2).action_id(), "unfavourite");
  EXPECT_EQ(view.table().rows(1).cells(4).code(), "expired");
  EXPECT_EQ(view.table().rows(1).cells(4).severity(), pvs::v1::SEVERITY_BAD);
  EXPECT_EQ(view.table().rows(1).actions(2).action_id(), "favourite");
  book.patient = true;
  EXPECT_FALSE(addressbook(kGerman, book, kNow).table().rows(0).actions(1).disabled());
}

TEST(AddressbookView, CertificateAgeFollowsTheSetting) {
  BookPage book = page();
  book.hits[0].entry.certificate_valid_to = kNow + std::chrono::hours(24 * 100);
  book.hits[1].entry.certificate_valid_to.reset();
  const auto view = addressbook(kGerman, book, kNow);
  EXPECT_EQ(view.table().rows(0).cells(4).code(), "expires_soon");
  EXPECT_EQ(view.table().rows(1).cells(4).code(), "unknown");
  book.soon_days = 50;
  EXPECT_EQ(addressbook(kGerman, book, kNow).table().rows(0).cells(4).code(), "valid");
}

TEST(AddressbookView, TheStatusLineSaysHowOldTheBookIsAndWhatWentWrong) {
  BookPage book = page();
  EXPECT_THAT(addressbook(kGerman, book, kNow).table().intro(), HasSubstr("2 Einträge, Stand 24.12.2026"));
  book.status.last_error = "network.unreachable";
  book.status.tried_at = kNow;
  EXPECT_THAT(addressbook(kGerman, book, kNow).table().intro(), HasSubstr("der bisherige Stand bleibt erhalten"));
  const auto never = addressbook(kGerman, {}, kNow);
  EXPECT_THAT(never.table().intro(), HasSubstr("Noch nie abgerufen"));
  EXPECT_THAT(never.table().empty_text(), HasSubstr("Adressbuch aktualisieren"));
}

TEST(AddressbookView, PagesAsLongAsThereIsMore) {
  BookPage book = page();
  EXPECT_EQ(addressbook(kGerman, book, kNow).table().next_page(), "");
  book.more = true;
  book.offset = 50;
  EXPECT_EQ(addressbook(kGerman, book, kNow).table().next_page(), "52");
}

TEST(AddressbookView, TheSearchFormHasANetworkOnlyWhereThereAreSeveral) {
  EXPECT_EQ(addressbook_search(kGerman, "meier", {{"own", "Eigener"}}, "own").form().fields_size(), 1);
  const auto two = addressbook_search(kGerman, "meier", {{"own", "Eigener"}, {"ref", "Referenz"}}, "ref");
  EXPECT_EQ(two.form().fields(0).value().text(), "meier");
  EXPECT_EQ(two.form().fields(1).value().ids().id(0), "ref");
}

}  // namespace
}  // namespace kvc::plugin::views
