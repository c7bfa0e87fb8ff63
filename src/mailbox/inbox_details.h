// SPDX-License-Identifier: Apache-2.0
// What the encrypted column of the inbox holds: what the innermost layer of an opened mail says of itself.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "mailbox/content_cipher.h"
#include "mailbox/inbox_repository.h"

namespace kvc::mailbox {

struct InboxDetails {
  std::string from, subject, service_id, in_reply_to;
  std::string guid;  ///< of the begleitdatei, or empty
  std::vector<std::string> file_names;
};

Result<std::string> seal_details(const ContentCipher& cipher, const InboxDetails& details, const InboxRow& row);
/// Empty details for a row that was not opened yet. Error: storage_corrupt.
Result<InboxDetails> open_details(const ContentCipher& cipher, const InboxRow& row);

}  // namespace kvc::mailbox
