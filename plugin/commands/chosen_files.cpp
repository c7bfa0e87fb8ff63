// SPDX-License-Identifier: Apache-2.0
#include "commands/chosen_files.h"

namespace kvc::plugin::commands {
namespace {

constexpr std::size_t kPiece = 64UL * 1024;

}  // namespace

ChosenFiles::~ChosenFiles() {
  for (std::size_t i = next_; i < files_.size(); ++i) {
    static_cast<void>(host_.stream_close(files_[i].stream_id, false));
  }
}

Result<std::vector<mailbox::DraftFile>> ChosenFiles::read(const std::function<mailbox::FileSpool()>& new_file,
                                                          std::uint64_t& limit, const Cancel& cancel) {
  std::vector<mailbox::DraftFile> read;
  while (next_ < files_.size()) {
    const ChosenFile& file = files_[next_++];  // its stream is closed by read_one() from here on
    KVC_ASSIGN(mailbox::FileContent content, read_one(file, new_file(), limit, cancel));
    limit -= content.size();
    read.push_back(
        {file.name, file.media_type.empty() ? "application/octet-stream" : file.media_type, "", std::move(content)});
  }
  return read;
}

Result<mailbox::FileContent> ChosenFiles::read_one(const ChosenFile& file, mailbox::FileSpool spool,
                                                   std::uint64_t limit, const Cancel& cancel) {
  pvs::HostInputStream in(host_, file.stream_id);
  Secret piece = Secret::of_size(kPiece);
  while (true) {
    if (cancel.requested()) {
      return Status(error::cancelled, "cancelled while reading a file");
    }
    in.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0) {
      break;
    }
    if (got > limit - spool.size()) {
      return Status(error::too_large, "the files are larger than a message may be").with("file", file.name);
    }
    KVC_TRY(spool.add(piece.reveal().substr(0, got)));
  }
  if (in.status() != PVS_OK && in.status() != PVS_END_OF_STREAM) {
    return Status(error::file_unreadable, std::string("the host's stream answered ") + pvs::status_name(in.status()))
        .with("file", file.name);
  }
  return spool.finish();
}

}  // namespace kvc::plugin::commands
