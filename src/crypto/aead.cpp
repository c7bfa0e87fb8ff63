// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include <array>

#include "base/guard.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::size_t kMaxBytes = 1UL << 30U;
constexpr std::size_t kMinSalt = 16;
constexpr std::uint64_t kMaxScryptMemory = 1ULL << 30U;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

/// Fetched once: a fetch per call would cost more than encrypting a password.
const EVP_CIPHER* aes_256_gcm() {
  static const CipherPtr cipher(EVP_CIPHER_fetch(library_context(), "AES-256-GCM", nullptr));
  return cipher.get();
}

/// A context that has read key, nonce and associated data. `encrypt` as EVP_CipherInit_ex2 takes it.
CipherContextPtr started(const Secret& key, std::string_view nonce, std::string_view associated_data, int encrypt) {
  CipherContextPtr context(EVP_CIPHER_CTX_new());
  int length = 0;
  if (!context ||
      EVP_CipherInit_ex2(context.get(), aes_256_gcm(), key.bytes().data(), bytes_of(nonce), encrypt, nullptr) != 1) {
    return nullptr;
  }
  if (!associated_data.empty() && EVP_CipherUpdate(context.get(), nullptr, &length, bytes_of(associated_data),
                                                   static_cast<int>(associated_data.size())) != 1) {
    return nullptr;
  }
  return context;
}

Result<std::string> seal(Env& env, const Secret& key, const Secret& plaintext, std::string_view associated_data) {
  std::string sealed(kAeadOverhead + plaintext.size(), kVersion);
  env.random({bytes_of(sealed) + 1, kNonce});
  auto context = started(key, std::string_view(sealed).substr(1, kNonce), associated_data, 1);
  unsigned char* out = bytes_of(sealed) + 1 + kNonce;
  int length = 0;
  if (!context) {
    return openssl_status(error::crypto_failed, "AES-256-GCM cannot be started");
  }
  if (!plaintext.empty() && EVP_CipherUpdate(context.get(), out, &length, plaintext.bytes().data(),
                                             static_cast<int>(plaintext.size())) != 1) {
    return openssl_status(error::crypto_failed, "AES-256-GCM failed");
  }
  unsigned char* tag = out + plaintext.size();
  if (EVP_CipherFinal_ex(context.get(), tag, &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTag), tag) != 1) {
    return openssl_status(error::crypto_failed, "AES-256-GCM failed");
  }
  return sealed;
}

Result<Secret> open(const Secret& key, std::string_view sealed, std::string_view associated_data) {
  const Status failed(error::decrypt_failed, "the sealed bytes do not open");
  if (sealed.size() < kAeadOverhead || sealed.size() > kMaxBytes + kAeadOverhead || sealed.front() != kVersion) {
    return failed;
  }
  const std::string_view body = sealed.substr(1 + kNonce, sealed.size() - kAeadOverhead);
  std::array<unsigned char, kTag> tag{};
  sealed.substr(sealed.size() - kTag).copy(reinterpret_cast<char*>(tag.data()), kTag);
  auto context = started(key, sealed.substr(1, kNonce), associated_data, 0);
  Secret plaintext = Secret::of_size(body.size());
  int length = 0;
  if (!context ||
      (!body.empty() && EVP_CipherUpdate(context.get(), plaintext.data(), &length, bytes_of(body),
                                         static_cast<int>(body.size())) != 1) ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTag), tag.data()) != 1) {
    return failed;
  }
  std::array<unsigned char, kTag> nothing{};
  if (EVP_CipherFinal_ex(context.get(), nothing.data(), &length) != 1) {
    return failed;
  }
  return plaintext;
}

}  // namespace

Result<std::string> aead_seal(Env& env, const Secret& key, const Secret& plaintext, std::string_view associated_data) {
  return guarded([&]() -> Result<std::string> {
    if (key.size() != kAeadKeyBytes) {
      return Status(error::bad_request, "an AES-256 key has 32 bytes");
    }
    if (plaintext.size() > kMaxBytes || associated_data.size() > kMaxBytes) {
      return Status(error::too_large, "more than 1 GiB cannot be sealed in one piece");
    }
    const ErrorScope errors;
    return seal(env, key, plaintext, associated_data);
  });
}

Result<Secret> aead_open(const Secret& key, std::string_view sealed, std::string_view associated_data) {
  return guarded([&]() -> Result<Secret> {
    if (key.size() != kAeadKeyBytes || associated_data.size() > kMaxBytes) {
      return Status(error::decrypt_failed, "the sealed bytes do not open");
    }
    const ErrorScope errors;
    return open(key, sealed, associated_data);
  });
}

Result<Secret> scrypt(const Secret& passphrase, std::string_view salt, const ScryptCost& cost, std::size_t length) {
  return guarded([&]() -> Result<Secret> {
    const Status refused(error::bad_request, "scrypt cost out of range");
    constexpr std::uint64_t kMaxFactor = 1U << 24U;
    if (length == 0 || cost.n < 2 || cost.n > kMaxFactor || cost.r == 0 || cost.r > 64 || cost.p == 0 || cost.p > 64 ||
        128 * cost.r * (cost.n + cost.p + 2) > kMaxScryptMemory) {
      return refused;
    }
    const ErrorScope errors;
    Secret key = Secret::of_size(length);
    // A null pointer means "only check the parameters" to OpenSSL, so an empty passphrase needs an address too.
    const std::string_view text = passphrase.empty() ? std::string_view("") : passphrase.reveal();
    if (EVP_PBE_scrypt_ex(text.data(), text.size(), bytes_of(salt), salt.size(), cost.n, cost.r, cost.p,
                          kMaxScryptMemory + (1U << 20U), key.data(), length, library_context(), nullptr) != 1) {
      return refused;
    }
    return key;
  });
}

Result<Secret> key_from_passphrase(const Secret& passphrase, std::string_view salt, const ScryptCost& cost) {
  constexpr std::uint64_t kMinN = 1U << 10U;
  if (salt.size() < kMinSalt || cost.n < kMinN) {
    return Status(error::bad_request, "salt too short or scrypt cost too low");
  }
  return scrypt(passphrase, salt, cost, kAeadKeyBytes);
}

}  // namespace kvc::crypto
