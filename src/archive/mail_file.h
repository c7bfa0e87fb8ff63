// SPDX-License-Identifier: Apache-2.0
// A file of an archive, opened so that nothing but an ordinary file is ever read. Internal to archive/.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <streambuf>
#include <string>

#include "base/status.h"

namespace kvc::archive {

/// Reads a regular file piece by piece; can begin anew. A stream over it turns bad if the file system refuses. Thread:
/// one at a time.
class MailFile final : public std::streambuf {
 public:
  /// `directory` as openat() has it. With `follow` a symbolic link is gone through; otherwise, and for everything that
  /// is no regular file, file_unreadable.
  static Result<std::unique_ptr<MailFile>> open(int directory, const std::string& name, bool follow);
  ~MailFile() override;
  MailFile(const MailFile&) = delete;
  MailFile& operator=(const MailFile&) = delete;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// True if reading ended because the file system refused.
  [[nodiscard]] bool broken() const { return broken_; }
  void rewind();

 protected:
  int_type underflow() override;

 private:
  MailFile(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}

  int descriptor_;
  std::uint64_t size_;
  bool broken_ = false;
  std::array<char, 64UL * 1024> buffer_;
};

}  // namespace kvc::archive
