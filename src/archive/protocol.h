// SPDX-License-Identifier: Apache-2.0
// A readable protocol of one message: who sent it and when, what its verification found and how, what it carries, and
// which receipts there were. As text and as PDF, to be kept beside the original.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "message/open.h"

namespace kvc::archive {

/// One receipt that has to do with the message.
struct ReceiptEvent {
  bool sent = false;  ///< by us for this message; false: received
  std::string state;  ///< outbox state by name ("queued", "accepted" ...) or "received"
  std::optional<TimePoint> at;
  std::string message_id, partner;
};

struct Protocol {
  std::string message_id;
  std::string account_address;
  bool from_archive = false;
  TimePoint stored;  ///< when the practice received or imported it
  std::uint64_t size = 0;
  std::string sha256;  ///< of the original bytes
  message::ReferenceTime reference;
  message::OpenedMessage message;
  std::vector<ReceiptEvent> receipts;
  TimePoint made;  ///< when this protocol was made
};

enum class Language { german, english };

/// Plain text, UTF-8, LF, lines of at most 80 characters where values allow it. Patient data is in it only as far as
/// subject and file names hold it. Never fails.
std::string protocol_text(const Protocol& protocol, Language language);

/// The same as PDF 1.4, A4 pages (archive/pdf_text.h).
Result<std::string> protocol_pdf(const Protocol& protocol, Language language);

}  // namespace kvc::archive
