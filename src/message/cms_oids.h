// SPDX-License-Identifier: Apache-2.0
// Object identifiers of what is written, and of what is read in its usual form, as DER elements. Internal to message/.
#pragma once

#include <string_view>

namespace kvc::message::cms::oid {

using namespace std::string_view_literals;

// RFC 5652 section 4, 5, 6 and 11.
inline constexpr auto kData = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"sv;
inline constexpr auto kSignedData = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv;
inline constexpr auto kEnvelopedData = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"sv;
inline constexpr auto kContentType = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"sv;
inline constexpr auto kMessageDigest = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"sv;
inline constexpr auto kSigningTime = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"sv;
// RFC 8551 section 2.5.2.
inline constexpr auto kCapabilities = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f"sv;
// RFC 6211 section 2.
inline constexpr auto kAlgorithmProtection = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x34"sv;
// RFC 5035 section 3.
inline constexpr auto kSigningCertificateV2 = "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f"sv;
// RFC 8017 appendix A.1.
inline constexpr auto kRsaEncryption = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv;
inline constexpr auto kSha256WithRsa = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv;
inline constexpr auto kSha384WithRsa = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv;
inline constexpr auto kSha512WithRsa = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv;
// RFC 5083 section 2.
inline constexpr auto kAuthEnvelopedData = "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"sv;
// NIST's registry of algorithms: hashes and AES.
inline constexpr auto kSha256 = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;
inline constexpr auto kSha384 = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv;
inline constexpr auto kSha512 = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv;
inline constexpr auto kAes128Cbc = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02"sv;
inline constexpr auto kAes192Cbc = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x16"sv;
inline constexpr auto kAes256Cbc = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"sv;
inline constexpr auto kAes256Gcm = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2e"sv;

}  // namespace kvc::message::cms::oid
