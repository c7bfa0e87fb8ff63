// SPDX-License-Identifier: Apache-2.0
// What an OpenedMessage holds besides its public facts. Internal to message/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "message/open.h"
#include "mime/header.h"
#include "mime/wiped_bytes.h"

namespace kvc::message {

/// Where a part's bytes are. Views point into Content::buffer.
struct PartSource {
  mime::Header header;
  std::string_view body;
  std::string encoding;  ///< Content-Transfer-Encoding; "" when the part cannot be decoded and is offered as it is
  std::string media_type;
  std::string charset;
};

struct OpenedMessage::Content {
  mime::WipedBytes buffer;      ///< holds the innermost content
  std::string_view unverified;  ///< what may be offered as raw attachment; empty if a good signature covers all
  std::string type;             ///< media type of the innermost content
  std::vector<PartSource> parts;
};

/// Everything that can be said of the leaves of a MIME tree.
struct PartList {
  std::vector<Part> parts;
  std::vector<PartSource> sources;
  std::vector<std::string> warnings;
};

/// [D] Deeper nesting of multiparts than this is hostile.
inline constexpr int kMaxPartDepth = 16;

/// Lists the leaves of the entity `text` in their order. Error: malformed for a broken structure; a part that cannot be
/// decoded is no error but listed as it is, with the warning "part_undecodable: <number>".
Result<PartList> list_parts(std::string_view text);

}  // namespace kvc::message
