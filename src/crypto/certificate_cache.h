// SPDX-License-Identifier: Apache-2.0
// Certificates that were read lately. Decoding the public key of one costs half an RSA private operation, and a mailbox
// holds letters of the same few hundred people.
#pragma once

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

}  // namespace kvc::crypto
