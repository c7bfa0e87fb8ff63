// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha256.h"

#include <array>
#include <new>

#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {

struct Sha256::Impl {
  DigestContextPtr context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  if (!impl_->context || EVP_DigestInit_ex(impl_->context.get(), sha256_algorithm(), nullptr) != 1) {
    throw std::bad_alloc();
  }
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view piece) {
  EVP_DigestUpdate(impl_->context.get(), piece.data(), piece.size());
}

std::string Sha256::hex() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned length = 0;
  EVP_DigestFinal_ex(impl_->context.get(), value.data(), &length);
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += {kHex[value.at(i) >> 4], kHex[value.at(i) & 15]};
  }
  return text;
}

}  // namespace kvc::crypto
