// SPDX-License-Identifier: Apache-2.0
#include "mailbox/file_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dirent.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <sstream>

#include "unit/account/world.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::testing {
namespace {

using mailbox::FileContent;
using mailbox::FileSpool;

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>(i * 31 % 251);
  }
  return bytes;
}

std::string all_of(const FileContent& content) {
  std::ostringstream out;
  const auto in = content.open();
  if (!content.empty()) {
    out << in->rdbuf();
  }
  return out.str();
}

/// Descriptors of this process that lie in `directory`, named or not.
std::vector<int> open_files_in(const std::string& directory) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone && target.string().starts_with(directory)) {
      found.push_back(std::stoi(entry.path().filename().string()));
    }
  }
  return found;
}

class FileContents : public ::testing::Test {
 protected:
  FileContent spool(const std::string& bytes, const std::string& where, std::size_t piece = 50000) {
    FileSpool spool(env_, where);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      EXPECT_TRUE(spool.add(std::string_view(bytes).substr(at, piece)).ok());
    }
    EXPECT_EQ(spool.size(), bytes.size());
    auto content = spool.finish();
    EXPECT_TRUE(content.ok()) << content.status().to_string();
    return std::move(content).value();
  }
  Env& env_ = Env::system();
  test_pki::ScratchDirectory scratch_;
  std::string directory_ = std::filesystem::canonical(scratch_.path()).string();
};

TEST_F(FileContents, ComeBackAsTheyWere) {
  constexpr std::size_t kEdge = FileContent::kInMemory;
  for (const std::string& where : {std::string(), directory_}) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, kEdge - 1, kEdge, kEdge + 1, 3 * kEdge, 3 * kEdge + 7}) {
      const std::string bytes = pattern(size);
      const FileContent content = spool(bytes, where);
      EXPECT_EQ(content.size(), size);
      EXPECT_TRUE(all_of(content) == bytes) << size;
      EXPECT_TRUE(all_of(content) == bytes) << "a second time";
      EXPECT_TRUE(bytes.starts_with(content.head())) << size;
      EXPECT_GE(content.head().size(), std::min(size, kEdge));
    }
  }
}

TEST_F(FileContents, SecretsAreContentsToo) {
  const FileContent content = Secret(std::string_view("Befund"));
  EXPECT_EQ(content.head(), "Befund");
  EXPECT_EQ(all_of(content), "Befund");
  EXPECT_TRUE(FileContent().empty());
  EXPECT_EQ(all_of(FileContent()), "");
}

TEST_F(FileContents, LargeOnesLieEncryptedInAFileWithoutAName) {
  const std::string word = "Testpatient-Inhalt";
  std::string bytes;
  while (bytes.size() < 4 * FileContent::kInMemory) {
    bytes += word;
  }
  {
    const FileContent content = spool(bytes, directory_);
    EXPECT_TRUE(std::filesystem::is_empty(directory_)) << "no name";
    const auto files = open_files_in(directory_);
    ASSERT_EQ(files.size(), 1U);
    std::string raw(bytes.size(), '\0');
    const ssize_t got = ::pread(files[0], raw.data(), raw.size(), 0);
    ASSERT_EQ(got, static_cast<ssize_t>(raw.size()));
    EXPECT_EQ(raw.find(word), std::string::npos);
    const FileContent copy = content;
    EXPECT_EQ(open_files_in(directory_).size(), 1U) << "copies share it";
  }
  EXPECT_TRUE(open_files_in(directory_).empty()) << "gone with the last copy";
}

TEST_F(FileContents, ReadersAreIndependent) {
  const std::string bytes = pattern(2 * FileContent::kInMemory + 99);
  std::unique_ptr<std::istream> kept;
  {
    const FileContent content = spool(bytes, directory_);
    kept = content.open();
    EXPECT_TRUE(all_of(content) == bytes);
  }
  std::ostringstream out;
  out << kept->rdbuf();
  EXPECT_TRUE(out.str() == bytes) << "a stream keeps what it reads";
}

// Somebody with the rights of the process writes into the file.
TEST_F(FileContents, ChangedOrShortenedFilesTurnTheStreamBad) {
  const std::string bytes = pattern(3 * FileContent::kInMemory);
  for (const bool shorten : {false, true}) {
    const FileContent content = spool(bytes, directory_);
    const auto files = open_files_in(directory_);
    ASSERT_EQ(files.size(), 1U);
    const off_t place = static_cast<off_t>(FileContent::kInMemory) + 1000;
    ASSERT_TRUE(shorten ? ::ftruncate(files[0], place) == 0 : ::pwrite(files[0], "xxxx", 4, place) == 4);
    const auto in = content.open();
    std::string taken(bytes.size(), '\0');
    in->read(taken.data(), static_cast<std::streamsize>(taken.size()));
    EXPECT_TRUE(in->bad());
    EXPECT_EQ(static_cast<std::size_t>(in->gcount()), 0U) << "nothing is vouched for then";
  }
}

TEST_F(FileContents, SayThatTheyCannotBeKept) {
  FileSpool spool(env_, directory_ + "/missing");
  const std::string bytes = pattern(FileContent::kInMemory);
  EXPECT_TRUE(spool.add(bytes).ok()) << "in memory still";
  EXPECT_TRUE(spool.add("x").is(error::storage_failed));
}

}  // namespace
}  // namespace kvc::testing
