// SPDX-License-Identifier: Apache-2.0
// Archived mail: import of .eml files into the inbox, export of a message and of what can be said about it.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "account/account_service.h"
#include "archive/protocol.h"
#include "base/env.h"
#include "base/log.h"
#include "base/status.h"
#include "mailbox/mailbox_service.h"
#include "store/database.h"

namespace kvc::archive {

/// What became of one file.
enum class FileOutcome {
  imported,           ///< stored; its verdict may be any
  imported_unopened,  ///< stored, no key at hand opens it; reopening after a key import will try again
  duplicate,          ///< a message with this Message-ID is there
  unknown_recipient,  ///< no key opens it and it is addressed to none of the accounts; not stored
  not_a_mail,
  unreadable,  ///< the file system refused
  too_large,
  failed,  ///< database
};
std::string_view key(FileOutcome outcome);

/// A file that was not imported (or only unopened), and why.
struct FileReport {
  std::string path;
  FileOutcome outcome = FileOutcome::failed;
  std::string detail;  ///< one English sentence, safe to show
};

struct ImportSummary {
  int files = 0, imported = 0, unopened = 0, duplicates = 0, unknown_recipients = 0, failed = 0;
  int not_valid = 0;  ///< of the imported ones, at their reference time
  bool cancelled = false;
  /// Every file that is not simply imported or a duplicate, at most kMaxReports; `more_reports` counts the rest.
  std::vector<FileReport> reports;
  int more_reports = 0;
};
inline constexpr std::size_t kMaxReports = 1000;

/// Thread: [worker]. `user_id` acts; accounts the user is not assigned to do not exist for the call.
class ArchiveService {
 public:
  /// `options` are those of the mailbox, so that answers from an archive find their deliveries.
  ArchiveService(std::shared_ptr<store::Database> database, account::AccountService& accounts, Env& env, Log& log,
                 mailbox::Options options = {});

  /// Imports a file, or a folder with everything below it: every regular file whose name ends in .eml (any case);
  /// symbolic links are not followed, folders are read entry by entry. Each mail is stored in its original bytes in
  /// the inbox of the account that has a key for it (the addressee's first), judged at its signing time, and never
  /// causes a receipt. It stands in the list at the Date of its header. Runs any number of times: what is there is a
  /// duplicate. Cancelling keeps what was imported. Progress keys: "archive.file" (with permille -1: folders are not
  /// counted beforehand). Errors: file_unreadable for `path` itself, invalid_state if the user has no account with a
  /// certificate, storage, session_locked. Everything that concerns one file alone is in the summary.
  Result<ImportSummary> import(std::string_view user_id, const std::string& path, const ProgressFn& progress,
                               const Cancel& cancel);

  /// The time at which a mail from an archive is judged from now on; its signing time, the signer's own claim, until
  /// somebody knows better. The verdict in the list stays that of the import; opening and protocol() use the new time.
  /// Errors: not_found, invalid_state for a mail that came from the server.
  Status set_reference_time(std::string_view user_id, std::string_view inbox_id,
                            const message::ReferenceTime& reference);

  /// The original bytes of an inbox message, or of a sent one (`outbox_id`) as they left. Errors: not_found,
  /// invalid_state for a message that was never sealed or, too large, never fetched; file_unwritable.
  Status export_eml(std::string_view user_id, std::string_view inbox_id, std::ostream& out);
  Status export_sent_eml(std::string_view user_id, std::string_view outbox_id, std::ostream& out);
  /// Everything that can be said about an inbox message, or about a sent one. Does not mark it as read. Errors as
  /// above.
  Result<Protocol> protocol(std::string_view user_id, std::string_view inbox_id);
  Result<Protocol> sent_protocol(std::string_view user_id, std::string_view outbox_id);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kvc::archive
