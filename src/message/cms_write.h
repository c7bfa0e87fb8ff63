// SPDX-License-Identifier: Apache-2.0
// Writing Cryptographic Message Syntax (RFC 5652) while the content streams by. The structures are written here,
// because OpenSSL's CMS functions want a content as a whole or as a source that they drive; all cryptography is
// OpenSSL's EVP. What is written is, byte for byte, what CMS_sign() and CMS_encrypt() write (tests compare). Internal
// to message/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/openssl_ptr.h"
#include "message/pieces_beside.h"
#include "mime/transfer.h"
#include "mime/wiped_bytes.h"

namespace kvc::message::cms {

/// A detached SignedData: SHA-256, RSA PKCS#1 v1.5, signed attributes contentType, signingTime, messageDigest,
/// smimeCapabilities (AES only) and signingCertificateV2; exactly one certificate, the signer's (protocol C).
class DetachedSigner {
 public:
  /// Error: crypto_failed, also if the certificate is not of the key.
  static Result<DetachedSigner> begin(crypto::PrivateKey key, const crypto::Certificate& certificate,
                                      TimePoint signing_time);
  /// How long the DER will be, to the byte.
  [[nodiscard]] std::size_t size() const;
  /// The next piece of the content. Throws std::bad_alloc.
  void add(std::string_view piece);
  /// The DER; once, at the end. Error: crypto_failed.
  Result<std::string> finish();

 private:
  DetachedSigner(crypto::PrivateKey key, crypto::DigestContextPtr digest)
      : key_(std::move(key)), digest_(std::move(digest)) {}
  [[nodiscard]] std::string attributes(std::string_view digest) const;
  [[nodiscard]] std::string structure(std::string_view attributes, std::string_view signature) const;

  crypto::PrivateKey key_;
  crypto::DigestContextPtr digest_;
  std::string certificate_, issuer_and_serial_, signing_time_, signing_certificate_;  ///< DER
};

/// An EnvelopedData: AES-256-CBC, RSA PKCS#1 v1.5, recipients by issuer and serial number (protocol C).
class EnvelopeWriter {
 public:
  /// Makes the content key and encrypts it for every recipient; writes nothing yet. `size` is the content's: with it
  /// the structure is DER; without it BER with indefinite lengths and the content in several strings. `sink` gets
  /// pieces of at most kPiece. Error: crypto_failed, also for a recipient whose key is not RSA.
  static Result<EnvelopeWriter> begin(std::span<const crypto::Certificate> recipients,
                                      std::optional<std::uint64_t> size, mime::Sink sink);
  /// The next piece of the content. Errors: crypto_failed, and what the sink gives.
  ///
  /// From 1 MiB on a thread of the writer's own encrypts, where the machine has another processor; the sink is called
  /// on the caller's thread.
  Status write(std::string_view piece);
  /// Writes what is left. Without it nothing that was written is a CMS structure. Error: also internal if the content
  /// was not of the size that was said.
  Status finish();

  EnvelopeWriter(EnvelopeWriter&&) = default;
  EnvelopeWriter& operator=(EnvelopeWriter&&) = delete;
  ~EnvelopeWriter() = default;

 private:
  EnvelopeWriter(std::optional<std::uint64_t> size, mime::Sink sink) : size_(size), sink_(std::move(sink)) {}
  Status write_at_once(std::string_view piece);
  Status encrypted(std::string_view piece);
  unsigned char* out() { return reinterpret_cast<unsigned char*>(out_.data()); }

  std::optional<std::uint64_t> size_;
  std::uint64_t written_ = 0;
  mime::Sink sink_;
  crypto::CipherContextPtr cipher_;
  std::string head_;  ///< everything before the content, until it was written
  mime::WipedBytes out_;
  bool alone_ = false;                    ///< there is no other processor or no thread for it
  std::unique_ptr<PiecesBeside> beside_;  ///< uses cipher_, so it goes first
};

}  // namespace kvc::message::cms
