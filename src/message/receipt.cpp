// SPDX-License-Identifier: Apache-2.0
#include "message/receipt.h"

#include <algorithm>
#include <exception>
#include <new>

#include "message/content.h"
#include "message/open.h"
#include "mime/build.h"
#include "mime/header.h"
#include "mime/transfer.h"

namespace kvc::message {
namespace {

/// [C] What the network's systems write; `processed` is eDokumentation's.
constexpr std::string_view kDisplayed = "automatic-action/MDN-sent-automatically;displayed";
constexpr std::string_view kProcessed = "automatic-action/MDN-sent-automatically;processed";

/// "rfc822;address" (RFC 8098 section 3.2.4); the type is left out by some.
std::string address_of(std::string_view value) {
  const auto semicolon = value.find(';');
  const auto address = semicolon == std::string_view::npos ? value : value.substr(semicolon + 1);
  const auto addresses = mime::parse_addresses(address);
  return addresses.ok() && addresses->size() == 1 ? addresses->front() : std::string();
}

Result<ReceivedReceipt> from_header(const mime::Header& fields) {
  ReceivedReceipt receipt;
  receipt.original_message_id = mime::strip_brackets(fields.text("Original-Message-ID"));
  receipt.final_recipient = address_of(fields.get("Final-Recipient"));
  receipt.disposition = fields.text("Disposition");
  if (receipt.original_message_id.empty()) {
    return Status(error::malformed, "the receipt does not say which message it is for");
  }
  return receipt;
}

Result<ReceivedReceipt> read_checked(const OpenedMessage& message) {
  if (!message.content) {
    return Status(error::not_found, "the message was not opened");
  }
  for (std::size_t i = 0; i < message.content->parts.size() && i < message.parts.size(); ++i) {
    const auto& source = message.content->parts[i];
    if (source.media_type != kNotificationType) {
      continue;
    }
    if (source.notification.has("Original-Message-ID")) {
      return from_header(source.notification);  // the empty line is missing: the fields stand in the part's header
    }
    mime::WipedBytes body;
    KVC_TRY(read_part_of(message, i, [&](std::string_view piece) {
      mime::append(body, piece);
      return Status();
    }));
    return parse_disposition_notification(mime::view(body));
  }
  return Status(error::not_found, "the message is no receipt");
}

}  // namespace

Result<std::string> disposition_notification(const Receipt& receipt) {
  mime::HeaderWriter fields;
  KVC_TRY(fields.ascii("Final-Recipient", "rfc822;" + receipt.final_recipient));
  KVC_TRY(fields.ascii("Original-Message-ID", '<' + receipt.original_message_id + '>'));
  KVC_TRY(fields.ascii("Disposition", receipt.processed ? kProcessed : kDisplayed));
  return fields.str();
}

Result<ReceivedReceipt> parse_disposition_notification(std::string_view fields) {
  // RFC 8098 knows one group of fields; some senders begin it with empty lines or split it into two.
  std::string joined;
  for (std::size_t at = 0; at < fields.size() && joined.size() <= mime::kMaxHeaderBytes;) {
    const auto end = std::min(fields.find('\n', at), fields.size());
    const auto line = fields.substr(at, end - at);
    if (line.find_first_not_of("\r \t") != std::string_view::npos) {
      joined.append(line).append("\n");
    }
    at = end + 1;
  }
  KVC_ASSIGN(const mime::Header header, mime::Header::parse(joined));
  return from_header(header);
}

Result<ReceivedReceipt> read_receipt(const OpenedMessage& message) {
  try {
    return read_checked(message);
  } catch (const std::bad_alloc&) {
    return Status(error::out_of_memory, "not enough memory for the message");
  } catch (const std::exception&) {
    return Status(error::internal, "the receipt could not be read");
  }
}

}  // namespace kvc::message
