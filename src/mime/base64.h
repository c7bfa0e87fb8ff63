// SPDX-License-Identifier: Apache-2.0
// Base64 decoding piece by piece, by table or with AVX2 where the processor has it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace kvc::mime {

/// Decodes base64 as it stands in mail bodies (RFC 2045 section 6.8): blanks, tabs and line ends anywhere are passed
/// over, every other character outside the alphabet is an error ('-' too), padding ends the data. Accepts what
/// OpenSSL's EVP_DecodeUpdate accepts. Memory does not grow. Not for several threads at once.
///
/// Why not OpenSSL's: it handles 0.4 GB/s, which is most of the time a large mail takes to open.
class Base64Decoder {
 public:
  /// The decoded bytes of `text` need at most this much room.
  static constexpr std::size_t room_for(std::size_t text) { return text / 4 * 3 + 3 + kSlack; }

  /// Decodes the next piece into `out`, which has room_for(text.size()), and returns the number of bytes. Error:
  /// malformed.
  Result<std::size_t> decode(std::string_view text, char* out);
  /// Error: malformed when the data end in the middle of a group.
  [[nodiscard]] Status finish() const;

  /// For tests: the table alone.
  void without_vectors() { vectors_ = false; }

 private:
  static constexpr std::size_t kSlack = 32;  ///< the vector store writes beyond what it produced
  bool take(unsigned char c, char*& out);

  std::array<unsigned char, 4> group_{};  ///< values of the characters of a group that is not full yet
  std::size_t in_group_ = 0;
  std::size_t padding_ = 0;  ///< '=' seen
  bool vectors_ = true;
};

}  // namespace kvc::mime
