// SPDX-License-Identifier: Apache-2.0
// The outbox, and a delivery with all its answers. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mailbox/items.h"
#include "service/catalogue.h"
#include "views/account_views.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// Which part of the outbox is listed.
enum class OutboxPart { messages, overdue, drafts, everything };
/// Stable, as in the actions' ids.
[[nodiscard]] std::string_view name(OutboxPart part);
/// Nothing for an action that chooses no part.
[[nodiscard]] std::optional<OutboxPart> outbox_part(std::string_view action_id);

/// A page of the outbox of all accounts of a user.
struct OutboxList {
  OutboxPart part = OutboxPart::messages;
  std::vector<mailbox::OutboxItem> items{};
  std::string next{};       ///< cursor of the next page
  std::uint64_t total = 0;  ///< 0: not known
  std::size_t overdue = 0;  ///< replies that are missing, over all accounts
  UserNames accounts{};     ///< account name by id; a column of their own if there are several
};

/// kind "outbox"; tells without opening whether a message was sent, to whom and when, which files, whether its receipt
/// and its answers are there (protocol D, 1-Click rules). Row actions open, retry, withdraw, clear_overdue, edit,
/// delete where they can work; view actions `messages`, `overdue`, `drafts`, `everything`.
[[nodiscard]] pvs::v1::View outbox(const Texts& t, const service::Catalogue& catalogue, const OutboxList& list);
/// kind "outbox.message".
[[nodiscard]] pvs::v1::View outbox_message(const Texts& t, const service::Catalogue& catalogue,
                                           const mailbox::OutboxItem& item);
/// The same for one that was taken back, or a draft that was deleted: what it was, and nothing to do with it.
[[nodiscard]] pvs::v1::View outbox_withdrawn(const Texts& t, const service::Catalogue& catalogue,
                                             const mailbox::OutboxItem& item);
/// kind "outbox.withdraw"; asks before a message or draft is taken back for good; action `confirm`.
[[nodiscard]] pvs::v1::View withdraw_question(const Texts& t, const mailbox::OutboxItem& item);
/// kind "outbox.clear_overdue"; action `clear` with the reply and a note.
[[nodiscard]] pvs::v1::View clear_overdue(const Texts& t, const mailbox::OutboxItem& item, const std::string& note,
                                          const FieldErrors& errors);

/// kind "thread": a delivery, its answers and corrections in order of time; row ids "out:<id>" and "in:<id>".
[[nodiscard]] pvs::v1::View thread(const Texts& t, const service::Catalogue& catalogue, const mailbox::Thread& thread);

}  // namespace kvc::plugin::views
