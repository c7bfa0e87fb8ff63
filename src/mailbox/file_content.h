// SPDX-License-Identifier: Apache-2.0
// The bytes of a file that goes along with a letter, from the moment it is chosen until it lies in the outbox.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/secret.h"
#include "base/status.h"

namespace kvc::mailbox {

/// Immutable; copies share the bytes. Up to kInMemory they are in memory that is wiped. More lies in a file without a
/// name, encrypted under a key that exists in this object alone: when the last copy goes, or the process dies, there
/// is nothing left to read. Thread: [any], also several readers at once.
class FileContent {
 public:
  /// [D] What is looked at before a letter is complete (is it a PDF, which billing file is it) fits in.
  static constexpr std::size_t kInMemory = 128UL * 1024;

  FileContent() = default;
  /// Of any size, all of it in memory. Not explicit: small files that are made, not chosen, are Secrets.
  FileContent(Secret bytes);  // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// The first bytes: all of a file in memory, else the first kInMemory. Lives as long as this object.
  [[nodiscard]] std::string_view head() const noexcept;
  /// All bytes from their start. The stream turns bad where they cannot be read; it never ends early.
  [[nodiscard]] std::unique_ptr<std::istream> open() const;

 private:
  friend class FileSpool;
  struct Stored;
  std::shared_ptr<const Stored> stored_;
};

/// Takes the bytes of a file as they come. Thread: one at a time.
class FileSpool {
 public:
  /// `directory` gets the file without a name, should one be needed; where there is none, all stays in memory.
  FileSpool(Env& env, std::string directory);
  ~FileSpool();
  FileSpool(FileSpool&&) noexcept;
  FileSpool& operator=(FileSpool&&) = delete;
  FileSpool(const FileSpool&) = delete;
  FileSpool& operator=(const FileSpool&) = delete;

  /// Errors: storage_full, storage_failed.
  Status add(std::string_view bytes);
  [[nodiscard]] std::uint64_t size() const noexcept;
  /// Once. Errors: as add().
  Result<FileContent> finish();

 private:
  Status flush();
  Status grow(std::size_t wanted);
  Status open_file();

  Env* env_;
  std::string directory_;
  std::shared_ptr<FileContent::Stored> stored_;
  Secret buffer_;
  std::size_t used_ = 0;
  std::uint64_t chunks_ = 0;
};

}  // namespace kvc::mailbox
