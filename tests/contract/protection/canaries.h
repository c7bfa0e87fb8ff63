// SPDX-License-Identifier: Apache-2.0
// Texts and key bytes that must lie in no file, searched for in every form a careless program would write them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"

namespace kvc::protection {

class Canaries {
 public:
  /// `name` is what a finding says.
  void add(const std::string& name, std::string_view bytes);
  /// The numbers of an RSA key that its certificate does not show.
  void add_key(const std::string& name, const crypto::PrivateKey& key);

  /// "file: name, form" for each one found in a file, or in the name of one, below `directory`.
  [[nodiscard]] std::vector<std::string> found_in(const std::filesystem::path& directory) const;
  [[nodiscard]] std::size_t size() const { return forms_.size(); }

 private:
  std::map<std::string, std::string> forms_;  ///< needle by name and form
};

}  // namespace kvc::protection
