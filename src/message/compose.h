// SPDX-License-Identifier: Apache-2.0
// The MIME entities of an outgoing message, before any cryptography. Internal to message/.
#pragma once

#include <string>

#include "base/env.h"
#include "base/status.h"
#include "message/seal.h"
#include "mime/wiped_bytes.h"

namespace kvc::message {

/// The clear header up to and without the empty line, and the clear Content-Type with it (protocol C, the outer list).
/// Error: invalid_field, naming the field.
Result<std::string> compose_clear_header(const Outgoing& outgoing);

/// The entity that is signed: the header fields of the mail copied in (with the user's Subject), text, attachments or
/// receipt; CRLF throughout, 7-bit clean, no line end after its last line. Errors: invalid_field, file_unreadable.
Result<mime::WipedBytes> compose_content(const Outgoing& outgoing, Env& env);

/// The multipart/signed around `content`, byte for byte, and the signature's DER.
Result<mime::WipedBytes> compose_signed(const mime::WipedBytes& content, std::string_view signature_der, Env& env);

}  // namespace kvc::message
