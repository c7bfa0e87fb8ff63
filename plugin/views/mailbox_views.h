// SPDX-License-Identifier: Apache-2.0
// Outbox, inbox and messages as a user sees them. Pure functions: facts in, view out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mailbox/mailbox_service.h"
#include "views/account_views.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// Rows of a page, and which page it is.
template <class Item>
struct Page {
  std::vector<Item> items;
  std::size_t offset = 0, total = 0;
  UserNames accounts;  ///< account name by id; a column of their own if there are several
};
/// Rows a page has at most.
inline constexpr std::size_t kPageSize = 50;

/// kind "outbox"; row actions open, retry, withdraw where they can work.
[[nodiscard]] pvs::v1::View outbox(const Texts& t, const Page<mailbox::OutboxItem>& page);
/// kind "outbox.message".
[[nodiscard]] pvs::v1::View outbox_message(const Texts& t, const mailbox::OutboxItem& item);
/// kind "inbox"; row action open.
[[nodiscard]] pvs::v1::View inbox(const Texts& t, const Page<mailbox::InboxItem>& page);
/// kind "inbox.message": the verdict in words, the facts of each layer, and the content only as far as it may be shown.
[[nodiscard]] pvs::v1::View inbox_message(const Texts& t, const mailbox::OpenedItem& opened);

/// True if content with this verdict may be shown as the message: it lies in a good signature whose signer a User CA of
/// the environment vouches for and who is the sender. Everything else can only be saved, after a warning.
[[nodiscard]] bool may_be_shown(message::Verdict verdict);

/// kind "message.queued": what became of a message that was just handed to the outbox.
[[nodiscard]] pvs::v1::View send_result(const Texts& t, const mailbox::OutboxItem& item);

/// What a fetch of one account brought.
struct FetchOutcome {
  std::string account_name;
  mailbox::FetchSummary summary;
  Status status;
};
/// kind "fetch.summary".
[[nodiscard]] pvs::v1::View fetch_summary(const Texts& t, const std::vector<FetchOutcome>& outcomes);
/// kind "file.saved".
[[nodiscard]] pvs::v1::View file_saved(const Texts& t, const std::string& path, bool unverified);
/// A notice of the given kind: its title and `<kind>.text`.
[[nodiscard]] pvs::v1::View notice(const Texts& t, std::string_view kind, pvs::v1::Severity severity,
                                   const Args& args = {});

/// A base name that is safe in a directory listing and on every file system: no separators, no control characters, no
/// leading dots, at most 120 bytes of whole characters; `otherwise` if nothing is left.
[[nodiscard]] std::string safe_file_name(std::string_view name, std::string_view otherwise);

}  // namespace kvc::plugin::views
