// SPDX-License-Identifier: Apache-2.0
#include "serve/words.h"

#include <array>
#include <utility>

namespace pvs::host::serve {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;
constexpr std::array kWords{
#define WORD(name, german, english) Pair(german, english),
#include "serve/words.def"
#undef WORD
};

}  // namespace

std::string_view Words::operator()(Word word) const {
  const Pair& pair = kWords[static_cast<std::size_t>(word)];
  return english_ ? pair.second : pair.first;
}

}  // namespace pvs::host::serve
