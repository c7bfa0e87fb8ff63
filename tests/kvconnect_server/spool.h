// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace kvserver {

/// A request body on its way to the database. Small ones stay in memory, larger ones go to an unnamed file in the data
/// directory, so memory stays bounded for mails of any size. Throws std::runtime_error if the disk fails.
class Spool {
 public:
  explicit Spool(std::filesystem::path directory) : directory_(std::move(directory)) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  void append(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  /// At most `length` bytes from `offset`.
  std::string read(std::uint64_t offset, std::size_t length) const;

 private:
  void move_to_file();

  std::filesystem::path directory_;
  std::string memory_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace kvserver
