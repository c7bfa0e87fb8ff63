// SPDX-License-Identifier: Apache-2.0
#include "directory/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "directory/protocol_constants.h"
#include "mime/charset.h"

namespace kvc::directory {
namespace {

using std::chrono::sys_days;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

Entry with_address(std::string address) {
  Entry entry;
  entry.address = std::move(address);
  return entry;
}

TEST(Tidy, KeepsWhatIsGood) {
  Entry entry = with_address("Praxis.Mueller@kv-safenet.de");
  entry.name = "Dr. Änne O’Neill";
  const Entry before = entry;
  EXPECT_TRUE(tidy(entry));
  EXPECT_EQ(entry, before);
}

TEST(Tidy, TakesOutWhatDeceivesTheEye) {
  Entry entry = with_address("a@b.de");
  entry.name =
      "\xE2\x80\xAE"
      "Dr.\r\nM\xC3\xBCller\t\x1B[31m \xC2\xA0 x\xE2\x80\x8B\xEF\xBB\xBF\x7F ";
  entry.services = {" eArztbrief\n", "\x01", "b"};
  EXPECT_TRUE(tidy(entry));
  EXPECT_EQ(entry.name, "Dr. Müller [31m x");
  EXPECT_THAT(entry.services, ElementsAre("eArztbrief", "b"));
}

TEST(Tidy, CutsLongTextsBetweenCharacters) {
  Entry entry = with_address("a@b.de");
  for (int i = 0; i < 1000; ++i) {
    entry.practice += "ä";
  }
  entry.services.assign(1000, "x");
  EXPECT_TRUE(tidy(entry));
  EXPECT_EQ(entry.practice.size(), kMaxTextBytes);
  EXPECT_TRUE(mime::is_utf8(entry.practice));
  EXPECT_EQ(entry.services.size(), kMaxServices);
}

TEST(Tidy, MakesUtf8OfAnything) {
  Entry entry = with_address("a@b.de");
  entry.town = "K\xF6ln";
  EXPECT_TRUE(tidy(entry));
  EXPECT_EQ(entry.town, "Köln");
}

TEST(Tidy, RefusesAddressesNobodyCanWriteTo) {
  for (const char* address : {"", "a", "@", "a@", "@b.de", "a@b@c", "a b@c.de", "a@b.de, c@d.de", "<a@b.de>",
                              "\"a\"@b.de", "müller@b.de", "a@[127.0.0.1]", "a:b@c.de", "a@b.de\\"}) {
    Entry entry = with_address(address);
    EXPECT_FALSE(tidy(entry)) << address;
  }
  Entry crlf = with_address("a@b.de\r\nBcc: c@d.de");
  EXPECT_FALSE(tidy(crlf));
  Entry lengthy = with_address(std::string(kMaxAddressBytes, 'a') + "@b.de");
  EXPECT_FALSE(tidy(lengthy));
}

TEST(Address, IsComparedWithoutCase) {
  EXPECT_EQ(address_key("Praxis@KV-SafeNet.de"), "praxis@kv-safenet.de");
}

TEST(DateTime, ReadsWhatTheProtocolWrites) {
  const TimePoint noon = sys_days(2027y / 3 / 1) + 12h;
  EXPECT_EQ(parse_date_time("2027-03-01T12:00:00Z"), noon);
  EXPECT_EQ(parse_date_time("2027-03-01T13:00:00+01:00"), noon);
  EXPECT_EQ(parse_date_time("2027-03-01T07:30:00.123456-04:30"), noon);
  EXPECT_EQ(parse_date_time("2027-03-01T12:00:00"), noon);
  EXPECT_EQ(parse_date_time("2027-03-01"), noon - 12h);
  EXPECT_EQ(parse_date_time("9999-12-31T23:59:59Z"), TimePoint::max()) << "no overflow";
  for (const char* text : {"", "heute", "2027-13-01", "2027-02-30", "2027-03-01T25:00:00Z", "2027-03-01T12:60:00Z",
                           "2027-03-01T12:00:00+1:00", "2027-03-01T12:00:00Zx", "27-03-01", "2027-03-01 12:00:00",
                           "2027-03-01T12:00:00+15:00", "+2027-03-01"}) {
    EXPECT_FALSE(parse_date_time(text)) << text;
  }
}

TEST(CertificateAge, CountsWholeDays) {
  using State = CertificateAge::State;
  const TimePoint now = sys_days(2026y / 11 / 25) + 8h;
  const auto age = [&](std::optional<TimePoint> end) {
    Entry entry;
    entry.certificate_valid_to = end;
    const CertificateAge found = certificate_age(entry, now, 30);
    return std::pair(found.state, found.days);
  };
  EXPECT_EQ(age(std::nullopt), std::pair(State::unknown, 0));
  EXPECT_EQ(age(now + 365 * 24h), std::pair(State::valid, 365));
  EXPECT_EQ(age(now + 30 * 24h), std::pair(State::valid, 30));
  EXPECT_EQ(age(now + 30 * 24h - 1s), std::pair(State::expires_soon, 29));
  EXPECT_EQ(age(now + 1s), std::pair(State::expires_soon, 0));
  EXPECT_EQ(age(now), std::pair(State::expired, 0));
  EXPECT_EQ(age(now - 48h), std::pair(State::expired, 2));
  EXPECT_EQ(age(TimePoint::max()).first, State::valid);
  EXPECT_EQ(age(TimePoint::min()).first, State::expired);
}

}  // namespace
}  // namespace kvc::directory
