// SPDX-License-Identifier: Apache-2.0
// Small parts of the mailbox: records, content encryption, the schedule of tries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <istream>

#include "account/sql.h"
#include "crypto/aead.h"
#include "mailbox/content_cipher.h"
#include "mailbox/inbox_details.h"
#include "mailbox/outbox_details.h"
#include "mailbox/record.h"
#include "mailbox/retry_policy.h"
#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using mailbox::ContentCipher;
using ::testing::ElementsAre;

TEST(Record, ComesBackAsItWas) {
  const std::string binary("a\0:9\n", 5);
  const auto fields = mailbox::unpack(mailbox::pack({"", binary, "ä", ""}));
  ASSERT_TRUE(fields.ok());
  EXPECT_THAT(*fields, ElementsAre("", binary, "ä", ""));
  EXPECT_TRUE(mailbox::unpack(Secret()).value().empty());
}

TEST(Record, DamageIsNoticed) {
  for (const char* broken :
       {"x", "3", "3:ab", ":", "-1:", "99999999999999999999999:a", "1:ab", "18446744073709551615:a", " 1:a"}) {
    EXPECT_TRUE(mailbox::unpack(Secret(std::string_view(broken))).status().is(error::storage_corrupt)) << broken;
  }
}

Secret test_key() {
  return Secret::of_size(crypto::kAeadKeyBytes);
}

TEST(ContentCipher, BindsToItsPlaceAndAccount) {
  const ContentCipher cipher(Env::system(), test_key(), "account-1");
  const Secret text(std::string_view("inhalt"));
  const std::string sealed = cipher.seal(text, "inbox.1.details").value();
  EXPECT_EQ(cipher.open(sealed, "inbox.1.details").value(), text);
  EXPECT_TRUE(cipher.open(sealed, "inbox.2.details").status().is(error::storage_corrupt));
  const ContentCipher other(Env::system(), test_key(), "account-2");
  EXPECT_TRUE(other.open(sealed, "inbox.1.details").status().is(error::storage_corrupt));
  std::string changed = sealed;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  EXPECT_TRUE(cipher.open(changed, "inbox.1.details").status().is(error::storage_corrupt));
  EXPECT_TRUE(cipher.open("", "inbox.1.details").status().is(error::storage_corrupt));
}

TEST(ContentCipher, OlderKeysOpenAndSealNothing) {
  Secret first = test_key();
  Secret second = test_key();
  second.data()[0] = 1;
  Secret third = test_key();
  third.data()[0] = 2;
  const Secret text(std::string_view("inhalt"));
  const ContentCipher before(Env::system(), first, "account");
  const std::string sealed = before.seal(text, "p").value();
  const ContentCipher now(Env::system(), third, "account", {second, first});
  EXPECT_EQ(now.open(sealed, "p").value(), text);
  EXPECT_TRUE(now.open(sealed, "q").status().is(error::storage_corrupt)) << "bound to its place under older keys too";
  EXPECT_TRUE(before.open(now.seal(text, "p").value(), "p").status().is(error::storage_corrupt));
  EXPECT_TRUE(
      ContentCipher(Env::system(), third, "account", {second}).open(sealed, "p").status().is(error::storage_corrupt));
}

TEST(OutboxDetails, ComeBackAsTheyWere) {
  const ContentCipher cipher(Env::system(), test_key(), "account");
  mailbox::OutboxDetails details{
      "Betreff", "Text", message::Receipt{"id@x", "a@b", true}, {{"n", "t", "d", 17}, {"m", "", "", 0}}};
  const auto opened = mailbox::open_details(cipher, mailbox::seal_details(cipher, details, "1").value(), "1");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->user_subject, "Betreff");
  EXPECT_EQ(opened->text, "Text");
  EXPECT_TRUE(opened->receipt->processed);
  EXPECT_EQ(opened->receipt->original_message_id, "id@x");
  ASSERT_EQ(opened->files.size(), 2U);
  EXPECT_EQ(opened->files[0].size, 17U);
  const std::string wrong = cipher.seal(mailbox::pack({"1", "2", "3"}), "outbox.1.details").value();
  EXPECT_TRUE(mailbox::open_details(cipher, wrong, "1").status().is(error::storage_corrupt));
}

// A record of the version before: five fields and four for each file.
TEST(OutboxDetails, OfOlderRowsAreRead) {
  const ContentCipher cipher(Env::system(), test_key(), "account");
  const auto old = mailbox::pack({"Betreff", "Text", "", "", "", "n", "t", "d", "17"});
  const auto opened = mailbox::open_details(cipher, cipher.seal(old, "outbox.1.details").value(), "1");
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  EXPECT_EQ(opened->text, "Text");
  ASSERT_EQ(opened->files.size(), 1U);
  EXPECT_EQ(opened->files[0].size, 17U);
  EXPECT_FALSE(opened->delivery.has_value());
}

TEST(OutboxDetails, DamagedDeliveryFactsAreTold) {
  const ContentCipher cipher(Env::system(), test_key(), "account");
  for (const char* more : {"", "5", "9:abc", "1:a1:b", "1:a1:x1:c1:d1:e4:real", "99999999999999999999:a"}) {
    const auto record = mailbox::pack({"Betreff", "Text", "", "", "", more});
    EXPECT_TRUE(mailbox::open_details(cipher, cipher.seal(record, "outbox.1.details").value(), "1")
                    .status()
                    .is(error::storage_corrupt))
        << more;
  }
}

TEST(InboxDetails, ComeBackAsTheyWereAndOfOlderRows) {
  const ContentCipher cipher(Env::system(), test_key(), "account");
  mailbox::InboxRow row;
  row.id = "1";
  EXPECT_EQ(mailbox::open_details(cipher, row)->from, "") << "not opened yet";
  row.details = mailbox::seal_details(cipher, {"f", "s", "d", "r", "g", {"eins", ""}}, row).value();
  const auto now = mailbox::open_details(cipher, row);
  ASSERT_TRUE(now.ok());
  EXPECT_EQ(now->guid, "g");
  EXPECT_EQ(now->file_names, (std::vector<std::string>{"eins", ""}));
  row.details = cipher.seal(mailbox::pack({"f", "s", "d", "r"}), "inbox.1.details").value();
  const auto old = mailbox::open_details(cipher, row);
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(old->in_reply_to, "r");
  EXPECT_TRUE(old->file_names.empty());
  row.details = cipher.seal(mailbox::pack({"f", "s", "d"}), "inbox.1.details").value();
  EXPECT_TRUE(mailbox::open_details(cipher, row).status().is(error::storage_corrupt));
}

TEST(ContentCipher, BlindValuesDifferByPurposeAndAccount) {
  const ContentCipher cipher(Env::system(), test_key(), "account-1");
  const ContentCipher other(Env::system(), test_key(), "account-2");
  const std::string value = cipher.blind("guid", "thread").value();
  EXPECT_EQ(cipher.blind("guid", "thread").value(), value);
  EXPECT_NE(cipher.blind("guid", "delivery").value(), value);
  EXPECT_NE(cipher.blind("guie", "thread").value(), value);
  EXPECT_NE(other.blind("guid", "thread").value(), value);
  EXPECT_EQ(value.find("guid"), std::string::npos);
}

TEST(OutboxFiles, DamagedChunkTurnsTheStreamBad) {
  const auto world = World::with_two_accounts();
  const ContentCipher cipher(world->env, test_key(), world->account_a);
  auto draft = mailbox::Draft{};
  draft.account_id = world->account_a;
  draft.to = "praxis-b@kv-safenet.de";
  draft.service_id = {"eNachricht", "Lieferung", "V2.0"};
  draft.subject = "eNachricht";
  const std::string id = world->mailbox->queue("anna", draft).value();
  const Secret content(std::string_view("zwei Worte"));
  ASSERT_TRUE(
      world->database
          ->write([&](Poco::Data::Session& session) { return mailbox::store_file(session, cipher, id, 0, content); })
          .ok());
  const auto read = [&](std::uint64_t size) {
    const auto stream = mailbox::read_file(*world->database, cipher, id, 0, size);
    std::string text(std::istreambuf_iterator<char>(*stream), {});
    return text;
  };
  EXPECT_EQ(read(content.size()), content.reveal());
  const auto longer = mailbox::read_file(*world->database, cipher, id, 0, content.size() + 1);
  std::string buffer(100, '\0');
  longer->read(buffer.data(), 100);
  EXPECT_TRUE(longer->bad()) << "a missing chunk";
  const auto shorter = mailbox::read_file(*world->database, cipher, id, 0, content.size() - 1);
  shorter->read(buffer.data(), 100);
  EXPECT_TRUE(shorter->bad()) << "a longer chunk than announced";
}

TEST(OutboxFiles, TellTheirSizeAndAreReadAfterwards) {
  const auto world = World::with_two_accounts();
  const ContentCipher cipher(world->env, test_key(), world->account_a);
  auto draft = mailbox::Draft{};
  draft.account_id = world->account_a;
  draft.to = "praxis-b@kv-safenet.de";
  draft.service_id = {"eNachricht", "Lieferung", "V2.0"};
  draft.subject = "eNachricht";
  const std::string id = world->mailbox->queue("anna", draft).value();
  std::string bytes(300000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * 31 % 251);
  }
  const mailbox::FileContent content = Secret(std::string_view(bytes));
  ASSERT_TRUE(
      world->database
          ->write([&](Poco::Data::Session& session) { return mailbox::store_file(session, cipher, id, 0, content); })
          .ok());
  const auto stream = mailbox::read_file(*world->database, cipher, id, 0, bytes.size());
  EXPECT_EQ(stream->tellg(), std::streampos(0));
  stream->seekg(0, std::ios::end);
  EXPECT_EQ(stream->tellg(), std::streampos(300000));
  EXPECT_EQ(stream->peek(), std::istream::traits_type::eof());
  stream->clear();
  stream->seekg(0);
  EXPECT_EQ(stream->get(), static_cast<unsigned char>(bytes[0]));
  EXPECT_EQ(stream->tellg(), std::streampos(1));
  stream->seekg(0);
  const std::string again(std::istreambuf_iterator<char>(*stream), {});
  EXPECT_TRUE(again == bytes);
  stream->clear();
  stream->seekg(7);
  EXPECT_TRUE(stream->fail()) << "nowhere else";
}

TEST(RetryPolicy, WaitsGrowToADay) {
  FakeEnv env;
  const Status busy(error::server_busy, "later");
  Millis before{0};
  for (int tries = 1; tries <= 8; ++tries) {
    const Millis wait = mailbox::backoff(tries, busy, env);
    EXPECT_GT(wait, before);
    before = wait;
  }
  EXPECT_EQ(before, std::chrono::hours(24));
  EXPECT_EQ(mailbox::backoff(1000, busy, env), std::chrono::hours(24));
  EXPECT_EQ(mailbox::backoff(0, busy, env), std::chrono::minutes(1));
  EXPECT_EQ(mailbox::backoff(-5, busy, env), std::chrono::minutes(1));
}

TEST(RetryPolicy, BelievesRetryAfterUpToADay) {
  FakeEnv env;
  EXPECT_EQ(mailbox::backoff(1, Status(error::server_busy, "").retry_in(std::chrono::hours(3)), env),
            std::chrono::hours(3));
  EXPECT_EQ(mailbox::backoff(1, Status(error::server_busy, "").retry_in(std::chrono::seconds(3)), env),
            std::chrono::minutes(1));
  EXPECT_EQ(mailbox::backoff(1, Status(error::server_busy, "").retry_in(std::chrono::hours(9999)), env),
            std::chrono::hours(24));
}

}  // namespace
}  // namespace kvc::testing
