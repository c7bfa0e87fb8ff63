// SPDX-License-Identifier: Apache-2.0
// All sentences of the plugin, German and English, by stable keys.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvc::plugin {

enum class Language : std::uint8_t { de, en };

/// "en", "en-GB", "en_US.UTF-8" are English, everything else is German. Thread: [any].
[[nodiscard]] Language language_of(std::string_view locale) noexcept;

/// Values for the placeholders of a text, by name.
using Args = std::vector<std::pair<std::string, std::string>>;

/// Replaces every `{name}` whose name is a word (a-z, 0-9, _); one without a value becomes empty.
[[nodiscard]] std::string fill_in(std::string_view text, const Args& args);
/// Names of the placeholders, sorted, each once.
[[nodiscard]] std::vector<std::string> placeholders(std::string_view text);

/// The catalogue in one language; a small handle, copied freely. Thread: [any].
class Texts {
 public:
  explicit Texts(Language language) noexcept : language_(language) {}

  /// The sentence for `key`. A key that is not there gives the key itself: ugly, but never a crash or an empty button.
  [[nodiscard]] std::string operator()(std::string_view key, const Args& args = {}) const;
  /// `key`.one or `key`.many by `count`, which is also the placeholder {count}; `key`.none for 0 where there is one.
  [[nodiscard]] std::string count(std::string_view key, std::uint64_t count, const Args& args = {}) const;
  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] Language language() const noexcept { return language_; }
  /// All keys of the language, sorted; for tests.
  [[nodiscard]] static std::vector<std::string> keys(Language language);

 private:
  Language language_;
};

}  // namespace kvc::plugin
