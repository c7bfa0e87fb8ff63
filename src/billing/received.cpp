// SPDX-License-Identifier: Apache-2.0
#include "billing/received.h"

#include <algorithm>
#include <sstream>

#include "base/guard.h"
#include "mime/header.h"

namespace kvc::billing {
namespace {

constexpr std::uint64_t kMaxCompanion = 256UL * 1024;

bool is_companion(const message::Part& part) {
  return mime::equal_ignoring_case(part.name, kBegleitdateiName) || part.description == "eDoku-Begleitdatei";
}

Result<Companion> companion(const message::OpenedMessage& message, std::size_t index) {
  Companion found;
  if (message.parts[index].size > kMaxCompanion) {
    found.problem = "begleitdatei.xml is too large";
    return found;
  }
  std::ostringstream text;
  KVC_TRY(message.read_part(index, text));
  auto file = read(text.str());
  found.guid = guid_of(text.str()).value_or("");
  if (file.ok()) {
    found.version = file->version;
    found.file = std::move(file).value();
  } else {
    found.problem = file.status().detail();
  }
  return found;
}

}  // namespace

std::optional<Companion> companion_of(const message::OpenedMessage& message) {
  const auto part = std::find_if(message.parts.begin(), message.parts.end(), is_companion);
  if (part == message.parts.end()) {
    return std::nullopt;
  }
  auto found = guarded([&] { return companion(message, static_cast<std::size_t>(part - message.parts.begin())); });
  if (!found.ok()) {
    return Companion{"", 0, std::nullopt, found.status().detail()};
  }
  return std::move(found).value();
}

}  // namespace kvc::billing
