// SPDX-License-Identifier: Apache-2.0
#include "mailbox/receipt_rules.h"

#include <algorithm>

#include "crypto/certificate.h"
#include "mime/header.h"
#include "service/clear_subject.h"

namespace kvc::mailbox {
namespace {

using message::Verdict;

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

std::optional<OwedReceipt> owed_receipt(const message::OpenedMessage& message, const Facts& facts,
                                        const service::Catalogue& catalogue) {
  const message::Layer& layer = message.layers.back();
  const auto service_id = service::ServiceId::parse(layer.service_id);
  if (message.verdict != Verdict::valid || facts.is_receipt || !service_id.ok() || layer.message_id.empty()) {
    return std::nullopt;
  }
  const service::ReceiptPolicy policy = catalogue.receipt_policy(*service_id);
  const std::string wanted = only_address(layer.outer_header, "Disposition-Notification-To");
  const std::string return_path = only_address(layer.outer_header, "Return-Path");
  if (policy == service::ReceiptPolicy::never || wanted.empty() || !crypto::same_address(wanted, return_path) ||
      !crypto::same_address(wanted, layer.from)) {
    return std::nullopt;
  }
  OwedReceipt owed;
  owed.to = layer.from;
  owed.service_id = catalogue.receipt_for(*service_id);
  owed.subject = service::clear_subject(owed.service_id, catalogue);
  owed.original_message_id = layer.message_id;
  owed.processed = policy == service::ReceiptPolicy::processed;
  return owed;
}

std::vector<std::string> referred_to(const message::OpenedMessage& message) {
  std::vector<std::string> ids;
  if (const auto receipt = message::read_receipt(message); receipt.ok()) {
    ids.push_back(receipt->original_message_id);
  }
  if (const std::string& id = message.layers.back().in_reply_to; !id.empty()) {
    ids.push_back(id);
  }
  return ids;
}

service::MessageKind kind_of(const Facts& facts, const std::optional<service::Match>& match) {
  if (facts.is_receipt) {
    return service::MessageKind::receipt;
  }
  if (match && match->message->kind != service::MessageKind::delivery) {
    return match->message->kind;
  }
  return facts.in_reply_to.empty() ? service::MessageKind::delivery : service::MessageKind::answer;
}

}  // namespace

Facts facts_of(const message::OpenedMessage& message, const service::Catalogue& catalogue) {
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
  const auto match = catalogue.find(layer.service_id);
  facts.is_receipt = message.content_type() == "multipart/report" ||
                     (service_id.ok() && catalogue.is_receipt(*service_id)) || message::read_receipt(message).ok();
  facts.kind = kind_of(facts, match);
  facts.from_kv = match && match->service->recipients == service::Recipients::kvca &&
                  match->message->kind != service::MessageKind::delivery;
  facts.trusted = layer.verdict == Verdict::valid;
  if (facts.trusted) {
    facts.refers_to = referred_to(message);
  }
  facts.owed = owed_receipt(message, facts, catalogue);
  return facts;
}

}  // namespace kvc::mailbox
