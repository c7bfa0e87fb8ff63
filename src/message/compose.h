// SPDX-License-Identifier: Apache-2.0
// The MIME entities of an outgoing message, before any cryptography. Internal to message/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "message/seal.h"
#include "mime/transfer.h"
#include "mime/wiped_bytes.h"

namespace kvc::message {

/// The clear header up to and without the empty line, and the clear Content-Type with it (protocol C, the outer list).
/// Error: invalid_field, naming the field.
Result<std::string> compose_clear_header(const Outgoing& outgoing);

/// A stretch of the content: bytes that are there, and behind them perhaps an attachment in base64.
struct Stretch {
  mime::WipedBytes bytes;
  const Attachment* file = nullptr;        ///< of the Outgoing
  std::optional<std::uint64_t> file_size;  ///< what it must have then
};

/// The entity that is signed: the header fields of the mail copied in (with the user's Subject), text, attachments or
/// receipt; CRLF throughout, 7-bit clean, no line end after its last line. Attachments are not read yet.
struct Content {
  std::vector<Stretch> stretches;
  std::optional<std::uint64_t> size;  ///< of the whole; unknown if that of an attachment is
};

/// Checks everything and asks every attachment for its size. Errors: invalid_field, file_unreadable.
Result<Content> compose_content(const Outgoing& outgoing, Env& env);

/// Reads the attachments once and writes the whole. Errors: file_unreadable, and what the sink gives.
Status write_content(const Content& content, const mime::Sink& sink);

/// What stands around content and signature in the multipart/signed, byte for byte.
struct SignedFrame {
  std::string before, between, after;
};
SignedFrame signed_frame(Env& env);

}  // namespace kvc::message
