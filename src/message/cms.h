// SPDX-License-Identifier: Apache-2.0
// Cryptographic Message Syntax (RFC 5652, RFC 5083) by OpenSSL: facts, no verdicts. Internal to message/.
// Content is a text that is read piece by piece; only outlines (cms_walk.h) are in memory. Throws nothing but
// std::bad_alloc.
#pragma once

#include <functional>
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
#include "message/cms_usual_signed.h"
#include "message/cms_walk.h"
#include "message/digests.h"
#include "message/open.h"
#include "message/reader.h"

namespace kvc::message::cms {

/// [D] More recipients or signers than any real message has: each one costs a private or public key operation.
inline constexpr int kMaxRecipients = 100;
inline constexpr int kMaxSigners = 10;

enum class Kind { enveloped, signed_data, other };

/// A ContentInfo, BER or DER, without its content, and without its certificates where those are plain ones. Cannot be
/// copied.
struct Parsed {
  crypto::CmsPtr cms;
  Kind kind = Kind::other;
  Text ber;  ///< all of it
  Outline outline;
  /// The certificates of a SignedData, in their order. None: they are in `cms` (unusual forms), or there are none.
  std::vector<crypto::Certificate> certificates;
  std::optional<UsualSigned> usual;  ///< views into `outline`; then there is no `cms`
};

/// Reads to the end. Errors: malformed, for truncated input too, and what reading gives.
Result<Parsed> parse(const Text& ber, OSSL_LIB_CTX* context);

/// What became of an envelope.
struct Decrypted {
  /// decrypt_failed when no key opens it, for whatever reason: a wrong key, broken padding and broken content look the
  /// same, so that nobody learns about a key from our answers (RFC 3218). malformed for a broken structure.
  Status status;
  std::vector<crypto::IssuerAndSerial> recipients;
  std::string cipher;  ///< "aes-256-cbc"; empty when unknown
  bool weak = false;   ///< the cipher is below the policy
  std::string key_label;
  Text content;  ///< decrypts again each time it is read; a small one is kept in memory that is wiped
};

/// Opens EnvelopedData or AuthEnvelopedData (AES-GCM). Keys with a certificate serve the RecipientInfo that names it;
/// keys without one are tried on every RSA RecipientInfo. The content is decrypted to its end once, for padding or tag.
Decrypted decrypt(const Parsed& envelope, std::span<const DecryptionKey> keys);

/// Looks at decrypted content while it streams by, before it is known whether it is any: keeps nothing of it that shows
/// before decrypt_at_once() said so. May be content with a beginning.
using Preview = std::function<void(Reader& content)>;

struct DecryptedAtOnce {
  Decrypted decrypted;
  bool trailing_bytes = false;  ///< something follows the envelope
};

/// parse() and decrypt() in one reading, for the usual envelope that the first fitting key opens. None: it is another
/// one or something is wrong with it, and what the preview saw is void; parse() and decrypt() find out and say it.
std::optional<DecryptedAtOnce> decrypt_at_once(const Text& ber, std::span<const DecryptionKey> keys,
                                               const Preview& preview);

/// One SignerInfo, examined.
struct Signature {
  std::optional<crypto::Certificate> certificate;  ///< embedded; none: nothing could be verified
  bool digest_good = false;                        ///< the content is what was signed
  bool signature_good = false;                     ///< the signature is of the certificate's key
  std::string digest;                              ///< "sha-256"
  std::string weakness;                            ///< one sentence; empty when within the policy
  std::optional<TimePoint> signing_time;
  [[nodiscard]] bool good() const { return certificate && digest_good && signature_good; }
};

struct Signatures {
  std::vector<Signature> signers;  ///< none: a SignedData that signs nothing
  int certificates = 0;            ///< how many are embedded
};

/// Examines a SignedData against `content`, in that very form and, where `canonical_too`, with every line end turned
/// into CRLF (RFC 8551 section 3.1.1). `digests` are those of the content that were computed while it streamed by,
/// perhaps none; where the signature needs others the content is read again. Errors: malformed, and what reading gives.
Result<Signatures> verify(const Parsed& parsed, const Text& content, ContentDigests digests, bool canonical_too);

/// Content of an opaque SignedData. Error: malformed if it is detached.
Result<Text> opaque_content(Parsed& parsed);

}  // namespace kvc::message::cms
