// SPDX-License-Identifier: Apache-2.0
// Reading DER (X.690) without decoding it: elements of known tags, in the one form DER allows. Internal to message/.
#pragma once

#include <optional>
#include <string_view>

namespace kvc::message::der {

/// An element: views into what it was read from.
struct Element {
  std::string_view whole, content;
};

/// Takes the element off the front of `from`. Nothing, and `from` as it was: another tag is there, the length is
/// indefinite, not in its shortest form or beyond 16 MiB, or the element is not whole.
std::optional<Element> take(std::string_view& from, unsigned char tag);

/// Takes `expected`, byte for byte.
bool take_exactly(std::string_view& from, std::string_view expected);

/// The object, a whole element, of an AlgorithmIdentifier whose parameters are absent or NULL (RFC 5280
/// section 4.1.1.2). Nothing: another one is there; what `from` is then is undefined.
std::optional<std::string_view> take_bare_algorithm(std::string_view& from);

/// The content of an INTEGER that is not negative, without the zero in front of a high bit. Nothing: it is none.
std::optional<std::string_view> magnitude(std::string_view content);

}  // namespace kvc::message::der
