// SPDX-License-Identifier: Apache-2.0
// What is written to a stream, taken in pieces.
#pragma once

#include <streambuf>

namespace kvc {

/// A stream buffer without a buffer of its own: a single character is a piece of one byte. Derive and override
/// xsputn(), which takes a piece and says how much of it was taken; less makes the stream bad.
class ByteSink : public std::streambuf {
 protected:
  int_type overflow(int_type character) final {
    if (traits_type::eq_int_type(character, traits_type::eof())) {
      return traits_type::not_eof(character);
    }
    const char byte = traits_type::to_char_type(character);
    return xsputn(&byte, 1) == 1 ? character : traits_type::eof();
  }
};

}  // namespace kvc
