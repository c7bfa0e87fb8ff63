// SPDX-License-Identifier: Apache-2.0
#include "unit/directory/zip_builder.h"

#include <Poco/Checksum.h>
#include <Poco/DeflatingStream.h>

#include <sstream>

namespace kvc::directory::testing {
namespace {

std::string deflated(const std::string& content) {
  std::ostringstream out;
  Poco::DeflatingStreamBuf buffer(out, -15, 6);  // raw deflate
  buffer.sputn(content.data(), static_cast<std::streamsize>(content.size()));
  buffer.close();
  return out.str();
}

/// What the local header and the directory share.
std::string common(const ZipFile& file) {
  return le(20, 2) + le(file.flags, 2) + le(file.method, 2) + le(0, 4) + le(file.crc, 4) + le(file.packed, 4) +
         le(file.size, 4) + le(file.name.size(), 2) + le(0, 2);
}

}  // namespace

std::string le(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> (8 * i) & 0xFFU);
  }
  return text;
}

std::string zip(std::vector<ZipFile> files, const std::string& comment) {
  std::string body;
  std::string directory;
  for (ZipFile& file : files) {
    const std::string packed = file.deflate ? deflated(file.content) : file.content;
    Poco::Checksum crc(Poco::Checksum::TYPE_CRC32);
    crc.update(file.content);
    file.method = file.deflate ? 8 : 0;
    file.crc = static_cast<std::uint32_t>(crc.checksum());
    file.packed = static_cast<std::uint32_t>(packed.size());
    file.size = static_cast<std::uint32_t>(file.content.size());
    if (file.spoil) {
      file.spoil(file);
    }
    directory += le(0x02014b50, 4) + le(20, 2) + common(file) + le(0, 2) + le(0, 2) + le(0, 2) + le(0, 4) +
                 le(body.size(), 4) + file.name;
    body += le(0x04034b50, 4) + common(file) + file.name + packed;
  }
  return body + directory + le(0x06054b50, 4) + le(0, 4) + le(files.size(), 2) + le(files.size(), 2) +
         le(directory.size(), 4) + le(body.size(), 4) + le(comment.size(), 2) + comment;
}

}  // namespace kvc::directory::testing
