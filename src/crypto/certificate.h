// SPDX-License-Identifier: Apache-2.0
// X.509 certificates as the KV-Connect network uses them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "crypto/key.h"

struct x509_st;

namespace kvc::crypto {

/// Names a certificate inside a CMS message (RFC 5652 section 10.2.4).
struct IssuerAndSerial {
  std::string issuer;                    ///< RFC 2253 text of the issuer's name, for people
  std::string serial_hex;                ///< upper case, without leading zeros, "0" for zero
  std::vector<std::uint8_t> issuer_der;  ///< what is compared
  friend bool operator==(const IssuerAndSerial& a, const IssuerAndSerial& b) {
    return a.serial_hex == b.serial_hex && a.issuer_der == b.issuer_der;
  }
};

/// A parsed certificate; a cheap handle to an immutable object. Thread: [any].
class Certificate {
 public:
  /// First certificate of a PEM text ("CERTIFICATE", text around it is skipped). At most 1 MiB. Error: malformed, here
  /// and below also where der() would give other bytes: such a certificate has two fingerprints.
  static Result<Certificate> from_pem(std::string_view pem);
  /// All certificates of a PEM text, in order; at least one.
  static Result<std::vector<Certificate>> all_from_pem(std::string_view pem);
  /// Exactly one certificate, nothing behind it. der() gives the same bytes again.
  static Result<Certificate> from_der(std::string_view der);

  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::string der() const;
  [[nodiscard]] std::string subject() const;  ///< RFC 2253 text
  [[nodiscard]] std::string issuer() const;   ///< RFC 2253 text
  [[nodiscard]] std::string serial_hex() const;
  [[nodiscard]] IssuerAndSerial issuer_and_serial() const;
  /// First emailAddress of the subject, then of the SAN; empty if none (protocol C, "signer_not_sender").
  [[nodiscard]] std::string email() const;
  [[nodiscard]] std::string common_name() const;
  [[nodiscard]] std::string uid() const;  ///< subject UID, 0.9.2342.19200300.100.1.1
  /// Validity, both ends inclusive. Times outside what TimePoint can hold (1678 to 2262) are cut to its ends; a time
  /// that does not parse makes the certificate valid at no time.
  [[nodiscard]] TimePoint not_before() const;
  [[nodiscard]] TimePoint not_after() const;
  [[nodiscard]] bool valid_at(TimePoint time) const;
  [[nodiscard]] std::string fingerprint_sha256() const;  ///< lower-case hex
  [[nodiscard]] bool carries_key_of(const PrivateKey& key) const;
  [[nodiscard]] int key_bits() const;                  ///< 0 if the key is of an unknown kind
  [[nodiscard]] std::string signature_digest() const;  ///< "sha512", "sha1" ...; empty if unknown
  [[nodiscard]] bool is_ca() const;                    ///< CA flag set, and keyCertSign allowed

  friend bool operator==(const Certificate& a, const Certificate& b);  ///< byte by byte

  [[nodiscard]] x509_st* native() const noexcept { return x509_.get(); }
  /// For the crypto and message layers: takes over a parsed certificate, not null.
  explicit Certificate(std::shared_ptr<x509_st> x509) : x509_(std::move(x509)) {}

 private:
  std::shared_ptr<x509_st> x509_;
};

/// Compares with the user certificate profile of protocol B. Every deviation is one sentence in English (for the
/// expert); empty means as documented. Old certificates with keyCertSign/cRLSign are accepted (protocol B).
std::vector<std::string> user_profile_deviations(const Certificate& certificate);

/// What is weak about the certificate itself by today's policy: an RSA key below 2048 bits (or another one below 112
/// bits of security), a signature made with MD2, MD4, MD5 or SHA-1. Each is one sentence in English; empty means
/// nothing. For the verdict weak_algorithm (protocol C). A self-signed certificate's own signature proves nothing and
/// is not judged.
std::vector<std::string> weaknesses(const Certificate& certificate);

/// Case-insensitive comparison of two mail addresses (protocol A), ASCII only.
[[nodiscard]] bool same_address(std::string_view a, std::string_view b);

}  // namespace kvc::crypto
