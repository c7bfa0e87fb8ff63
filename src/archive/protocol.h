// SPDX-License-Identifier: Apache-2.0
// A readable protocol of one message: who sent it and when, what its verification found and how, what it carries, and
// which receipts there were. As text and as PDF, to be kept beside the original.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "message/open.h"

namespace kvc::archive {

/// Something that happened to the message.
struct Event {
  enum class Kind {
    accepted,          ///< by the server (sent messages)
    confirmed,         ///< the recipient's receipt came (sent messages)
    answered,          ///< an answer came (sent messages)
    receipt_queued,    ///< our receipt for it waits (received messages)
    receipt_accepted,  ///< our receipt for it is with the server
    receipt_failed,
    receipt_requested,  ///< by the message itself; no time of its own
  };
  Kind kind = Kind::accepted;
  std::optional<TimePoint> at;
  std::string message_id;  ///< of the receipt, where it is known
};

struct Protocol {
  std::string message_id;
  std::string account_address;
  bool sent = false;  ///< by this practice
  bool from_archive = false;
  TimePoint stored;  ///< when the practice received, imported or queued it
  std::uint64_t size = 0;
  std::string sha256;  ///< of the original bytes
  message::ReferenceTime reference;
  message::OpenedMessage message;
  std::vector<Event> events;  ///< receipts and what else is known, oldest first
  TimePoint made;             ///< when this protocol was made
};

enum class Language { german, english };

/// Plain text, UTF-8, LF, lines of at most 90 characters. Patient data is in it only as far as
/// subject and file names hold it. Never fails.
std::string protocol_text(const Protocol& protocol, Language language);

/// A file name for an export of this message: day, sender and the beginning of the Message-ID, harmless everywhere (see
/// mime/safe_name.h), no patient data. `extension` with its dot.
std::string export_name(const Protocol& protocol, std::string_view extension);

/// protocol_text() as PDF 1.4, A4 pages (archive/pdf_text.h).
Result<std::string> protocol_pdf(const Protocol& protocol, Language language);

}  // namespace kvc::archive
