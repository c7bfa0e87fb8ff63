// SPDX-License-Identifier: Apache-2.0
// What the processor needs at least: OpenSSL's primitives, one after another, for the work the message format forces.
// Contexts are reused, nothing is copied, parsed or written.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "bench/message/work.h"
#include "crypto/openssl_ptr.h"

namespace kvc::bench {

class Limit {
 public:
  Limit();
  void rsa_sign();
  void rsa_encrypt();
  void rsa_decrypt();
  void rsa_verify();
  void sha256(std::string_view bytes);
  void cbc_encrypt(std::string_view bytes);
  void base64_encode(std::string_view bytes);  ///< by our codec, which is faster than OpenSSL's
  /// The same; what comes out goes through `then`.
  template <class Then>
  void base64_decode(std::string_view text, Then then);

  /// The attachment's base64, the digest, AES-CBC, the envelope's base64, a signature and two recipients.
  void seal(const Work& work);
  /// The envelope's base64, AES-CBC, the digest, a decryption and a verification: what a null sink needs.
  void open(const Work& work);
  /// What each part's size and SHA-256 need besides, which open() gives.
  void parts(const Work& work);

 private:
  crypto::PkeyContextPtr sign_, verify_, encrypt_, decrypt_;
  crypto::CipherContextPtr cipher_;
  crypto::DigestPtr digest_;
  crypto::DigestContextPtr digesting_;
  std::array<unsigned char, 32> hash_{};
  std::vector<unsigned char> signature_, wrapped_, room_, other_room_;
};

}  // namespace kvc::bench
