// SPDX-License-Identifier: Apache-2.0
// Building, signing and encrypting a message (protocol C).
#pragma once

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
#include "service/service_id.h"

namespace kvc::message {

/// A file that goes along. `open` may be called more than once and gives the bytes from the start.
struct Attachment {
  std::string name;  ///< base name, UTF-8
  std::string type = "application/octet-stream";
  std::string description;  ///< Content-Description, e.g. eAB-XML
  std::function<std::unique_ptr<std::istream>()> open;
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

/// Writes the finished mail with CRLF line ends: clear header, enveloped, signed (protocol C). Everything is checked
/// and signed before the first byte is written. The signing time is env.now(), outgoing.date only the header's. Errors:
/// invalid_field (an address, id or header value that is none or holds line breaks; parameter "field"), file_unreadable
/// (an attachment), file_unwritable, too_large (more than 2 GiB in one piece), crypto_failed. Does not judge
/// certificates: the caller checks them before (crypto/trust_list.h). Thread: [worker].
[[nodiscard]] Status seal(const Outgoing& outgoing, const SealKeys& keys, Env& env, std::ostream& out);

}  // namespace kvc::message
