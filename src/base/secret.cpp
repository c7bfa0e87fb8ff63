// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <openssl/crypto.h>

#include <cstring>
#include <utility>

#include "base/secret_memory.h"

namespace kvc {
namespace {

std::uint8_t* allocate(std::size_t size) {
  if (size == 0) {
    return nullptr;
  }
  return secret_memory::allocate(size);
}

}  // namespace

Secret::Secret(std::string_view text)
    : Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())) {}

Secret::Secret(std::span<const std::uint8_t> bytes) : data_(allocate(bytes.size())), size_(bytes.size()) {
  if (size_ != 0) {
    std::memcpy(data_, bytes.data(), size_);
  }
}

Secret Secret::of_size(std::size_t size) {
  Secret secret;
  secret.data_ = allocate(size);
  secret.size_ = size;
  return secret;
}

Secret::Secret(const Secret& other) : Secret(other.bytes()) {}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    *this = Secret(other);
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

std::string_view Secret::reveal() const noexcept {
  return {reinterpret_cast<const char*>(data_), size_};
}

void Secret::wipe() noexcept {
  secret_memory::release(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

bool operator==(const Secret& a, const Secret& b) noexcept {
  return a.size_ == b.size_ && (a.size_ == 0 || CRYPTO_memcmp(a.data_, b.data_, a.size_) == 0);
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // what was longer before lies behind the end
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace kvc
