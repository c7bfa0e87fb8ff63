// SPDX-License-Identifier: Apache-2.0
#include "crypto/sealed_box.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>

#include "base/guard.h"
#include "crypto/aead.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr char kVersion = 1;
constexpr std::string_view kInfo = "kvc sealed box 1";

using KdfPtr = Owned<EVP_KDF, EVP_KDF_free>;
using KdfContextPtr = Owned<EVP_KDF_CTX, EVP_KDF_CTX_free>;

PkeyPtr private_half(const Secret& key) {
  return PkeyPtr(EVP_PKEY_new_raw_private_key_ex(library_context(), "X25519", nullptr, key.bytes().data(), key.size()));
}

PkeyPtr public_half(std::string_view key) {
  return PkeyPtr(EVP_PKEY_new_raw_public_key_ex(library_context(), "X25519", nullptr,
                                                reinterpret_cast<const unsigned char*>(key.data()), key.size()));
}

Result<Secret> agree(const Secret& private_key, std::string_view public_key) {
  const PkeyPtr mine = private_half(private_key);
  const PkeyPtr theirs = public_half(public_key);
  const PkeyContextPtr context(mine ? EVP_PKEY_CTX_new_from_pkey(library_context(), mine.get(), nullptr) : nullptr);
  Secret shared = Secret::of_size(kKeyBytes);
  std::size_t size = shared.size();
  if (!context || !theirs || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1 ||
      EVP_PKEY_derive(context.get(), shared.data(), &size) != 1 || size != kKeyBytes) {
    return Status(error::bad_request, "no key agreement with this public key");
  }
  return shared;
}

/// Key of the box. The one-time and the recipient's public key are part of the derivation, so that a box cannot be
/// turned into one for somebody else.
Result<Secret> box_key(const Secret& shared, std::string_view one_time, std::string_view recipient) {
  std::string info = std::string(kInfo) + std::string(one_time) + std::string(recipient);
  Secret secret = shared;
  std::array<char, 7> digest{"SHA256"};
  const std::array<OSSL_PARAM, 4> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()), OSSL_PARAM_construct_end()};
  const KdfPtr hkdf(EVP_KDF_fetch(library_context(), "HKDF", nullptr));
  const KdfContextPtr context(hkdf ? EVP_KDF_CTX_new(hkdf.get()) : nullptr);
  Secret key = Secret::of_size(kAeadKeyBytes);
  if (!context || EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) != 1) {
    return openssl_status(error::crypto_failed, "HKDF failed");
  }
  return key;
}

Result<Secret> open(const Secret& private_key, std::string_view sealed, std::string_view associated_data) {
  const Status failed(error::decrypt_failed, "the sealed bytes do not open");
  if (sealed.size() < 1 + kKeyBytes || sealed.front() != kVersion) {
    return failed;
  }
  const std::string_view one_time = sealed.substr(1, kKeyBytes);
  const auto own = box_public_key(private_key);
  const auto shared = own.ok() ? agree(private_key, one_time) : Result<Secret>(failed);
  if (!shared.ok()) {
    return failed;
  }
  KVC_ASSIGN(const auto key, box_key(shared.value(), one_time, own.value()));
  return aead_open(key, sealed.substr(1 + kKeyBytes), associated_data);
}

}  // namespace

Result<BoxKeyPair> make_box_key_pair(Env& env) {
  return guarded([&]() -> Result<BoxKeyPair> {
    Secret private_key = Secret::of_size(kKeyBytes);
    env.random({private_key.data(), private_key.size()});
    KVC_ASSIGN(auto public_key, box_public_key(private_key));
    return BoxKeyPair{std::move(public_key), std::move(private_key)};
  });
}

Result<std::string> box_public_key(const Secret& private_key) {
  return guarded([&]() -> Result<std::string> {
    const ErrorScope errors;
    const PkeyPtr key = private_half(private_key);
    std::string text(kKeyBytes, '\0');
    std::size_t size = text.size();
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(text.data()), &size) != 1) {
      return Status(error::bad_request, "no X25519 private key");
    }
    return text;
  });
}

Result<std::string> box_seal(Env& env, std::string_view public_key, const Secret& plaintext,
                             std::string_view associated_data) {
  return guarded([&]() -> Result<std::string> {
    const ErrorScope errors;
    KVC_ASSIGN(const auto one_time, make_box_key_pair(env));
    KVC_ASSIGN(const auto shared, agree(one_time.private_key, public_key));
    KVC_ASSIGN(const auto key, box_key(shared, one_time.public_key, public_key));
    KVC_ASSIGN(const auto body, aead_seal(env, key, plaintext, associated_data));
    return std::string(1, kVersion) + one_time.public_key + body;
  });
}

Result<Secret> box_open(const Secret& private_key, std::string_view sealed, std::string_view associated_data) {
  return guarded([&]() -> Result<Secret> {
    const ErrorScope errors;
    return open(private_key, sealed, associated_data);
  });
}

Result<Secret> x25519(const Secret& private_key, std::string_view public_key) {
  return guarded([&]() -> Result<Secret> {
    const ErrorScope errors;
    return agree(private_key, public_key);
  });
}

}  // namespace kvc::crypto
