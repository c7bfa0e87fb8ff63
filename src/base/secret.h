// SPDX-License-Identifier: Apache-2.0
// Passwords and key bytes: memory that is wiped when it goes, and that no stream or log can print by accident.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kvc {

/// Owned bytes of a secret. Memory comes from own pages (base/secret_memory.h) that are excluded from core files and,
/// up to 16 KiB, locked against swapping, as far as the kernel allows; it is cleansed on destruction, assignment and
/// move. There is no operator<< and no conversion to std::string: use `reveal()` at the one place that needs the bytes.
/// Comparison takes the same time for equal lengths.
class Secret {
 public:
  Secret() noexcept = default;
  explicit Secret(std::string_view text);
  explicit Secret(std::span<const std::uint8_t> bytes);
  static Secret of_size(std::size_t size);  ///< zero-filled, to be written through data()
  Secret(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  [[nodiscard]] std::string_view reveal() const noexcept;
  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::uint8_t* data() noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  void wipe() noexcept;

  friend bool operator==(const Secret& a, const Secret& b) noexcept;

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Overwrites a string that had to hold a secret for a moment (e.g. a parsed form field), then empties it.
void wipe(std::string& text) noexcept;

}  // namespace kvc
