// SPDX-License-Identifier: Apache-2.0
// What the clear header of an archived mail says. Internal to archive/.
#pragma once

#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/status.h"

namespace kvc::archive {

struct MailHead {
  std::string message_id;  ///< without brackets; empty if there is none
  std::string from, service_id, in_reply_to, subject, date;
  std::vector<std::string> to;    ///< addresses of To and Cc; unreadable fields give none
  std::optional<TimePoint> sent;  ///< Date, if it can be read and is no time before 1990
};

/// Reads up to the empty line, at most mime::kMaxHeaderBytes. Error: malformed if this is no mail: no header, or one
/// without From.
Result<MailHead> read_head(std::istream& mail);

/// RFC 5322 section 3.3, leniently; nothing if it is no date.
std::optional<TimePoint> parse_mail_date(const std::string& text);

}  // namespace kvc::archive
