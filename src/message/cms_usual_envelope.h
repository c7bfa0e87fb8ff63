// SPDX-License-Identifier: Apache-2.0
// The EnvelopedData that the products of the network write: DER around the content, recipients named by issuer and
// serial number whose keys are wrapped with RSA (PKCS#1 v1.5), AES-CBC. As with cms_usual_signed.h it is only taken
// apart here, the cryptography is OpenSSL's, and whatever is not exactly of this form is left to OpenSSL's CMS code.
// Internal to message/.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/openssl_ptr.h"

namespace kvc::message::cms {

/// Views into the outline.
struct UsualRecipient {
  std::string_view issuer;  ///< a DER element
  std::string_view serial;  ///< a DER element
  std::string_view encrypted_key;
};

struct UsualEnvelope {
  std::vector<UsualRecipient> recipients;  ///< at least one, at most kMaxRecipients
  const EVP_CIPHER* cipher = nullptr;
  std::string_view iv;
};

/// `outline` as ContentWalker gives it. Nothing: it is another form. Throws std::bad_alloc.
std::optional<UsualEnvelope> usual_envelope(std::string_view outline);

/// The recipient that a certificate is, byte for byte; null: none.
const UsualRecipient* recipient_of(const UsualEnvelope& envelope, const crypto::Certificate& certificate);

/// Whom the recipients are, in their order, as recipient_id() says it. Nothing: a name that OpenSSL does not read.
std::optional<std::vector<crypto::IssuerAndSerial>> identities(const UsualEnvelope& envelope,
                                                               const crypto::Certificate& known);

/// A cipher at the beginning of the content.
struct Ready {
  crypto::CipherContextPtr cipher;  ///< null: it cannot be set up
  /// False: the key in `cipher` is a random one, so that decryption goes on and fails like that of broken content
  /// (RFC 3218 section 2.3.2).
  bool key_recovered = false;
};
Ready make_ready(const UsualEnvelope& envelope, const UsualRecipient& recipient, const crypto::PrivateKey& key);

}  // namespace kvc::message::cms
