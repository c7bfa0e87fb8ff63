// SPDX-License-Identifier: Apache-2.0
#include "findings.h"

#include <unistd.h>

#include <array>

namespace pvs::conformance {

void Findings::write(std::string_view kind, std::string_view text) noexcept {
  // One line in one write, without allocating: it must arrive when memory has run out, and lines of threads do not mix.
  std::array<char, 1024> line{};
  std::size_t size = 0;
  const auto add = [&](std::string_view part) {
    for (const char c : part.substr(0, line.size() - 2 - size)) {
      const auto byte = static_cast<unsigned char>(c);
      line[size++] = byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
  };
  add(kind);
  line[size++] = '\t';
  add(text);
  line[size++] = '\n';
  [[maybe_unused]] const ssize_t written = ::write(fd_, line.data(), size);
}

}  // namespace pvs::conformance
