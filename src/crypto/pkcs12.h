// SPDX-License-Identifier: Apache-2.0
// Keystore files (.p12), RFC 7292.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace kvc::crypto {

/// A private key with its certificate.
struct Identity {
  PrivateKey key;
  Certificate certificate;
};

/// Rounds of PBKDF2-HMAC-SHA256 and of the MAC's key derivation in what we write (OWASP 2023: 600 000). Each generation
/// costs them once, the certificates and the MAC once more: about 0.2 s a generation.
inline constexpr int kPkcs12Rounds = 600'000;

/// All generations (Schluesselgenerationen) in one file, newest first; AES-256-CBC and PBKDF2-HMAC-SHA256 for the bags,
/// HMAC-SHA256 for the MAC. Each key and its certificate share a localKeyId and a name: `friendly_name`, with " #<n>"
/// (1 = oldest) if there are several, because Java tells entries apart by name only. The password is UTF-8.
/// Slow: never on a main thread. Errors: bad_request for no generation, an empty password or a key that is not the
/// certificate's; crypto_failed.
Result<std::string> write_pkcs12(const std::vector<Identity>& generations, const Secret& password,
                                 std::string_view friendly_name);

/// Reads files of OpenSSL, Java and NSS, at most 4 MiB, old 3DES/RC2 encryptions too (never written), and passwords
/// with umlauts in the encodings these programs use (crypto/pkcs12_password.h). A key and a certificate belong together
/// if the public keys are equal; keys without a certificate, certificates without a key and keys other than RSA are
/// left out. Newest (notBefore) first, each certificate once. Files without MAC are refused: nobody could tell whether
/// they were changed. Files that demand absurd derivation rounds are refused (crypto/pbe.h). Slow: never on a main
/// thread.
///
/// Errors: wrong_passphrase, also for a file whose content was changed: the MAC tells no difference. crypto_failed if
/// OpenSSL's legacy provider is needed and not installed. malformed with the param "reason":
///   not_a_keystore  empty, too large, or of another kind (PEM, JKS, a picture, a certificate)
///   truncated       a keystore whose end is missing
///   damaged         a keystore, but its bytes make no sense, or more bytes follow it
///   no_mac          a keystore without MAC
///   unsupported     MAC, encryption or protection by public key that is not known here, or more work than is
///   reasonable no_key          opened, but no private key is in it not_rsa         opened, but its keys are no RSA
///   keys no_certificate  opened, but no key has its certificate
Result<std::vector<Identity>> read_pkcs12(std::string_view der, const Secret& password);

}  // namespace kvc::crypto
