// SPDX-License-Identifier: Apache-2.0
// A file without a place on a disk: an archived mail may lie unencrypted in a stream of the host's.
#pragma once

#include <cstdint>
#include <pvs/plugin.hpp>
#include <string>

#include "base/env.h"
#include "base/status.h"

namespace kvc::plugin::commands {

/// Anonymous memory that can be opened by a path of this process (memfd_create). Gone with the object.
class MemoryFile {
 public:
  /// Reads a stream the host opened, at most `limit` bytes, and closes it in any case. Errors: too_large,
  /// file_unreadable, cancelled, out_of_memory.  [worker]
  static Result<MemoryFile> read(pvs::HostClient& host, std::uint64_t stream_id, std::uint64_t limit,
                                 const Cancel& cancel);
  MemoryFile(MemoryFile&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  MemoryFile& operator=(MemoryFile&&) = delete;
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  /// Opens the bytes from their beginning.
  [[nodiscard]] std::string path() const;

 private:
  explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace kvc::plugin::commands
