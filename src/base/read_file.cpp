// SPDX-License-Identifier: Apache-2.0
#include "base/read_file.h"

#include <algorithm>

namespace kvc {

std::string read_at_most(std::istream& in, std::size_t most) {
  // Into the text itself: what passed through an array would stay on the stack.
  constexpr std::size_t kPiece = 8192;
  std::string text;
  while (in && text.size() <= most) {
    const std::size_t before = text.size();
    text.resize(before + std::min(kPiece, most + 1 - before));
    in.read(text.data() + before, static_cast<std::streamsize>(text.size() - before));
    text.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

}  // namespace kvc
