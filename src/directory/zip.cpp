// SPDX-License-Identifier: Apache-2.0
#include "directory/zip.h"

#include <Poco/Checksum.h>
#include <Poco/InflatingStream.h>
#include <Poco/MemoryStream.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/guard.h"

namespace kvc::directory {
namespace {

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kCentralSignature = 0x02014b50;
constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kCentralSize = 46;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kMaxComment = 0xFFFF;
constexpr std::uint32_t kIsZip64 = 0xFFFFFFFF;
constexpr std::uint32_t kStored = 0;
constexpr std::uint32_t kDeflated = 8;
constexpr std::uint32_t kEncrypted = 1;

Status bad(const char* why) {
  return {error::bad_answer, why};
}

/// Little-endian number of `size` bytes; the caller made sure that they are there.
std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return value;
}

struct Directory {
  std::size_t begin = 0, end = 0;
  std::size_t count = 0;
};

struct File {
  std::uint32_t method = 0, crc = 0, packed = 0, size = 0;
  std::size_t local = 0;
};

/// The last record of the file; a comment may follow it.
Result<Directory> find_directory(std::string_view zip) {
  if (zip.size() < kEndSize) {
    return bad("the address book is no zip");
  }
  const std::size_t lowest = zip.size() - std::min(zip.size(), kEndSize + kMaxComment);
  for (std::size_t at = zip.size() - kEndSize + 1; at-- > lowest;) {
    if (number(zip, at, 4) != kEndSignature || at + kEndSize + number(zip, at + 20, 2) != zip.size()) {
      continue;
    }
    const Directory found{number(zip, at + 16, 4),
                          static_cast<std::size_t>(number(zip, at + 16, 4)) + number(zip, at + 12, 4),
                          number(zip, at + 10, 2)};
    if (number(zip, at + 4, 2) != 0 || number(zip, at + 6, 2) != 0 || number(zip, at + 8, 2) != found.count) {
      return bad("the zip of the address book has several volumes");
    }
    if (found.count > kMaxZipEntries || found.end > at) {
      return bad("the directory of the zip is not plausible");
    }
    return found;
  }
  return bad("the address book is no zip, or its end is missing");
}

bool has_suffix(std::string_view name, std::string_view suffix) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return name.size() >= suffix.size() &&
         std::equal(suffix.begin(), suffix.end(), name.end() - static_cast<std::ptrdiff_t>(suffix.size()),
                    [&](char a, char b) { return small(a) == small(b); });
}

Status check(const File& file, std::uint32_t flags) {
  if ((flags & kEncrypted) != 0) {
    return bad("the file in the zip is encrypted");
  }
  if (file.method != kStored && file.method != kDeflated) {
    return bad("the file in the zip is compressed in an unknown way");
  }
  if (file.size == kIsZip64 || file.packed == kIsZip64 || file.size > kMaxUnpacked) {
    return bad("the file in the zip is too large");
  }
  return file.method == kStored && file.size != file.packed ? bad("the sizes in the zip disagree") : Status();
}

Result<File> find_file(std::string_view zip, std::string_view suffix) {
  KVC_ASSIGN(const Directory directory, find_directory(zip));
  std::optional<File> found;
  std::size_t at = directory.begin;
  for (std::size_t i = 0; i < directory.count; ++i) {
    if (at > directory.end || directory.end - at < kCentralSize || number(zip, at, 4) != kCentralSignature) {
      return bad("the directory of the zip is broken");
    }
    const std::size_t name_size = number(zip, at + 28, 2);
    const std::size_t size = kCentralSize + name_size + number(zip, at + 30, 2) + number(zip, at + 32, 2);
    if (directory.end - at < size) {
      return bad("the directory of the zip is truncated");
    }
    if (has_suffix(zip.substr(at + kCentralSize, name_size), suffix)) {
      if (found) {
        return bad("the zip has several files that could be the address book");
      }
      found = File{number(zip, at + 10, 2), number(zip, at + 16, 4), number(zip, at + 20, 4), number(zip, at + 24, 4),
                   number(zip, at + 42, 4)};
      KVC_TRY(check(*found, number(zip, at + 8, 2)));
    }
    at += size;
  }
  return found ? Result<File>(*found) : bad("the zip does not hold the address book");
}

/// The packed bytes; they must lie before the directory.
Result<std::string_view> data_of(std::string_view zip, const File& file) {
  KVC_ASSIGN(const Directory directory, find_directory(zip));
  if (file.local > directory.begin || directory.begin - file.local < kLocalSize ||
      number(zip, file.local, 4) != kLocalSignature) {
    return bad("the zip points to a file that is not there");
  }
  const std::size_t header = kLocalSize + number(zip, file.local + 26, 2) + number(zip, file.local + 28, 2);
  if (directory.begin - file.local < header || directory.begin - file.local - header < file.packed) {
    return bad("the file in the zip is truncated");
  }
  return zip.substr(file.local + header, file.packed);
}

/// Counts and checks what comes out of the zip; at most one block more than declared is unpacked.
class Measured : public std::streambuf {
 public:
  Measured(std::streambuf& inner, std::uint64_t declared) : inner_(inner), declared_(declared) {}
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint32_t crc() { return static_cast<std::uint32_t>(crc_.checksum()); }

 protected:
  int_type underflow() override {
    if (gptr() != egptr()) {
      return traits_type::to_int_type(*gptr());
    }
    const auto got = total_ > declared_ ? 0 : inner_.sgetn(block_.data(), static_cast<std::streamsize>(block_.size()));
    if (got <= 0) {
      return traits_type::eof();
    }
    total_ += static_cast<std::uint64_t>(got);
    crc_.update(block_.data(), static_cast<unsigned>(got));
    setg(block_.data(), block_.data(), block_.data() + got);
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::streambuf& inner_;
  std::uint64_t declared_;
  std::array<char, kReadBlock> block_{};
  Poco::Checksum crc_{Poco::Checksum::TYPE_CRC32};
  std::uint64_t total_ = 0;
};

Status read_through(std::streambuf& unpacked, const File& file, const Cancel& cancel,
                    const std::function<Status(BookStream&)>& reader) {
  Measured measured(unpacked, file.size);
  BookStream stream(measured, cancel);
  const Status read = reader(stream);
  // A wrong size explains what the reader stumbled over, so it is looked at first; a text that goes on is too long.
  if (!read.ok() && !read.is(error::bad_answer)) {
    return read;
  }
  if (measured.total() > file.size) {
    return bad("the file in the zip is larger than declared");
  }
  KVC_TRY(read);
  while (stream.sbumpc() != std::streambuf::traits_type::eof()) {  // blanks behind the last bracket
  }
  KVC_TRY(stream.outcome());
  if (measured.total() != file.size) {
    return bad("the file in the zip has another size than declared");
  }
  return measured.crc() == file.crc ? Status() : bad("the file in the zip is damaged");
}

}  // namespace

Status unzip(std::string_view zip, std::string_view suffix, const Cancel& cancel,
             const std::function<Status(BookStream&)>& reader) {
  return guarded([&]() -> Status {
    KVC_ASSIGN(const File file, find_file(zip, suffix));
    KVC_ASSIGN(const std::string_view packed, data_of(zip, file));
    Poco::MemoryInputStream in(packed.data(), static_cast<std::streamsize>(packed.size()));
    if (file.method == kStored) {
      return read_through(*in.rdbuf(), file, cancel, reader);
    }
    constexpr int kRawDeflate = -15;  // zlib's largest window, without a header of its own
    Poco::InflatingStreamBuf inflating(in, kRawDeflate);
    return read_through(inflating, file, cancel, reader);
  });
}

}  // namespace kvc::directory
