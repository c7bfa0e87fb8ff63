// SPDX-License-Identifier: Apache-2.0
// Looking for the few line ends that matter among very many, with AVX2 where the processor has it. A large mail is
// mostly lines of base64, and asking each of them costs as much as decrypting it.
#pragma once

#include <cstddef>
#include <string_view>

namespace kvc::mime {

/// Position of the first LF at or behind `from` that '-' follows, as it does before a delimiter, or nothing at all.
/// npos if there is none. `vectors` is for tests.
std::size_t find_dash_line(std::string_view text, std::size_t from, bool vectors = true);

/// Position of the first LF that has no CR before it; npos if there is none. `after_cr`: a CR stands before the text.
std::size_t find_bare_line_end(std::string_view text, bool after_cr, bool vectors = true);

}  // namespace kvc::mime
