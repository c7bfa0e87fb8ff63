// SPDX-License-Identifier: Apache-2.0
#include "mailbox/receipt_rules.h"

#include <algorithm>

#include "crypto/certificate.h"
#include "mime/header.h"
#include "service/clear_subject.h"
#include "service/known.h"

namespace kvc::mailbox {
namespace {

using message::Verdict;

constexpr std::string_view kBillingService = "1ClickAbrechnung", kDocumentation = "eDokumentation";

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return small(x) == small(y); });
}

// The value of a field that is there exactly once, else empty.
std::string only(const std::vector<message::HeaderField>& header, std::string_view name) {
  std::string value;
  int count = 0;
  for (const message::HeaderField& field : header) {
    if (same_name(field.name, name)) {
      value = field.value;
      ++count;
    }
  }
  return count == 1 ? value : std::string();
}

std::string only_address(const std::vector<message::HeaderField>& header, std::string_view name) {
  const auto addresses = mime::parse_addresses(only(header, name));
  return addresses.ok() && addresses->size() == 1 ? addresses->front() : std::string();
}

bool unreadable(const message::Layer& layer) {
  return layer.verdict == Verdict::malformed || layer.verdict == Verdict::decrypt_failed ||
         std::find(layer.findings.begin(), layer.findings.end(), Verdict::decrypt_failed) != layer.findings.end();
}

bool content_signed(const message::Layer& layer) {
  return !unreadable(layer) && layer.verdict != Verdict::not_signed && layer.verdict != Verdict::digest_mismatch;
}

// All eDokumentation-<T> share one receipt (protocol D).
service::ServiceId receipt_service(const service::ServiceId& of) {
  const bool documentation = of.service.starts_with(kDocumentation);
  return {documentation ? std::string(kDocumentation) : of.service, service::kReceiptType, of.version};
}

std::optional<OwedReceipt> owed_receipt(const message::OpenedMessage& message, const Facts& facts) {
  const message::Layer& layer = message.layers.back();
  const auto service_id = service::ServiceId::parse(layer.service_id);
  if (message.verdict != Verdict::valid || facts.is_receipt || !service_id.ok() || service_id->service.empty() ||
      service_id->service == kBillingService || layer.message_id.empty()) {
    return std::nullopt;
  }
  const std::string wanted = only_address(layer.outer_header, "Disposition-Notification-To");
  const std::string return_path = only_address(layer.outer_header, "Return-Path");
  if (wanted.empty() || !crypto::same_address(wanted, return_path) || !crypto::same_address(wanted, layer.from)) {
    return std::nullopt;
  }
  OwedReceipt owed;
  owed.to = layer.from;
  owed.service_id = receipt_service(*service_id);
  owed.subject = service::clear_subject(owed.service_id);
  owed.original_message_id = layer.message_id;
  owed.processed = service_id->service.starts_with(kDocumentation);
  return owed;
}

std::string confirmed(const message::OpenedMessage& message) {
  const auto receipt = message::read_receipt(message);
  return receipt.ok() ? receipt->original_message_id : message.layers.back().in_reply_to;
}

}  // namespace

Facts facts_of(const message::OpenedMessage& message) {
  Facts facts;
  facts.opened = std::none_of(message.layers.begin(), message.layers.end(), unreadable);
  const message::Layer& layer = message.layers.back();
  if (!content_signed(layer)) {
    return facts;
  }
  facts.from = layer.from;
  facts.service_id = layer.service_id;
  facts.in_reply_to = layer.in_reply_to;
  const std::string subject = only(layer.signed_header, "Subject");
  facts.subject = subject.empty() ? layer.subject : subject;
  const auto service_id = service::ServiceId::parse(layer.service_id);
  facts.is_receipt = message.content_type() == "multipart/report" ||
                     (service_id.ok() && service_id->type == service::kReceiptType) ||
                     message::read_receipt(message).ok();
  if (layer.verdict == Verdict::valid) {
    (facts.is_receipt ? facts.confirms : facts.answers) = facts.is_receipt ? confirmed(message) : layer.in_reply_to;
  }
  facts.owed = owed_receipt(message, facts);
  return facts;
}

}  // namespace kvc::mailbox
