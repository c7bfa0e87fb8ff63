// SPDX-License-Identifier: Apache-2.0
// A letter in hand: nothing of it may be lost or sent twice between form, confirmation and outbox.
#include "commands/compose.h"

#include <gmock/gmock.h>

#include "commands/chosen_files.h"
#include "unit/plugin/fake_host.h"

namespace kvc::plugin::commands {
namespace {

using test::FakeHost;
using testing::SizeIs;

Letter letter_with(std::initializer_list<const char*> fields) {
  Letter letter;
  letter.kind = "compose.enachricht";
  for (const char* field : fields) {
    letter.files.push_back({field, {std::string(field) + ".txt", "text/plain", "", Secret(field)}});
  }
  return letter;
}

Request with_view_of(Letter letter) {
  Request request;
  request.view.draft = std::make_shared<Composition>(std::move(letter));
  return request;
}

TEST(Letter, FilesGoIntoTheMessageAndComeBackWithTheirField) {
  Letter letter = letter_with({"document", "attachments"});
  mailbox::Draft made;
  made.files.push_back({"made.xml", "application/xml", "", Secret("<made/>")});
  letter.complete_with(std::move(made));
  ASSERT_THAT(letter.mail->files, SizeIs(3));
  EXPECT_EQ(letter.mail->files[1].content.head(), "document");
  EXPECT_TRUE(letter.files.empty());
  letter.take_back();
  EXPECT_FALSE(letter.mail);
  ASSERT_THAT(letter.files, SizeIs(2));
  EXPECT_EQ(letter.files[0].field, "document");
  EXPECT_EQ(letter.files[1].field, "attachments");
  EXPECT_EQ(letter.files[1].file.content.head(), "attachments");
  letter.take_back();
  EXPECT_THAT(letter.files, SizeIs(2));
}

TEST(LetterInHand, OnlyOneJobHasIt) {
  const Request request = with_view_of(letter_with({"attachments"}));
  {
    LetterInHand first(request);
    ASSERT_TRUE(first.status().ok());
    const LetterInHand second(request);
    EXPECT_TRUE(second.status().is(error::view_closed));
  }
  // The first one came to nothing: everything is in the view again.
  LetterInHand again(request);
  ASSERT_TRUE(again.status().ok());
  EXPECT_THAT(again.letter().files, SizeIs(1));
  EXPECT_EQ(again.move_on().kind, "compose.enachricht");
  const LetterInHand gone(request);
  EXPECT_TRUE(gone.status().is(error::view_closed));
}

// What a login after a lock asks: may the letter still come back?
TEST(LetterInHand, IsInHandUntilItsJobIsThroughWithIt) {
  const Request request = with_view_of(letter_with({"attachments"}));
  const auto composition = std::dynamic_pointer_cast<const Composition>(request.view.draft);
  EXPECT_FALSE(composition->in_hand());
  {
    const LetterInHand first(request);
    EXPECT_TRUE(composition->in_hand());
    { const LetterInHand second(request); }
    EXPECT_TRUE(composition->in_hand()) << "somebody who got nothing changes nothing";
  }
  EXPECT_FALSE(composition->in_hand()) << "it is back";
  {
    LetterInHand again(request);
    static_cast<void>(again.move_on());
    EXPECT_TRUE(composition->in_hand()) << "what became of it is not there yet";
  }
  EXPECT_FALSE(composition->in_hand());
  EXPECT_EQ(composition->take(), nullptr);
  EXPECT_TRUE(composition->outlives_lock());
}

TEST(LetterInHand, AViewWithoutALetterHasNone) {
  EXPECT_TRUE(LetterInHand(Request()).status().is(error::view_closed));
}

TEST(Recipient, LiesInTheDomainOfTheNetworkOrNot) {
  for (const char* address : {"a@kv-safenet.de", "a@KV-SafeNet.DE", "a@praxis.kv-safenet.de"}) {
    EXPECT_TRUE(lies_in_domain(address, "kv-safenet.de")) << address;
  }
  for (const char* address : {"a@gmail.com", "a@notkv-safenet.de", "a@kv-safenet.de.evil.example", "a@de",
                              "kv-safenet.de@x.de", "a@", "a@kv-safenet"}) {
    EXPECT_FALSE(lies_in_domain(address, "kv-safenet.de")) << address;
  }
}

mailbox::FileSpool memory() {
  return {Env::system(), ""};
}

class ChosenFilesTest : public testing::Test {
 protected:
  ChosenFile file(const std::string& name, const std::string& content, std::uint64_t announced) {
    return {host_.open_stream(content), name, "text/plain", announced};
  }
  FakeHost host_;
  pvs::HostClient client_{host_.table(), host_.context()};
  Cancel cancel_;
};

TEST_F(ChosenFilesTest, ReadsWhateverSizeWasAnnounced) {
  const std::string content(300'000, 'x');
  std::uint64_t limit = 1'000'000;
  const auto read =
      ChosenFiles(client_, {file("a", content, 0), file("b", content, 1'000'000'000'000), file("c", "", 5)})
          .read(&memory, limit, cancel_);
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  EXPECT_EQ(read->at(0).content.size(), content.size());
  EXPECT_EQ(read->at(1).content.size(), content.size());
  EXPECT_TRUE(read->at(2).content.empty());
  EXPECT_EQ(limit, 400'000U);
  EXPECT_EQ(host_.open_streams(), 0U);
}

TEST_F(ChosenFilesTest, ClosesEveryStreamWhenOneFileIsTooMuch) {
  std::uint64_t limit = 10;
  const auto read = ChosenFiles(client_, {file("a", "12345", 5), file("b", "123456", 1), file("c", "1", 1)})
                        .read(&memory, limit, cancel_);
  EXPECT_TRUE(read.status().is(error::too_large));
  EXPECT_EQ(host_.open_streams(), 0U);
  std::uint64_t exact = 5;
  EXPECT_TRUE(ChosenFiles(client_, {file("a", "12345", 5)}).read(&memory, exact, cancel_).ok());
  EXPECT_EQ(exact, 0U);
}

TEST_F(ChosenFilesTest, CancellingClosesThemToo) {
  std::uint64_t limit = 10;
  cancel_.request();
  EXPECT_TRUE(
      ChosenFiles(client_, {file("a", "12345", 5)}).read(&memory, limit, cancel_).status().is(error::cancelled));
  EXPECT_EQ(host_.open_streams(), 0U);
}

}  // namespace
}  // namespace kvc::plugin::commands
