// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <pvs/host.hpp>

#include "unit/host_api/temp_dir.h"

namespace pvs {
namespace {

namespace fs = std::filesystem;

std::string read_all(StreamTable& table, std::uint64_t id) {
  std::string all;
  std::uint8_t buffer[7];
  std::size_t got = 0;
  while (table.read(id, buffer, sizeof buffer, got) == PVS_OK) {
    all.append(reinterpret_cast<const char*>(buffer), got);
  }
  return all;
}

std::size_t entries(const fs::path& dir) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir), fs::directory_iterator()));
}

TEST(Streams, MemoryIsReadToTheEnd) {
  StreamTable table;
  const std::uint64_t id = table.add(memory_stream("zwanzig Zeichen lang"));
  EXPECT_EQ(read_all(table, id), "zwanzig Zeichen lang");
  std::uint8_t byte = 0;
  std::size_t got = 9;
  EXPECT_EQ(table.read(id, &byte, 1, got), PVS_END_OF_STREAM);
  EXPECT_EQ(got, 0U);
  EXPECT_EQ(table.write(id, "x"), PVS_BAD_REQUEST);
  EXPECT_EQ(table.close(id, true), PVS_OK);
  EXPECT_EQ(table.close(id, true), PVS_BAD_REQUEST);
  EXPECT_EQ(table.read(id, &byte, 1, got), PVS_BAD_REQUEST);
}

TEST(Streams, UnknownNumbersAndNullBuffersAreRefused) {
  StreamTable table;
  std::size_t got = 0;
  std::uint8_t byte = 0;
  EXPECT_EQ(table.read(4711, &byte, 1, got), PVS_BAD_REQUEST);
  EXPECT_EQ(table.write(0, "x"), PVS_BAD_REQUEST);
  const std::uint64_t id = table.add(memory_stream("x"));
  EXPECT_EQ(table.read(id, nullptr, 1, got), PVS_BAD_REQUEST);
  EXPECT_EQ(table.read(id, &byte, 0, got), PVS_BAD_REQUEST);
}

TEST(Streams, AFileAppearsOnlyWhenKept) {
  const test::TempDir dir;
  fs::path kept;
  StreamTable table;
  const std::uint64_t id = table.add(file_writer(dir.path(), "brief.txt", 0, [&](const fs::path& p) { kept = p; }));
  EXPECT_EQ(table.write(id, "halb"), PVS_OK);
  EXPECT_FALSE(fs::exists(dir.path() / "brief.txt"));
  EXPECT_EQ(table.write(id, " und ganz"), PVS_OK);
  EXPECT_EQ(table.close(id, true), PVS_OK);
  EXPECT_EQ(kept, dir.path() / "brief.txt");
  EXPECT_EQ(test::read_file(kept), "halb und ganz");
  EXPECT_EQ(entries(dir.path()), 1U);
  struct stat info {};
  ASSERT_EQ(::stat(kept.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(Streams, WhatIsNotKeptLeavesNothing) {
  const test::TempDir dir;
  {
    StreamTable table;
    const std::uint64_t thrown = table.add(file_writer(dir.path(), "a", 0, nullptr));
    EXPECT_EQ(table.write(thrown, "x"), PVS_OK);
    EXPECT_EQ(table.close(thrown, false), PVS_OK);
    EXPECT_EQ(entries(dir.path()), 0U);
    const std::uint64_t forgotten = table.add(file_writer(dir.path(), "b", 0, nullptr));
    EXPECT_EQ(table.write(forgotten, "x"), PVS_OK);
    EXPECT_EQ(table.open_count(), 1U);
  }
  EXPECT_EQ(entries(dir.path()), 0U);
}

TEST(Streams, AnExistingFileIsNeverReplaced) {
  const test::TempDir dir;
  for (const char* text : {"eins", "zwei", "drei"}) {
    StreamTable table;
    const std::uint64_t id = table.add(file_writer(dir.path(), "brief.txt", 0, nullptr));
    EXPECT_EQ(table.write(id, text), PVS_OK);
    EXPECT_EQ(table.close(id, true), PVS_OK);
  }
  EXPECT_EQ(test::read_file(dir.path() / "brief.txt"), "eins");
  EXPECT_EQ(test::read_file(dir.path() / "brief (2).txt"), "zwei");
  EXPECT_EQ(test::read_file(dir.path() / "brief (3).txt"), "drei");
}

TEST(Streams, TheSizeLimitHolds) {
  const test::TempDir dir;
  StreamTable table;
  const std::uint64_t id = table.add(file_writer(dir.path(), "a", 4, nullptr));
  EXPECT_EQ(table.write(id, "abc"), PVS_OK);
  EXPECT_EQ(table.write(id, "de"), PVS_TOO_LARGE);
  EXPECT_EQ(table.write(id, "d"), PVS_OK);
}

TEST(Streams, OnlyRegularFilesAreRead) {
  const test::TempDir dir;
  EXPECT_EQ(file_reader(dir.path()), nullptr);
  EXPECT_EQ(file_reader(dir.path() / "missing"), nullptr);
  ASSERT_EQ(::mkfifo((dir.path() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(file_reader(dir.path() / "fifo"), nullptr);
  EXPECT_EQ(file_writer(dir.path() / "missing", "a", 0, nullptr), nullptr);
}

TEST(Streams, FileNamesAreMadeSafe) {
  EXPECT_EQ(safe_file_name("Brief.pdf"), "Brief.pdf");
  EXPECT_EQ(safe_file_name("Größe & Gewicht.pdf"), "Größe & Gewicht.pdf");
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("C:\\Users\\x\\evil.exe"), "evil.exe");
  EXPECT_EQ(safe_file_name(".bashrc"), "bashrc");
  EXPECT_EQ(safe_file_name("a\nb\x01.txt"), "ab.txt");
  EXPECT_EQ(safe_file_name(std::string_view("a\0b", 3)), "ab");
  EXPECT_EQ(safe_file_name(""), "datei");
  EXPECT_EQ(safe_file_name(".."), "datei");
  EXPECT_EQ(safe_file_name("a/"), "datei");
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "ä";
  const std::string cut = safe_file_name(umlauts + ".pdf");
  EXPECT_LE(cut.size(), 120U);
  EXPECT_TRUE(cut.ends_with("ä.pdf")) << cut;
}

}  // namespace
}  // namespace pvs
