// SPDX-License-Identifier: Apache-2.0
#include "crypto/keyed_hash.h"

#include <array>

#include "base/guard.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {

Result<std::string> keyed_hash(const Secret& key, std::string_view text) {
  return guarded([&]() -> Result<std::string> {
    const ErrorScope errors;
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    std::size_t size = 0;
    if (EVP_Q_mac(library_context(), "HMAC", nullptr, "SHA256", nullptr, key.bytes().data(), key.size(),
                  reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), mac.size(),
                  &size) == nullptr) {
      return openssl_status(error::crypto_failed, "HMAC failed");
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (std::size_t i = 0; i < size; ++i) {
      hex += kDigits[mac[i] >> 4U];
      hex += kDigits[mac[i] & 0xfU];
    }
    return hex;
  });
}

}  // namespace kvc::crypto
