// SPDX-License-Identifier: Apache-2.0
#include "service/catalogue.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "base/guard.h"
#include "base/read_file.h"
#include "resource/services.h"
#include "resource/services_schema.h"
#include "service/catalogue_reader.h"

namespace kvc::service {
namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;

constexpr std::array<std::pair<MessageKind, std::string_view>, 6> kKinds{{
    {MessageKind::delivery, "delivery"},
    {MessageKind::receipt, "receipt"},
    {MessageKind::feedback, "feedback"},
    {MessageKind::protocol, "protocol"},
    {MessageKind::status, "status"},
    {MessageKind::answer, "answer"},
}};

bool knows_version(const MessageRule& rule, const std::string& version) {
  return rule.id.version == version ||
         std::find(rule.read_versions.begin(), rule.read_versions.end(), version) != rule.read_versions.end();
}

Result<std::string> read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text = read_at_most(in, kMaxFile);
  if (in.bad() || (in.fail() && !in.eof())) {
    return Status(error::file_unreadable, "the catalogue of services cannot be read");
  }
  if (text.size() > kMaxFile) {
    return Status(error::invalid_settings, "the catalogue of services is larger than a mebibyte");
  }
  return text;
}

}  // namespace

std::string_view name(MessageKind kind) {
  return std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& entry) { return entry.first == kind; })->second;
}

std::optional<MessageKind> message_kind(std::string_view text) {
  const auto* found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& entry) { return entry.second == text; });
  return found == kKinds.end() ? std::nullopt : std::optional(found->first);
}

const PartRule* MessageRule::part(std::string_view role) const {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const PartRule& p) { return p.role == role; });
  return found == parts.end() ? nullptr : &*found;
}

const MessageRule* Service::message(MessageKind kind, std::string_view variant) const {
  const auto found = std::find_if(messages.begin(), messages.end(), [&](const MessageRule& m) {
    return m.kind == kind && (variant.empty() || m.variant == variant);
  });
  return found == messages.end() ? nullptr : &*found;
}

const ReplyRule* Service::reply(MessageKind kind) const {
  const auto found = std::find_if(replies.begin(), replies.end(), [&](const ReplyRule& r) { return r.kind == kind; });
  return found == replies.end() ? nullptr : &*found;
}

const Catalogue& Catalogue::builtin() {
  static const Catalogue catalogue = [] {
    auto read = parse(resource::services());
    if (read.ok()) {
      read = read->with({});
    }
    if (!read.ok()) {
      throw std::logic_error(read.status().to_string());  // the file is part of the library and tested
    }
    return std::move(read).value();
  }();
  return catalogue;
}

Result<Catalogue> Catalogue::parse(std::string_view json) {
  return guarded([&]() -> Result<Catalogue> {
    KVC_ASSIGN(auto read, read_catalogue(json));
    Catalogue catalogue;
    catalogue.services_ = std::move(read.services);
    catalogue.receipt_type_ = std::move(read.receipt_type);
    KVC_TRY(check_ids(catalogue.services_));
    return catalogue;
  });
}

Result<Catalogue> Catalogue::with(const Catalogue& more) const {
  return guarded([&]() -> Result<Catalogue> {
    Catalogue merged = *this;
    for (const Service& added : more.services_) {
      const auto known = std::find_if(merged.services_.begin(), merged.services_.end(),
                                      [&](const Service& s) { return s.key == added.key; });
      if (known != merged.services_.end()) {
        *known = added;
      } else {
        merged.services_.push_back(added);
      }
    }
    if (merged.receipt_type_.empty()) {
      merged.receipt_type_ = more.receipt_type_;
    }
    KVC_TRY(check_ids(merged.services_));
    KVC_TRY(check_answers(merged.services_));
    return merged;
  });
}

Result<Catalogue> Catalogue::load(const std::string& file) {
  return guarded([&]() -> Result<Catalogue> {
    if (file.empty()) {
      return builtin();
    }
    KVC_ASSIGN(const std::string text, read_text(file));
    KVC_ASSIGN(const Catalogue more, parse(text));
    return builtin().with(more);
  });
}

const Service* Catalogue::service(std::string_view key) const {
  const auto found = std::find_if(services_.begin(), services_.end(), [&](const Service& s) { return s.key == key; });
  return found == services_.end() ? nullptr : &*found;
}

// check_ids() lets no two messages share the first two elements, so the first hit is the only one; whether the full
// string fits too is what version_known says.
std::optional<Match> Catalogue::find(const ServiceId& id) const {
  for (const Service& service : services_) {
    for (const MessageRule& message : service.messages) {
      if (message.id.matches(id)) {
        return Match{&service, &message, knows_version(message, id.version)};
      }
    }
  }
  return std::nullopt;
}

std::optional<Match> Catalogue::find(std::string_view id) const {
  const auto parsed = ServiceId::parse(id);
  return parsed.ok() ? find(*parsed) : std::nullopt;
}

std::string Catalogue::key_of(std::string_view id) const {
  const auto match = find(id);
  return match ? match->service->key : std::string();
}

bool Catalogue::is_receipt(const ServiceId& id) const {
  const auto match = find(id);
  return match ? match->message->kind == MessageKind::receipt : id.type == receipt_type_;
}

ServiceId Catalogue::receipt_for(const ServiceId& id) const {
  const auto match = find(id);
  const MessageRule* receipt = match ? match->service->message(MessageKind::receipt) : nullptr;
  return receipt == nullptr ? ServiceId{id.service, receipt_type_, id.version}
                            : ServiceId{receipt->id.service, receipt->id.type, id.version};
}

ReceiptPolicy Catalogue::receipt_policy(const ServiceId& id) const {
  if (const auto match = find(id)) {
    return match->service->receipt;
  }
  // An unknown type of a known service keeps to the service: 1-Click is never confirmed, whatever else it may send.
  for (const Service& service : services_) {
    for (const MessageRule& message : service.messages) {
      if (message.id.service == id.service) {
        return service.receipt;
      }
    }
  }
  return ReceiptPolicy::displayed;
}

std::string_view catalogue_schema() {
  return resource::services_schema();
}

}  // namespace kvc::service
