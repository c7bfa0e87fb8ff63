// SPDX-License-Identifier: Apache-2.0
// The sentences of the page itself; both languages stand in words.def, so none can lack one.
#pragma once

#include <cstdint>
#include <string_view>

namespace pvs::host::serve {

enum class Word : std::uint8_t {
#define WORD(name, german, english) name,
#include "serve/words.def"
#undef WORD
};

/// In the language of the practice: English for a locale "en...", German for all others.
class Words {
 public:
  explicit Words(std::string_view locale) : english_(locale.starts_with("en")) {}
  [[nodiscard]] std::string_view operator()(Word word) const;
  [[nodiscard]] std::string_view language() const { return english_ ? "en" : "de"; }
  [[nodiscard]] bool english() const { return english_; }

 private:
  bool english_;
};

}  // namespace pvs::host::serve
