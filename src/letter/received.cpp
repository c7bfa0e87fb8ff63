// SPDX-License-Identifier: Apache-2.0
#include "letter/received.h"

#include <sstream>

#include "base/guard.h"

namespace kvc::letter {
namespace {

constexpr std::uint64_t kMaxHeader = 32UL * 1024 * 1024;

Result<ReceivedLetter> header_of(const message::OpenedMessage& message, std::size_t index) {
  if (message.parts[index].size > kMaxHeader) {
    return Status(error::too_large, "the CDA document is too large");
  }
  std::ostringstream text;
  KVC_TRY(message.read_part(index, text));
  return read_cda(text.str());
}

}  // namespace

LetterContent letter_of(const message::OpenedMessage& message) {
  LetterContent content;
  std::vector<LetterPart> parts;
  for (const message::Part& part : message.parts) {
    parts.push_back({part.name, part.type, part.description, part.size, ""});
  }
  content.roles = find_roles(parts);
  if (!content.roles.xml) {
    content.problem = "there is no CDA document";
    return content;
  }
  auto header = guarded([&] { return header_of(message, *content.roles.xml); });
  if (header.ok()) {
    content.header = std::move(header).value();
  } else {
    content.problem = header.status().detail();
  }
  return content;
}

}  // namespace kvc::letter
