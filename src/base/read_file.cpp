// SPDX-License-Identifier: Apache-2.0
#include "base/read_file.h"

#include <algorithm>
#include <array>

namespace kvc {

std::string read_at_most(std::istream& in, std::size_t most) {
  std::array<char, 8192> piece;
  std::string text;
  while (in && text.size() <= most) {
    const std::size_t wanted = std::min(piece.size(), most + 1 - text.size());
    in.read(piece.data(), static_cast<std::streamsize>(wanted));
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

}  // namespace kvc
