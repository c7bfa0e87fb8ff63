// SPDX-License-Identifier: Apache-2.0
#include "mailbox/drafting.h"

#include <algorithm>

#include "mime/header.h"

namespace kvc::mailbox {
namespace {

constexpr std::string_view kBillingService = "1ClickAbrechnung";
constexpr std::size_t kLongestAddress = 254;  // RFC 5321 section 4.5.3.1.3, without the brackets

// Part 1 of a receipt, read by people of another practice (protocol C "MDN").
constexpr std::string_view kReceiptText =
    "Ihre Nachricht wurde vom System des Empfängers abgerufen. Das sagt nicht, dass sie schon gelesen wurde.\r\n";

Status invalid(const char* field, const char* sentence) {
  return Status(error::invalid_field, sentence).with("field", field);
}

bool one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

bool usable_address(const std::string& text) {
  const auto parsed = mime::parse_addresses(text);
  return text.size() <= kLongestAddress && one_line(text) && parsed.ok() && parsed->size() == 1 &&
         parsed->front() == text;
}

OutboxRow new_row(const OpenAccount& account, Env& env) {
  OutboxRow row;
  row.id = new_uuid(env);
  row.account_id = account.id();
  const std::string& address = account.address();
  row.message_id = new_uuid(env) + address.substr(std::min(address.find('@'), address.size()));
  row.created = env.now();
  row.next_try = row.created;
  return row;
}

}  // namespace

Status check_draft(const Draft& draft, std::uint64_t max_bytes) {
  if (!usable_address(draft.to)) {
    return invalid("recipient", "the recipient is no mail address");
  }
  if (draft.service_id.service.empty() || !service::ServiceId::parse(draft.service_id.text()).ok()) {
    return invalid("service_id", "the message has no usable service id");
  }
  if (draft.subject.empty() || !one_line(draft.subject)) {
    return invalid("subject", "the clear subject is empty or has line breaks");
  }
  if (!one_line(draft.user_subject)) {
    return invalid("user_subject", "the subject has line breaks");
  }
  if (!one_line(draft.in_reply_to)) {
    return invalid("in_reply_to", "the id of the answered message has line breaks");
  }
  std::uint64_t total = draft.text.size();
  for (const DraftFile& file : draft.files) {
    if (file.name.empty() || !one_line(file.name) || !one_line(file.type) || !one_line(file.description)) {
      return invalid("files", "a file has no name, or line breaks in its name, type or description");
    }
    total += file.content.size();
  }
  return total > max_bytes ? Status(error::too_large, "text and files are larger than the settings allow") : Status();
}

Result<OutboxRow> row_for(const Draft& draft, const OpenAccount& account, Env& env) {
  OutboxRow row = new_row(account, env);
  row.recipient = draft.to;
  row.service_id = draft.service_id.text();
  row.subject = draft.subject;
  row.in_reply_to = draft.in_reply_to;
  row.receipt_requested = draft.request_receipt && draft.service_id.service != kBillingService;
  OutboxDetails details{draft.user_subject, draft.text, std::nullopt, {}};
  for (const DraftFile& file : draft.files) {
    details.files.push_back({file.name, file.type, file.description, file.content.size()});
  }
  KVC_ASSIGN(row.details, seal_details(account.cipher, details, row.id));
  return row;
}

Result<OutboxRow> row_for(const OwedReceipt& owed, std::string_view inbox_id, const OpenAccount& account, Env& env) {
  OutboxRow row = new_row(account, env);
  row.recipient = owed.to;
  row.service_id = owed.service_id.text();
  row.subject = owed.subject;
  row.in_reply_to = owed.original_message_id;
  row.receipt_for = inbox_id;
  OutboxDetails details;
  details.text = kReceiptText;
  details.receipt = message::Receipt{owed.original_message_id, account.address(), owed.processed};
  KVC_ASSIGN(row.details, seal_details(account.cipher, details, row.id));
  return row;
}

}  // namespace kvc::mailbox
