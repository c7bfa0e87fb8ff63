// SPDX-License-Identifier: Apache-2.0
// Files a user chose for a message: streamed in, as many bytes as a message may have.
#pragma once

#include <cstdint>
#include <functional>
#include <pvs/plugin.hpp>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "commands/values.h"
#include "mailbox/mailbox_service.h"

namespace kvc::plugin::commands {

/// Closes the streams in any case, read or not.  [worker]
class ChosenFiles {
 public:
  ChosenFiles(pvs::HostClient& host, std::vector<ChosenFile> files) : host_(host), files_(std::move(files)) {}
  ChosenFiles(const ChosenFiles&) = delete;
  ChosenFiles& operator=(const ChosenFiles&) = delete;
  ~ChosenFiles();

  /// Reads all of them into what `new_file` gives for each (MailboxService::new_file), together at most `limit` bytes,
  /// which becomes what is left of it. The announced size decides nothing. Errors: too_large, file_unreadable (both
  /// with "file"), cancelled, storage.
  Result<std::vector<mailbox::DraftFile>> read(const std::function<mailbox::FileSpool()>& new_file,
                                               std::uint64_t& limit, const Cancel& cancel);

 private:
  Result<mailbox::FileContent> read_one(const ChosenFile& file, mailbox::FileSpool spool, std::uint64_t limit,
                                        const Cancel& cancel);

  pvs::HostClient& host_;
  std::vector<ChosenFile> files_;
  std::size_t next_ = 0;
};

}  // namespace kvc::plugin::commands
