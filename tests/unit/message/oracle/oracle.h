// SPDX-License-Identifier: Apache-2.0
// The reader of messages as it was before content streamed: whole buffers, OpenSSL's CMS_* functions for everything.
// Kept as the oracle that the product's reader is compared with (differential_test.cpp, fuzz target
// message_differential); no part of the product. It changes only when a rule of the protocol does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "message/open.h"
#include "mime/header.h"
#include "mime/wiped_bytes.h"

namespace kvc::message::oracle {

/// Where a part's bytes are. Views point into Content::buffer.
struct PartSource {
  mime::Header header;
  std::string_view body;
  std::string encoding;  ///< Content-Transfer-Encoding; "" when the part cannot be decoded and is offered as it is
  std::string media_type;
  std::string charset;
};

struct Content {
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

/// What the oracle says of a mail.
struct Opened {
  Verdict verdict = Verdict::malformed;
  std::vector<Layer> layers;
  std::vector<Part> parts;
  std::shared_ptr<Content> content;

  [[nodiscard]] Status read_part(std::size_t index, std::ostream& out) const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] Status read_unverified(std::ostream& out) const;
  [[nodiscard]] const std::string& content_type() const;
};

Result<Opened> open(std::istream& mail, const OpenOptions& options);

/// [D] Deeper nesting of multiparts than this is hostile.
inline constexpr int kMaxPartDepth = 16;

/// Lists the leaves of the entity `text` in their order. Error: malformed for a broken structure; a part that cannot be
/// decoded is no error but listed as it is, with the warning "part_undecodable: <number>".
Result<PartList> list_parts(std::string_view text);

}  // namespace kvc::message::oracle
