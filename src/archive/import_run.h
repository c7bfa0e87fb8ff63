// SPDX-License-Identifier: Apache-2.0
// One import: its accounts, and what becomes of each file. Internal to archive/.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "archive/archive_service.h"
#include "archive/mail_file.h"
#include "archive/mail_head.h"
#include "mailbox/archived.h"

namespace kvc::archive {

/// The accounts of a user, opened, with everything their keys open.
class ImportRun {
 public:
  ImportRun(const mailbox::Context& context, std::string user_id, const ProgressFn& progress, const Cancel& cancel)
      : context_(context), user_id_(std::move(user_id)), progress_(progress), cancel_(cancel) {}

  /// Errors: invalid_state if no account can be opened, session_locked, storage.
  Status open_accounts();
  Result<ImportSummary> run(const std::string& path);

 private:
  struct Target {
    mailbox::OpenAccount account;
    message::OpenOptions options;
  };

  Status take(int directory, const std::string& name, const std::string& path, bool follow);
  /// Gives an error only for what ends the whole import.
  Status store(MailFile& file, const std::string& path);
  Result<bool> is_known(const std::string& message_id);
  /// Addressees first, then the sender (own sent mail), then all others.
  std::vector<const Target*> in_order(const MailHead& head) const;
  /// The account a mail belongs to; null if it belongs to none.
  Result<const Target*> target_of(MailFile& file, const MailHead& head);
  Status store_for(const Target& target, MailFile& file, const MailHead& head, const std::string& path);
  void report(const std::string& path, FileOutcome outcome, const std::string& detail);

  const mailbox::Context& context_;
  std::string user_id_;
  const ProgressFn& progress_;
  const Cancel& cancel_;
  std::deque<Target> targets_;
  ImportSummary summary_;
};

}  // namespace kvc::archive
