// SPDX-License-Identifier: Apache-2.0
// The reader and the writer of messages as they were before content streamed: whole buffers, OpenSSL's CMS_* functions
// for everything. Kept as the oracle that the product's reader is compared with (differential_test.cpp, fuzz target
// message_differential); no part of the product. It changes only when a rule of the protocol does.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/openssl_ptr.h"
#include "message/cms.h"
#include "message/open.h"
#include "mime/transfer.h"
#include "mime/wiped_bytes.h"

namespace kvc::message::oracle {

using cms::Kind;
using cms::kMaxRecipients;
using cms::kMaxSigners;
using cms::Signature;
using cms::Signatures;

/// A parsed ContentInfo, BER or DER.
struct Parsed {
  crypto::CmsPtr cms;
  Kind kind = Kind::other;
  bool trailing_bytes = false;  ///< something follows the structure
};

/// Error: malformed, for truncated input too.
Result<Parsed> parse(std::string_view ber, OSSL_LIB_CTX* context);

/// What became of an envelope.
struct Decrypted {
  /// decrypt_failed when no key opens it, for whatever reason: a wrong key, broken padding and broken content look the
  /// same, so that nobody learns about a key from our answers (RFC 3218). malformed for a broken structure.
  Status status;
  std::vector<crypto::IssuerAndSerial> recipients;
  std::string cipher;  ///< "aes-256-cbc"; empty when unknown
  bool weak = false;   ///< the cipher is below the policy
  std::string key_label;
  bool trailing_bytes = false;
  mime::WipedBytes content;
};

/// Opens EnvelopedData or AuthEnvelopedData (AES-GCM). Keys with a certificate serve the RecipientInfo that names it;
/// keys without one are tried on every RSA RecipientInfo.
Decrypted decrypt(std::string_view ber, std::span<const DecryptionKey> keys);

/// Examines a SignedData against `content`, in that very form and, where `canonical_too`, with every line end turned
/// into CRLF (RFC 8551 section 3.1.1). Error: malformed.
Result<Signatures> verify(CMS_ContentInfo* cms, std::string_view content, bool canonical_too);

/// Content of an opaque SignedData; the copy inside `cms` is wiped. Error: malformed if it is detached.
Result<mime::WipedBytes> take_content(CMS_ContentInfo* cms);

/// DER of a detached SignedData as protocol C asks for it, by CMS_sign().
Result<std::string> sign_detached(std::string_view content, const crypto::PrivateKey& key,
                                  const crypto::Certificate& certificate, TimePoint signing_time);

/// DER of an EnvelopedData as protocol C asks for it, by CMS_encrypt().
Result<std::string> encrypt(std::string_view content, std::span<const crypto::Certificate> recipients);

}  // namespace kvc::message::oracle
