// SPDX-License-Identifier: Apache-2.0
#include "billing/kvca.h"

#include <algorithm>
#include <charconv>

namespace kvc::billing {
namespace {

constexpr std::string_view kOneClick = "1CLICK";

int version_number(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The address to use at that time, or why there is none.
Refusal choose(const std::vector<Address>& addresses, TimePoint at, std::string& chosen) {
  if (addresses.empty()) {
    return Refusal::address_missing;
  }
  for (const Address& address : addresses) {
    if (address.valid.covers(at)) {
      chosen = address.address;
      return Refusal::none;
    }
  }
  const bool later = std::any_of(addresses.begin(), addresses.end(),
                                 [at](const Address& a) { return a.valid.from && *a.valid.from > at; });
  return later ? Refusal::address_not_yet_valid : Refusal::address_expired;
}

Offer refused(Refusal refusal) {
  Offer offer;
  offer.refusal = refusal;
  return offer;
}

bool has(const Application& application, Function function) {
  return application.functions.contains(static_cast<int>(function));
}

/// "Test deliveries go to test_email if present" (protocol D, 1-Click rules; for eDokumentation the same [D]).
Offer address_offer(const Application& application, Mode mode, TimePoint at) {
  Offer offer;
  offer.test_address = mode == Mode::test && !application.test_email.empty();
  offer.refusal = choose(offer.test_address ? application.test_email : application.email, at, offer.recipient);
  return offer;
}

Refusal find_valid(const KvcaFile& file, std::string_view kv_code, std::string_view name, TimePoint at,
                   const Application*& application) {
  if (!file.knows(kv_code)) {
    return Refusal::kv_unknown;
  }
  application = file.find(kv_code, name);
  if (application == nullptr) {
    return Refusal::application_missing;
  }
  return application->valid.covers(at) ? Refusal::none : Refusal::application_not_valid;
}

}  // namespace

bool KvcaFile::knows(std::string_view kv_code) const {
  return std::any_of(kvs.begin(), kvs.end(), [&](const KvEntry& entry) { return entry.code == kv_code; });
}

const Application* KvcaFile::find(std::string_view kv_code, std::string_view application) const {
  const Application* found = nullptr;
  for (const KvEntry& entry : kvs) {
    for (const Application& candidate : entry.applications) {
      const bool fits = entry.code == kv_code && candidate.id == application;
      // A KV that takes two versions of an application lists both: the newer one is used [D].
      if (fits && (found == nullptr || version_number(candidate.version) > version_number(found->version))) {
        found = &candidate;
      }
    }
  }
  return found;
}

std::string_view key(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::kv_unknown:
      return "kv_unknown";
    case Refusal::application_missing:
      return "application_missing";
    case Refusal::application_not_valid:
      return "application_not_valid";
    case Refusal::function_missing:
      return "function_missing";
    case Refusal::address_missing:
      return "address_missing";
    case Refusal::address_not_yet_valid:
      return "address_not_yet_valid";
    case Refusal::address_expired:
      break;
  }
  return "address_expired";
}

Function function_for(Content content, Mode mode) {
  switch (content) {
    case Content::billing:
      return mode == Mode::test ? Function::test_billing : Function::real_billing;
    case Content::collective:
      return mode == Mode::test ? Function::test_collective : Function::real_collective;
    case Content::both:
      break;
  }
  return mode == Mode::test ? Function::test_both : Function::real_both;
}

Offer one_click_offer(const KvcaFile& file, std::string_view kv_code, Content content, Mode mode, TimePoint at) {
  const Application* application = nullptr;
  const Refusal refusal = find_valid(file, kv_code, kOneClick, at, application);
  if (refusal != Refusal::none) {
    return refused(refusal);
  }
  if (!has(*application, function_for(content, mode))) {
    return refused(Refusal::function_missing);
  }
  Offer offer = address_offer(*application, mode, at);
  offer.sends_receipt = has(*application, mode == Mode::test ? Function::test_receipt : Function::real_receipt);
  offer.sends_feedback = has(*application, mode == Mode::test ? Function::test_feedback : Function::real_feedback);
  return offer;
}

Offer application_offer(const KvcaFile& file, std::string_view kv_code, std::string_view application, Mode mode,
                        TimePoint at) {
  const Application* found = nullptr;
  const Refusal refusal = find_valid(file, kv_code, application, at, found);
  return refusal == Refusal::none ? address_offer(*found, mode, at) : refused(refusal);
}

}  // namespace kvc::billing
