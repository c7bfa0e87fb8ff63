// SPDX-License-Identifier: Apache-2.0
#include "directory/zip.h"

#include <gtest/gtest.h>

#include <iterator>

#include "unit/directory/zip_builder.h"

namespace kvc::directory {
namespace {

using testing::le;
using testing::zip;
using testing::ZipFile;

/// What a reader that takes everything gets.
Status unpack(std::string_view bytes, std::string& content, std::string_view suffix = ".json") {
  const Cancel never;
  return unzip(bytes, suffix, never, [&](BookStream& stream) -> Status {
    for (auto c = stream.sbumpc(); c != std::streambuf::traits_type::eof(); c = stream.sbumpc()) {
      content += std::streambuf::traits_type::to_char_type(c);
      if (content.size() % kReadBlock == 0) {
        stream.entry_done();
      }
    }
    return stream.outcome();
  });
}

std::string refused(std::string_view bytes) {
  std::string content;
  const Status status = unpack(bytes, content);
  EXPECT_TRUE(status.is(error::bad_answer)) << status.to_string();
  return status.detail();
}

ZipFile spoiled(std::string content, std::function<void(ZipFile&)> spoil, bool deflate = true) {
  ZipFile file{"accounts.json", std::move(content)};
  file.deflate = deflate;
  file.spoil = std::move(spoil);
  return file;
}

TEST(Zip, UnpacksStoredAndDeflated) {
  for (const bool deflate : {true, false}) {
    std::string content;
    ZipFile file{"accounts.json", std::string(100'000, 'x') + "ende"};
    file.deflate = deflate;
    const Status status = unpack(zip({file}), content);
    EXPECT_TRUE(status.ok()) << status.to_string();
    EXPECT_EQ(content, file.content);
  }
}

TEST(Zip, TakesTheOneFileWithTheSuffixWhateverItsNameSays) {
  for (const std::string name : {"accounts.json", "../../etc/cron.d/x.JSON", "C:\\windows\\a.json", "/a.json"}) {
    std::string content;
    EXPECT_TRUE(unpack(zip({{"LIESMICH.txt", "Hallo"}, {"ordner/", ""}, {name, "[]"}}), content).ok()) << name;
    EXPECT_EQ(content, "[]");
  }
  std::string content;
  EXPECT_TRUE(unpack(zip({{"a.xml", "<x/>"}, {"a.json", "[]"}}, "mit Kommentar"), content, ".xml").ok());
  EXPECT_EQ(content, "<x/>");
}

TEST(Zip, RefusesNoneAndSeveralBooks) {
  EXPECT_EQ(refused(zip({{"a.txt", "[]"}})), "the zip does not hold the address book");
  EXPECT_EQ(refused(zip({})), "the zip does not hold the address book");
  EXPECT_EQ(refused(zip({{"a.json", "[]"}, {"b.json", "[]"}})),
            "the zip has several files that could be the address book");
  EXPECT_EQ(refused(zip(std::vector<ZipFile>(kMaxZipEntries + 1, ZipFile{"a.txt", ""}))),
            "the directory of the zip is not plausible");
}

TEST(Zip, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(refused(zip({spoiled("[]", [](ZipFile& f) { f.flags = 1; })})), "the file in the zip is encrypted");
  EXPECT_EQ(refused(zip({spoiled("[]", [](ZipFile& f) { f.method = 12; })})),
            "the file in the zip is compressed in an unknown way");
  EXPECT_EQ(refused(zip({spoiled("[]", [](ZipFile& f) { f.size = 0xFFFFFFFF; })})), "the file in the zip is too large");
  std::string volumes = zip({{"a.json", "[]"}});
  volumes[volumes.size() - 18] = 1;
  EXPECT_EQ(refused(volumes), "the zip of the address book has several volumes");
}

TEST(Zip, ADeclaredBombIsRefusedBeforeItIsUnpacked) {
  std::string content;
  const Status status = unpack(zip({spoiled("[]", [](ZipFile& f) { f.size = kMaxUnpacked + 1; })}), content);
  EXPECT_TRUE(status.is(error::bad_answer));
  EXPECT_EQ(content, "");
}

TEST(Zip, AHiddenBombIsStoppedAtItsDeclaredSize) {
  constexpr std::size_t kBomb = 64UL * 1024 * 1024;
  std::string content;
  const auto bytes = zip({spoiled(std::string(kBomb, ' '), [](ZipFile& f) { f.size = 1000; })});
  const Status status = unpack(bytes, content);
  EXPECT_EQ(status.detail(), "the file in the zip is larger than declared");
  EXPECT_LE(content.size(), 2 * kReadBlock);
}

TEST(Zip, SizeAndChecksumMustBeTheDeclaredOnes) {
  EXPECT_EQ(refused(zip({spoiled("[]", [](ZipFile& f) { f.size = 3; })})),
            "the file in the zip has another size than declared");
  EXPECT_EQ(refused(zip({spoiled("[]", [](ZipFile& f) { f.crc ^= 1U; })})), "the file in the zip is damaged");
  EXPECT_EQ(refused(zip({spoiled(
                "[]", [](ZipFile& f) { f.size = 3; }, false)})),
            "the sizes in the zip disagree");
  EXPECT_EQ(refused(zip({spoiled(
                "[]", [](ZipFile& f) { f.packed = f.size = 70'000; }, false)})),
            "the file in the zip is truncated");
}

TEST(Zip, EveryTruncationIsAnErrorAndNoCrash) {
  const std::string whole = zip({{"a.txt", "Hallo"}, {"a.json", "[{\"uid\":\"u\"}]"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string content;
    EXPECT_FALSE(unpack(std::string_view(whole).substr(0, size), content).ok()) << size;
  }
}

TEST(Zip, EveryFlippedByteIsAnErrorOrHarmless) {
  const std::string whole = zip({{"a.json", "[{\"uid\":\"u\"}]"}});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      std::string broken = whole;
      broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ flip);
      std::string content;
      if (unpack(broken, content).ok()) {
        EXPECT_EQ(content, "[{\"uid\":\"u\"}]") << at;
      }
    }
  }
}

TEST(Zip, IsNoZip) {
  EXPECT_EQ(refused(""), "the address book is no zip");
  EXPECT_EQ(refused("<html>Wartungsarbeiten bis 18 Uhr</html>"), "the address book is no zip, or its end is missing");
  EXPECT_EQ(refused(le(0x06054b50, 4) + std::string(17, '\xFF')), "the address book is no zip");
  EXPECT_EQ(
      refused(le(0x06054b50, 4) + le(0, 4) + le(1, 2) + le(1, 2) + le(0xFFFFFFF0, 4) + le(0xFFFFFFF0, 4) + le(0, 2)),
      "the directory of the zip is not plausible");
}

TEST(Zip, CancelEndsItBetweenTwoBlocks) {
  Cancel cancel;
  std::size_t read = 0;
  const std::string bytes = zip({{"a.json", std::string(10 * kReadBlock, ' ')}});
  const Status status = unzip(bytes, ".json", cancel, [&](BookStream& stream) -> Status {
    while (stream.sbumpc() != std::streambuf::traits_type::eof()) {
      ++read;
      cancel.request();
    }
    return stream.outcome();
  });
  EXPECT_TRUE(status.is(error::cancelled)) << status.to_string();
  EXPECT_EQ(read, kReadBlock);
}

}  // namespace
}  // namespace kvc::directory
