// SPDX-License-Identifier: Apache-2.0
#include "commands/small_file.h"

#include <algorithm>

namespace kvc::plugin::commands {
namespace {

constexpr std::size_t kFirstBytes = 64U << 10U;

Status unreadable(pvs_status status) {
  return Status(error::file_unreadable, std::string("the host's stream answered ") + pvs::status_name(status));
}

/// The same bytes with room for more; the smaller copy is wiped.
Secret with_room(const Secret& bytes, std::size_t used, std::size_t room) {
  Secret larger = Secret::of_size(room);
  std::copy_n(bytes.bytes().begin(), used, larger.data());
  return larger;
}

Result<Secret> read(pvs::HostClient& host, std::uint64_t stream_id, std::uint64_t limit, const Cancel& cancel) {
  // One byte more than allowed shows that there is more.
  const auto most = static_cast<std::size_t>(limit + 1);
  Secret bytes = Secret::of_size(std::min(kFirstBytes, most));
  std::size_t used = 0;
  while (true) {
    if (cancel.requested()) {
      return Status(error::cancelled, "cancelled while reading a file");
    }
    if (used > limit) {
      return Status(error::too_large, "the file is larger than it may be");
    }
    if (used == bytes.size()) {
      bytes = with_room(bytes, used, std::min(most, bytes.size() * 2));
    }
    std::size_t got = 0;
    const pvs_status status = host.stream_read(stream_id, bytes.data() + used, bytes.size() - used, got);
    if (status == PVS_END_OF_STREAM || (status == PVS_OK && got == 0)) {
      return Secret(bytes.bytes().first(used));
    }
    if (status != PVS_OK || got > bytes.size() - used) {
      return unreadable(status);
    }
    used += got;
  }
}

}  // namespace

Result<Secret> read_small_file(pvs::HostClient& host, std::uint64_t stream_id, std::uint64_t limit,
                               const Cancel& cancel) {
  Result<Secret> bytes = read(host, stream_id, limit, cancel);
  static_cast<void>(host.stream_close(stream_id, false));
  return bytes;
}

void close_files(pvs::HostClient& host, const std::vector<ChosenFile>& files) {
  for (const ChosenFile& file : files) {
    static_cast<void>(host.stream_close(file.stream_id, false));
  }
}

Result<std::string> write_user_file(Runtime& runtime, const Request& request, const std::string& name,
                                    const std::string& media_type, std::string_view bytes) {
  KVC_ASSIGN(CreatedFile file,
             runtime.host().create_file(request.who.session_id, request.who.user_id, name, media_type));
  pvs::HostOutputStream out(runtime.host().client(), file.stream_id);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush() || out.commit() != PVS_OK) {
    return Status(error::file_unwritable, std::string("the host's stream answered ") + pvs::status_name(out.status()));
  }
  return file.display_path;
}

}  // namespace kvc::plugin::commands
