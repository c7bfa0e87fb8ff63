// SPDX-License-Identifier: Apache-2.0
// What an opened message means for the mailbox: receipt, answer, receipt owed. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "message/open.h"
#include "message/receipt.h"
#include "service/catalogue.h"
#include "service/service_id.h"

namespace kvc::mailbox {

/// A receipt (MDN) this account has to send.
struct OwedReceipt {
  std::string to, subject;
  service::ServiceId service_id;
  std::string original_message_id;
  bool processed = false;
};

/// What an opened message says of itself, from its innermost layer.
struct Facts {
  bool opened = false;  ///< every layer could be decrypted and read
  bool is_receipt = false;
  std::string from, subject, service_id, in_reply_to;  ///< empty unless covered by a good signature
  service::MessageKind kind = service::MessageKind::delivery;
  /// An answer of a KV (or another receiver out of the KVCA file): it must belong to a delivery.
  bool from_kv = false;
  /// Trustworthy, so that it may say something about our own messages: `valid` in its innermost layer.
  bool trusted = false;
  /// Ids of the messages this one confirms or answers, the surest first; empty unless trusted.
  std::vector<std::string> refers_to;
  std::optional<OwedReceipt> owed;
};

/// Confirmations and answers count only if the innermost layer is `valid`; the outbox then compares its From with the
/// recipient of the message in question.
///
/// A receipt is owed (protocol C "MDN") if the message's clear header asks for one with Disposition-Notification-To and
/// Return-Path, each once, equal - and both equal to From in a message that is valid in all layers: a receipt to
/// anybody else would tell a third party that and when the practice fetches mail. For a nested mail (KV-Connect Mobile)
/// the header in question is the wrapped mail's own. Never for a receipt, never for a service whose receipt policy is
/// never (1ClickAbrechnung), never without a Dienstkennung, which names the receipt's.
Facts facts_of(const message::OpenedMessage& message, const service::Catalogue& catalogue);

}  // namespace kvc::mailbox
