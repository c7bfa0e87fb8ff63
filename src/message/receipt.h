// SPDX-License-Identifier: Apache-2.0
// Receipts (MDN, Eingangsbestaetigung; RFC 8098, protocol C "MDN"): the mail was fetched by the recipient's system. No
// promise that anybody read it.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace kvc::message {

class OpenedMessage;

/// A receipt to be sent.
struct Receipt {
  std::string original_message_id;  ///< without brackets
  std::string final_recipient;      ///< address of the account that received
  bool processed = false;           ///< eDokumentation says `processed`, all others `displayed`
};

/// Facts of a received receipt.
struct ReceivedReceipt {
  std::string original_message_id;  ///< without brackets, never empty
  std::string final_recipient;      ///< address only; empty if the sender left it out
  std::string disposition;          ///< as sent, e.g. "automatic-action/MDN-sent-automatically;displayed"
};

/// The body of a message/disposition-notification part, CRLF. Error: invalid_field, with the parameter "field".
Result<std::string> disposition_notification(const Receipt& receipt);

/// Reads the fields of a message/disposition-notification leniently: `fields` is the body, or the part's whole text
/// where the sender forgot the empty line between part header and fields. Error: malformed if there is no
/// Original-Message-ID.
Result<ReceivedReceipt> parse_disposition_notification(std::string_view fields);

/// The receipt a verified message carries. Errors: not_found if it is none (also when its content is not covered by a
/// good signature), malformed if it is one and cannot be read.
Result<ReceivedReceipt> read_receipt(const OpenedMessage& message);

}  // namespace kvc::message
