// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvconnect_server/mail_header.h"
#include "kvconnect_server/spool.h"
#include "kvconnect_server/storage.h"

namespace kvserver {

/// The fields of a header list, in the order of protocol A: element name and value.
using HeaderEntry = std::vector<std::pair<std::string, std::string>>;

struct StoredMail {
  std::int64_t id = 0;
  std::uint64_t size = 0;
};

/// The mailboxes. A mail is kept once however many recipients it has, in pieces, so that reading and writing need
/// bounded memory. Thread-safe; every change is on disk when a call returns.
class MailStore {
 public:
  explicit MailStore(Storage& storage) : storage_(storage) {}

  /// True if this Message-ID (bare) was ever accepted, even if the mail is gone meanwhile.
  bool was_accepted(std::string_view message_id) const;
  /// Stores the mail for every recipient or for none; false if the Message-ID was accepted meanwhile.
  bool accept(const MailHeader& header, const std::vector<std::string>& recipient_uids, const Spool& body);
  /// Entries `from` to `to` (exclusive) of the mailbox, oldest first.
  std::vector<HeaderEntry> headers(std::string_view uid, std::int64_t from, std::int64_t to) const;
  /// Bare Message-IDs in the mailbox, oldest first.
  std::vector<std::string> message_ids(std::string_view uid) const;
  std::optional<StoredMail> find(std::string_view uid, std::string_view message_id) const;
  /// Hands the mail to `sink` piece by piece; stops early if the mail is deleted meanwhile and returns false then.
  bool read(const StoredMail& mail, const std::function<void(std::string_view)>& sink) const;
  bool remove(std::string_view uid, std::string_view message_id);

 private:
  Storage& storage_;
};

}  // namespace kvserver
