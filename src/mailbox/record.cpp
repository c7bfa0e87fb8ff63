// SPDX-License-Identifier: Apache-2.0
#include "mailbox/record.h"

#include <charconv>
#include <cstring>

namespace kvc::mailbox {

Secret pack(const std::vector<std::string_view>& fields) {
  std::size_t size = 0;
  for (const std::string_view field : fields) {
    size += std::to_string(field.size()).size() + 1 + field.size();
  }
  // Written in place: a growing buffer would leave copies behind.
  Secret record = Secret::of_size(size);
  std::size_t at = 0;
  const auto append = [&](std::string_view bytes) {
    if (!bytes.empty()) {
      std::memcpy(record.data() + at, bytes.data(), bytes.size());
      at += bytes.size();
    }
  };
  for (const std::string_view field : fields) {
    append(std::to_string(field.size()));
    append(":");
    append(field);
  }
  return record;
}

Result<std::vector<std::string>> unpack(const Secret& record) {
  std::vector<std::string> fields;
  std::string_view rest = record.reveal();
  while (!rest.empty()) {
    std::size_t size = 0;
    const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
    const auto digits = static_cast<std::size_t>(end - rest.data());
    if (fault != std::errc() || digits >= rest.size() || rest[digits] != ':' || size > rest.size() - digits - 1) {
      return Status(error::storage_corrupt, "an encrypted record of the mailbox is damaged");
    }
    fields.emplace_back(rest.substr(digits + 1, size));
    rest.remove_prefix(digits + 1 + size);
  }
  return fields;
}

}  // namespace kvc::mailbox
