// SPDX-License-Identifier: Apache-2.0
// What an OpenedMessage holds besides its public facts. Internal to message/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "message/entity_reader.h"
#include "message/open.h"
#include "message/reader.h"
#include "mime/header.h"
#include "mime/transfer.h"

namespace kvc::message {

/// Where a part's bytes are.
struct PartSource {
  std::uint64_t offset = 0, length = 0;  ///< of the body, in Content::inner
  std::string encoding;  ///< Content-Transfer-Encoding; "" when the part cannot be decoded and is offered as it is
  std::string media_type;
  std::string charset;
  mime::Header notification;  ///< the header of a disposition notification; other parts' headers are not kept
};

/// Nothing here is plain text, unless the message was small: content is decrypted again for whoever reads it.
struct OpenedMessage::Content {
  Text inner;        ///< the innermost content, which the parts are stretches of
  Text unverified;   ///< what may be offered as raw attachment; null if a good signature covers all
  std::string type;  ///< media type of the innermost content
  std::vector<PartSource> parts;
};

/// Everything that can be said of the leaves of a MIME tree.
struct PartList {
  std::vector<Part> parts;
  std::vector<PartSource> sources;
  std::vector<std::string> warnings;
  std::optional<EntityHead> head;  ///< of the whole
};

/// [D] Deeper nesting of multiparts than this is hostile.
inline constexpr int kMaxPartDepth = 16;

/// The part whose header may hold the fields that belong into its body (receipt.cpp).
inline constexpr std::string_view kNotificationType = "message/disposition-notification";

/// Lists the leaves of the entity `text` in their order. Errors: malformed for a broken structure, and what reading
/// gives; a part that cannot be decoded is no error but listed as it is, with the warning "part_undecodable: <number>".
/// Reads once, and once more if there are such parts.
Result<PartList> list_parts(const Text& text);

/// The same of an entity that streams by once. None if it would have to be read again. Error as above.
std::optional<Result<PartList>> list_parts(Reader& text);

/// The decoded bytes of one part, piece by piece. Error: file_unreadable at the end if they are not those that were
/// verified.
Status read_part_of(const OpenedMessage& message, std::size_t index, const mime::Sink& sink);

}  // namespace kvc::message
