// SPDX-License-Identifier: Apache-2.0
// A file of an archive, opened so that nothing but an ordinary file is ever read. Internal to archive/.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>

#include "base/status.h"

namespace kvc::archive {

/// A regular file that can be read any number of times. Thread: one at a time.
class MailFile {
 public:
  /// `directory` as openat() has it. With `follow` a symbolic link is gone through; otherwise, and for everything that
  /// is no regular file, file_unreadable.
  static Result<std::unique_ptr<MailFile>> open(int directory, const std::string& name, bool follow);
  ~MailFile();
  MailFile(const MailFile&) = delete;
  MailFile& operator=(const MailFile&) = delete;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The bytes from their start, piece by piece; several streams may be open. A stream turns bad if the file system
  /// refuses. It must not outlive the file.
  std::unique_ptr<std::istream> read();
  /// True if a stream ended because the file system refused.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  class Buffer;
  MailFile(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}

  int descriptor_;
  std::uint64_t size_;
  bool broken_ = false;
};

}  // namespace kvc::archive
