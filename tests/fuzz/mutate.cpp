// SPDX-License-Identifier: Apache-2.0
#include "fuzz/mutate.h"

#include <array>

namespace kvc::fuzz {
namespace {

/// 0 to limit - 1; 0 for an empty range. Standard distributions differ between libraries, this does not.
std::size_t pick(std::mt19937& random, std::size_t limit) {
  return limit == 0 ? 0 : random() % limit;
}

std::string piece(const std::string& from, std::mt19937& random) {
  constexpr std::size_t kLongest = 64;
  return from.substr(pick(random, from.size()), 1 + pick(random, kLongest));
}

void change(std::string& text, const std::vector<std::string>& seeds, std::mt19937& random) {
  constexpr std::array kBytes = {'\0', '\n', '\r', '"', '<', '=', '-', '\x7f', '\x80', '\xff'};
  const std::size_t at = pick(random, text.size());
  switch (pick(random, text.empty() ? 1 : 6)) {
    case 0:
      text.insert(at, piece(seeds[pick(random, seeds.size())], random));
      break;
    case 1:
      text[at] = static_cast<char>(text[at] ^ (1 << pick(random, 8)));
      break;
    case 2:
      text[at] = kBytes[pick(random, kBytes.size())];
      break;
    case 3:
      text.erase(at, 1 + pick(random, 16));
      break;
    case 4:
      text.insert(at, piece(text, random));
      break;
    default:
      text.resize(at);
  }
}

}  // namespace

std::string mutation(const std::vector<std::string>& seeds, std::mt19937& random) {
  std::string text = seeds[pick(random, seeds.size())];
  for (std::size_t changes = 1 + pick(random, 4); changes > 0; --changes) {
    change(text, seeds, random);
  }
  return text;
}

}  // namespace kvc::fuzz
