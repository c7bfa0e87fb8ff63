// SPDX-License-Identifier: Apache-2.0
// Private keys of an account.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

struct evp_pkey_st;

namespace kvc::crypto {

/// An RSA private key; a cheap handle to an immutable key. Thread: [any], shared handles are fine.
class PrivateKey {
 public:
  /// New RSA key; KV-Connect demands 2048 bits (protocol A, "CSR content"). Takes 0.05 to 1 s: never on a main thread.
  static Result<PrivateKey> generate(int bits = 2048);
  /// PEM (PKCS#8 or PKCS#1, encrypted or not). `password` may be empty. Errors: malformed, wrong_passphrase.
  static Result<PrivateKey> from_pem(const Secret& pem, const Secret& password);
  /// DER PKCS#8 PrivateKeyInfo, as to_der() gives it.
  static Result<PrivateKey> from_der(const Secret& der);

  [[nodiscard]] Result<Secret> to_der() const;
  [[nodiscard]] int bits() const;
  /// DER SubjectPublicKeyInfo.
  [[nodiscard]] std::vector<std::uint8_t> public_key_info() const;

  /// For the crypto layer: borrowed, lives as long as this handle.
  [[nodiscard]] evp_pkey_st* native() const noexcept { return key_.get(); }
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace kvc::crypto
