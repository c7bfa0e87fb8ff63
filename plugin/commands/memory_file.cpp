// SPDX-License-Identifier: Apache-2.0
#include "commands/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace kvc::plugin::commands {
namespace {

bool write_all(int descriptor, const std::uint8_t* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

Status copy(pvs::HostClient& host, std::uint64_t stream_id, int descriptor, std::uint64_t limit, const Cancel& cancel) {
  std::vector<std::uint8_t> buffer(64UL * 1024);
  std::uint64_t used = 0;
  while (true) {
    if (cancel.requested()) {
      return {error::cancelled, "cancelled while reading a file"};
    }
    std::size_t got = 0;
    const pvs_status status = host.stream_read(stream_id, buffer.data(), buffer.size(), got);
    if (status == PVS_END_OF_STREAM || (status == PVS_OK && got == 0)) {
      return {};
    }
    if (status != PVS_OK || got > buffer.size()) {
      return {error::file_unreadable, std::string("the host's stream answered ") + pvs::status_name(status)};
    }
    used += got;
    if (used > limit) {
      return {error::too_large, "the file is larger than any mail this practice takes"};
    }
    if (!write_all(descriptor, buffer.data(), got)) {
      return {error::out_of_memory, "there is no memory for the file"};
    }
  }
}

}  // namespace

Result<MemoryFile> MemoryFile::read(pvs::HostClient& host, std::uint64_t stream_id, std::uint64_t limit,
                                    const Cancel& cancel) {
  MemoryFile file(::memfd_create("kvconnect-mail", MFD_CLOEXEC));
  const Status status = file.descriptor_ < 0 ? Status(error::out_of_memory, "there is no memory for the file")
                                             : copy(host, stream_id, file.descriptor_, limit, cancel);
  static_cast<void>(host.stream_close(stream_id, false));
  if (!status.ok()) {
    return status;
  }
  return file;
}

MemoryFile::~MemoryFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

std::string MemoryFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

}  // namespace kvc::plugin::commands
