// SPDX-License-Identifier: Apache-2.0
// Opens the mails of a batch by all processors and records what was found. Internal to mailbox/.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mailbox/items.h"
#include "mailbox/reader.h"

namespace kvc::mailbox {

/// A stored mail that was not opened yet.
struct ToOpen {
  InboxRow row;
  Reader::Known known;  ///< what it views lives until the mail is opened
};

/// What became of a batch.
struct BatchOpened {
  /// Of the database, for all of them; then they are opened by the next fetch.
  Status status;
  /// Why single mails were not opened; the next fetch tries them again.
  std::vector<Status> failures;
  /// receipts, not_valid and unassigned.
  FetchSummary counted;
};

/// Threads live no longer than a call. Thread: one call at a time.
class BatchOpener {
 public:
  BatchOpener(const Context& context, const OpenAccount& account) : context_(context), account_(account) {}

  /// Mails that a process which died had stored and not opened.
  Result<std::vector<ToOpen>> find(std::span<const std::string> inbox_ids) const;
  /// Opened in any order, recorded in the order they came, as one may refer to the other.
  BatchOpened open(const std::vector<ToOpen>& mails);

 private:
  using Judged = std::vector<Result<std::optional<Reader::Recording>>>;
  Judged judge(const std::vector<ToOpen>& mails);
  Status record(Judged& judged) const;

  const Context& context_;
  const OpenAccount& account_;
  std::vector<std::unique_ptr<Reader>> readers_;  ///< one for each thread
};

}  // namespace kvc::mailbox
