// SPDX-License-Identifier: Apache-2.0
// Which delivery a reply belongs to, and which thread a message (protocol D: "A delivery and its answers are shown
// together"). Every function runs inside the caller's transaction; Poco's exceptions pass through to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox/content_cipher.h"
#include "mailbox/outbox_repository.h"
#include "mailbox/receipt_rules.h"

namespace kvc::mailbox {

/// The keyed hash a begleitdatei's GUID is kept as; GUIDs are compared without case.
Result<std::string> thread_key_of(const ContentCipher& cipher, std::string_view guid);
/// The same for what a correction shares with its original.
Result<std::string> delivery_key_of(const ContentCipher& cipher, std::string_view bsnr, std::string_view quarter,
                                    std::string_view type);

/// The delivery a reply belongs to: by the ids it refers to, then by the GUID (the version it names, else the newest).
/// Only one whose recipient is the reply's sender counts: anybody in the network may write any id into a message.
/// Receipts of ours are no deliveries.
std::optional<OutboxRow> delivery_of(Poco::Data::Session& session, std::string_view account_id, const Facts& facts,
                                     std::string_view thread_key, int version);

/// The thread of the message with this id, sent or received; empty if there is none.
std::string thread_of_message(Poco::Data::Session& session, std::string_view account_id, std::string_view message_id);

/// Thread of a message about to be sent: that of the mail it answers, else that of an earlier version with the same
/// GUID, else its own.
std::string thread_for(Poco::Data::Session& session, const OutboxRow& row);

}  // namespace kvc::mailbox
