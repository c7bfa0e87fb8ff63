// SPDX-License-Identifier: Apache-2.0
// Zips as a server writes them, and as nobody should.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kvc::directory::testing {

/// One file of a zip; the declared values are the true ones unless a test changes them.
struct ZipFile {
  std::string name, content;
  bool deflate = true;
  std::uint16_t flags = 0, method = 8;
  std::uint32_t crc = 0, packed = 0, size = 0;  ///< filled in by zip(), then given to `spoil`
  std::function<void(ZipFile&)> spoil{};
};

/// Little-endian, as everything in a zip.
std::string le(std::uint64_t value, std::size_t bytes);
std::string zip(std::vector<ZipFile> files, const std::string& comment = "");
inline std::string book_zip(const std::string& content, const std::string& name = "accounts.json") {
  return zip({{name, content}});
}

}  // namespace kvc::directory::testing
