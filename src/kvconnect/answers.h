// SPDX-License-Identifier: Apache-2.0
// Readers of the server's XML answers (protocol A). They see text only: no network, no clock.
//
// A server is not trusted with our memory: a document type declaration is refused (no entities, RFC 3470 section 4.14's
// advice), no external entity is ever opened, texts are capped. Unknown elements are ignored, missing ones are empty;
// names are compared without their namespace. Thread: [any].
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "kvconnect/client.h"

namespace kvc::kvconnect {

/// Error bad_answer also if there is no uid: nothing works without it.
Result<AccountInfo> parse_account(std::string_view xml);

/// In the order of the answer (oldest first), at most `limit`. Entries without a message-id cannot be fetched and are
/// left out. Ids are without angle brackets.
Result<std::vector<transport::WaitingMail>> parse_headers(std::string_view xml, std::size_t limit);

/// The PEM text. Error no_certificate for an empty or missing body element.
Result<std::string> parse_certificate(std::string_view xml);

/// Newest first, as the server gives them. Entries without a number are left out.
Result<std::vector<CsrStatusEntry>> parse_csr_status(std::string_view xml);

/// The version of a text/plain answer, trimmed; bad_answer unless it is one short printable line.
Result<std::string> parse_version(std::string_view text);

/// What an error's body says, fit to be shown: at most `kShownErrorCharacters` printable characters of valid UTF-8,
/// white space collapsed. Never interpreted.
std::string shown_error_text(std::string_view body);

}  // namespace kvc::kvconnect
