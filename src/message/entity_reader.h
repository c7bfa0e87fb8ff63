// SPDX-License-Identifier: Apache-2.0
// MIME structure of a text that is pulled: header and body, the parts of a multipart, transfer encodings. The rules are
// those of mime/split.h, byte for byte. Internal to message/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "message/reader.h"
#include "mime/header.h"

namespace kvc::message {

/// The header of an entity and what it says first.
struct EntityHead {
  mime::Header header;
  mime::Parameterized type;
  std::uint64_t size = 0;  ///< where the body begins
};

/// An entity: first its header, then, as a stream, its body.
class EntityReader : public Reader {
 public:
  explicit EntityReader(Reader& in) : in_(in) {}
  /// Reads the header block. Once, before next(). Errors: malformed as mime::Header::parse(), and what reading gives.
  Result<mime::Header> header();
  /// The same with what it says first.
  Result<EntityHead> head();
  /// Bytes before the body.
  [[nodiscard]] std::uint64_t header_size() const noexcept { return body_; }
  Result<std::string_view> next() override;

 private:
  bool find_body();

  Reader& in_;
  std::string_view window_;  ///< the header and what was read with it: a piece, or block_
  mime::WipedBytes block_;   ///< for a header that does not lie in one piece
  std::size_t line_ = 0;     ///< begin of the first line that was not examined
  std::size_t header_end_ = 0, body_ = 0;
  bool rest_given_ = false, at_end_ = false;
};

/// The parts of a multipart's body, one after the other; a stream of the current part's text.
class MultipartReader : public Reader {
 public:
  MultipartReader(Reader& body, const std::string& boundary, std::size_t max_parts);

  /// Goes to the next part, passing over what is left of this one; false after the last. Errors as
  /// mime::split_multipart().
  Result<bool> next_part();
  Result<std::string_view> next() override;
  /// Where the current part begins in the body.
  [[nodiscard]] std::uint64_t part_begin() const noexcept { return part_begin_; }
  /// Whether the final delimiter was there; after next_part() said false.
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  enum class Found { no, yes, unknown };
  struct Delimiter {
    std::size_t end = 0;
    bool final = false;
  };
  Found examine(std::size_t at, Delimiter& found) const;
  Found finish_line(std::size_t at, std::size_t begin, Delimiter& found) const;
  Status refill();
  std::string_view give(std::size_t end);
  std::string_view end_part(std::size_t text_end, const Delimiter& delimiter);

  Reader& body_;
  std::string mark_;
  std::size_t max_parts_, parts_ = 0;
  std::string_view window_;  ///< what can be seen of the body: its last piece, or held_
  mime::WipedBytes held_;    ///< what was held back of the piece before, and the last piece
  std::size_t at_ = 0;       ///< begin of what was not given out
  std::uint64_t base_ = 0;   ///< where the window begins in the body
  std::uint64_t part_begin_ = 0;
  bool at_part_begin_ = true, part_ended_ = false, body_ended_ = false, unclosed_end_ = false;
  bool preamble_ = true, final_ = false, closed_ = false, usable_ = true;
};

/// Content-Transfer-Encoding undone. `in` must outlive it. Error: malformed for an unknown encoding. Its errors:
/// malformed.
Result<ReaderPtr> decode(Reader& in, const std::string& encoding);
/// The same as a text.
Text decoded(Text encoded, std::string encoding);

}  // namespace kvc::message
