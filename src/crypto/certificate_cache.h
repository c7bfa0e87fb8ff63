// SPDX-License-Identifier: Apache-2.0
// Certificates that were read lately. Decoding the public key of one costs half an RSA private operation, and a mailbox
// holds letters of the same few hundred people.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "crypto/certificate.h"

namespace kvc::crypto {

/// [D] So many certificates of at most so many bytes are kept, for the whole process: at most a few MiB.
inline constexpr std::size_t kKeptCertificates = 256;
inline constexpr std::size_t kKeptCertificateBytes = 8UL * 1024;

/// Certificate::from_der(), or the one object that was made of these very bytes before. Certificates are public and
/// immutable, so nothing is shared but time; whether one is trusted is asked every time. Errors are not kept.
/// Thread: [any].
Result<Certificate> shared_certificate(std::string_view der);
/// The same for one that was parsed already, or that comes as Certificate::from_pem() takes it: what is remembered of a
/// certificate (facts_of(), check_chain()) is remembered by object, and would keep each copy alive. Larger ones as they
/// are. Thread: [any]. Throws std::bad_alloc.
Certificate shared_certificate(const Certificate& certificate);
Result<Certificate> shared_certificate_of_pem(std::string_view pem);

/// What a certificate says of itself, as its functions give it.
struct CertificateFacts {
  std::string email, subject, issuer, serial_hex, fingerprint_sha256;
  TimePoint not_before, not_after;
};
/// Read once for the same bytes; writing names as text takes OpenSSL a while. As many are kept as certificates, and
/// none of larger ones.
/// Thread: [any]. Throws std::bad_alloc.
std::shared_ptr<const CertificateFacts> facts_of(const Certificate& certificate);

}  // namespace kvc::crypto
