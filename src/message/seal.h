// SPDX-License-Identifier: Apache-2.0
// Building, signing and encrypting a message (protocol C).
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "message/receipt.h"
#include "mime/transfer.h"
#include "service/service_id.h"

namespace kvc::message {

/// A file that goes along. `open` may be called more than once and gives the bytes from the start; it is called on the
/// thread that seals, and what it gives is read in pieces and never held as a whole.
struct Attachment {
  std::string name;  ///< base name, UTF-8
  std::string type = "application/octet-stream";
  std::string description;  ///< Content-Description, e.g. eAB-XML
  std::function<std::unique_ptr<std::istream>()> open;
  /// How many bytes `open` gives, if that is known beforehand; else the stream is asked for its end (seekg, tellg). A
  /// stream that cannot say it either is read as it comes and the envelope written in BER with indefinite length.
  std::optional<std::uint64_t> size = std::nullopt;
};

/// Everything that goes into one message. Only the listed header fields exist; nothing else reaches the clear header.
struct Outgoing {
  std::string from, to;  ///< addresses
  std::string subject;   ///< the service's neutral text (protocol C "Privacy")
  service::ServiceId service_id;
  std::string message_id;   ///< without brackets, `<uuid>@<domain>`; the caller makes it, once for all tries
  std::string in_reply_to;  ///< without brackets, or empty
  TimePoint date;
  bool request_receipt = false;  ///< writes Disposition-Notification-To and Return-Path, both the sender
  std::string sender_system;     ///< X-KVC-Sendersystem, e.g. "KVConnectPlugin;V0.1"
  std::string user_subject;      ///< what the user typed; goes inside the envelope only, as the inner Subject
  std::string text;              ///< text/plain, UTF-8
  std::vector<Attachment> attachments;
  std::optional<Receipt> receipt;  ///< makes it a multipart/report; text is its first part
};

struct SealKeys {
  crypto::PrivateKey key;
  crypto::Certificate certificate;  ///< the sender's, carries the key
  crypto::Certificate recipient_certificate;
};

/// Writes the finished mail with CRLF line ends, piece by piece: clear header, enveloped, signed (protocol C). Reads
/// every attachment once; memory does not grow with them. All fields, the keys and that every attachment opens are
/// checked before the first piece is written. What fails later (an attachment breaks off or has another size than it
/// said, the sink) ends in an error: what was written until then has no end and opens as malformed, and the caller
/// discards it. A mail is whole only if seal() said so. The signing time is env.now(), outgoing.date only the header's.
/// Errors: invalid_field (an address, id or header value that is none or holds line breaks; parameter "field"),
/// file_unreadable (an attachment), crypto_failed, out_of_memory, and what `out` gives. Does not judge certificates:
/// the caller checks them before (crypto/trust_list.h). Thread: [worker]; `out` is called on it, with pieces of at most
/// 64 KiB that live until it returns.
[[nodiscard]] Status seal(const Outgoing& outgoing, const SealKeys& keys, Env& env, const mime::Sink& out);
/// The same into a stream. Error: file_unwritable when that fails.
[[nodiscard]] Status seal(const Outgoing& outgoing, const SealKeys& keys, Env& env, std::ostream& out);

}  // namespace kvc::message
