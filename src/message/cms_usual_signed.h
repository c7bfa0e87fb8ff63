// SPDX-License-Identifier: Apache-2.0
// The SignedData that the products of the network write: DER, one signer, named by issuer and serial number, RSA
// (PKCS#1 v1.5) with SHA-2, signed attributes, no unsigned ones. OpenSSL's CMS code decodes such a structure, encodes
// parts of it again and sets up filters; for a letter that takes as long as half of its RSA operations. Here it is only
// taken apart. Whatever is not exactly of this form is left to OpenSSL (cms_read.cpp), whose verdict on this form is
// the same (tests/unit/message/differential_test.cpp and the fuzz target message_differential compare). Internal to
// message/.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/time.h"
#include "crypto/certificate.h"
#include "crypto/openssl_ptr.h"
#include "message/cms_walk.h"

namespace kvc::message::cms {

/// Views into the outline.
struct UsualSigned {
  const EVP_MD* digest = nullptr;   ///< of content and attributes
  std::string_view attributes;      ///< the content of the signed attributes
  std::string_view message_digest;  ///< as the attribute says
  std::string_view signature;
  std::optional<TimePoint> signing_time;
  crypto::Certificate certificate;  ///< the one the signer names, with an RSA key
};

/// `certificates`: all that the structure holds. Nothing: it is another form. Throws std::bad_alloc.
std::optional<UsualSigned> usual_signed(const Outline& outline, std::span<const crypto::Certificate> certificates);

/// Whether the signature over the attributes is of the certificate's key.
bool signature_is_good(const UsualSigned& usual);

}  // namespace kvc::message::cms
