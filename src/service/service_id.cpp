// SPDX-License-Identifier: Apache-2.0
#include "service/service_id.h"

#include <algorithm>

namespace kvc::service {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Takes the text up to the next ';' off the front of `rest`.
std::string_view take_element(std::string_view& rest) {
  const auto end = rest.find(';');
  const auto element = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return trim(element);
}

}  // namespace

Result<ServiceId> ServiceId::parse(std::string_view text) {
  if (text.size() > kMaxServiceIdBytes) {
    return Status(error::malformed, "the service id is too long");
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return Status(error::malformed, "the service id holds control characters");
  }
  ServiceId id;
  id.service = take_element(text);
  id.type = take_element(text);
  id.version = trim(text);
  if (id.service.empty()) {
    return Status(error::malformed, "the service id names no service");
  }
  return id;
}

}  // namespace kvc::service
