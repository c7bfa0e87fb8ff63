// SPDX-License-Identifier: Apache-2.0
#include "commands/chosen_files.h"

#include <algorithm>

namespace kvc::plugin::commands {
namespace {

constexpr std::uint64_t kFirstBytes = 1U << 20U;
constexpr std::size_t kPiece = 1U << 20U;

/// The same bytes with room for more; the smaller copy is wiped.
Secret grown(const Secret& content, std::size_t used, std::uint64_t limit) {
  const std::uint64_t wanted = std::max<std::uint64_t>(65536, std::uint64_t{used} * 2);
  Secret larger = Secret::of_size(static_cast<std::size_t>(std::min(wanted, limit)));
  std::copy_n(content.bytes().begin(), used, larger.data());
  return larger;
}

}  // namespace

ChosenFiles::~ChosenFiles() {
  for (std::size_t i = next_; i < files_.size(); ++i) {
    static_cast<void>(host_.stream_close(files_[i].stream_id, false));
  }
}

Result<std::vector<mailbox::DraftFile>> ChosenFiles::read(std::uint64_t& limit, const Cancel& cancel) {
  std::vector<mailbox::DraftFile> read;
  while (next_ < files_.size()) {
    const ChosenFile& file = files_[next_++];  // its stream is closed by read_one() from here on
    KVC_ASSIGN(Secret content, read_one(file, limit, cancel));
    limit -= content.size();
    read.push_back(
        {file.name, file.media_type.empty() ? "application/octet-stream" : file.media_type, "", std::move(content)});
  }
  return read;
}

Result<Secret> ChosenFiles::read_one(const ChosenFile& file, std::uint64_t limit, const Cancel& cancel) {
  pvs::HostInputStream in(host_, file.stream_id);
  Secret content = Secret::of_size(static_cast<std::size_t>(std::min({file.size, limit, kFirstBytes})));
  std::size_t used = 0;
  while (true) {
    if (used == content.size()) {
      if (in.peek() == std::char_traits<char>::eof()) {
        break;
      }
      if (used >= limit) {
        return Status(error::too_large, "the files are larger than a message may be").with("file", file.name);
      }
      content = grown(content, used, limit);
    }
    if (cancel.requested()) {
      return Status(error::cancelled, "cancelled while reading a file");
    }
    in.read(reinterpret_cast<char*>(content.data()) + used,
            static_cast<std::streamsize>(std::min(content.size() - used, kPiece)));
    if (in.gcount() == 0) {
      break;
    }
    used += static_cast<std::size_t>(in.gcount());
  }
  if (in.status() != PVS_OK && in.status() != PVS_END_OF_STREAM) {
    return Status(error::file_unreadable, std::string("the host's stream answered ") + pvs::status_name(in.status()))
        .with("file", file.name);
  }
  return used == content.size() ? std::move(content) : Secret(content.bytes().first(used));
}

}  // namespace kvc::plugin::commands
