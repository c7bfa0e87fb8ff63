// SPDX-License-Identifier: Apache-2.0
// Opening a message: every layer decrypted, verified and judged.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/trust_list.h"
#include "message/verdict.h"

namespace kvc::message {

/// A key that may open an envelope. With its certificate it is found by issuer and serial (protocol B.6); a key without
/// one (archives often have only that) is tried.
struct DecryptionKey {
  crypto::PrivateKey key;
  std::optional<crypto::Certificate> certificate;
  std::string label;  ///< for people: which generation or file
};

/// At what time certificates are judged (protocol C, "Reference time").
struct AtSigningTime {};
using ReferenceTime = std::variant<AtSigningTime, TimePoint>;

struct OpenOptions {
  std::vector<DecryptionKey> keys;
  crypto::TrustList trust;
  ReferenceTime at = AtSigningTime{};
  TimePoint now;       ///< what AtSigningTime falls back to when there is no signingTime
  int max_layers = 8;  ///< deeper nesting is malformed
  std::uint64_t max_bytes = 600ULL * 1024 * 1024;
};

struct Signer {
  std::string email, subject, issuer, serial;
  TimePoint not_before, not_after;
  std::string fingerprint_sha256;
};

/// One header field of a layer, unfolded, encoded words decoded.
struct HeaderField {
  std::string name, value;
};

struct Layer {
  Verdict verdict = Verdict::malformed;
  std::vector<Verdict> findings;  ///< all that apply besides the verdict
  std::string reason;             ///< one English sentence for the expert
  std::string from;               ///< address only, of the clear header
  /// Of this layer's header, ids without brackets: from the signed header where a good signature covers it and it has
  /// the field, else from the clear one.
  std::string to, subject, message_id, in_reply_to, date, service_id;
  std::optional<Signer> signer;
  std::optional<TimePoint> signing_time;  ///< the signer's own claim
  TimePoint reference_time;
  std::string content_cipher;                       ///< "aes-256-cbc"; empty without envelope
  std::string digest;                               ///< "sha-256"; empty without signature
  std::vector<crypto::IssuerAndSerial> recipients;  ///< certificates that would open the envelope
  std::string key_label;                            ///< DecryptionKey::label that did
  std::vector<HeaderField> outer_header, signed_header;
  /// Stable keys with text after ": ": header_differs (e.g. "header_differs: Date"), signing_time_differs,
  /// several_signers, several_certificates, trailing_bytes, multipart_not_closed, part_undecodable.
  std::vector<std::string> warnings;
};

struct Part {
  std::string name;         ///< file name as sent, not safe as a path
  std::string type;         ///< media type
  std::string description;  ///< Content-Description
  std::uint64_t size = 0;   ///< bytes after decoding
  std::string sha256;       ///< of the decoded bytes, lower-case hex
  bool attachment = false;  ///< false: the message's own text
};

/// A message that was opened. Parts are those of the innermost layer, and only if that layer's content lies inside a
/// good signature (digest right); otherwise there are none and raw_inner() is what may be offered as raw attachment.
/// Content is decrypted again whenever it is read, from the mail; of small messages (256 KiB) it is held in memory that
/// is wiped.
class OpenedMessage {
 public:
  Verdict verdict = Verdict::malformed;  ///< the first layer's that is not valid, outermost first
  std::vector<Layer> layers;             ///< outermost first, at least one
  std::vector<Part> parts;

  /// Writes the decoded bytes of parts[index]. Errors: not_found, file_unwritable; file_unreadable if the mail cannot
  /// be read again or, at the end, if the bytes are not those that were verified.
  [[nodiscard]] Status read_part(std::size_t index, std::ostream& out) const;
  /// Text of the first text/plain part as UTF-8, empty if none. Other character sets are converted.
  [[nodiscard]] std::string text() const;
  /// Bytes of the innermost content that is not covered by a good signature, to be offered with a warning.
  [[nodiscard]] Status read_unverified(std::ostream& out) const;
  /// The innermost layer's MIME type, e.g. "multipart/report".
  [[nodiscard]] const std::string& content_type() const;

  struct Content;
  std::shared_ptr<Content> content;
};

/// Gives the bytes of one mail from their start, a fresh stream each time. An OpenedMessage keeps it and calls it
/// whenever its content is read, on the thread that reads.
using MailSource = std::function<std::unique_ptr<std::istream>()>;

/// Reads a mail of any size (RFC 5322, at most options.max_bytes) in memory that does not grow with it. Verdict and
/// errors as below.
Result<OpenedMessage> open(MailSource mail, const OpenOptions& options);

/// Reads a whole mail (RFC 5322) into memory, at most options.max_bytes. A mail that is no mail still gives one layer
/// with the verdict malformed; the Status is an error only for reading failures (file_unreadable, too_large,
/// out_of_memory).
Result<OpenedMessage> open(std::istream& mail, const OpenOptions& options);

}  // namespace kvc::message
