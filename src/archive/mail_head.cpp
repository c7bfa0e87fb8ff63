// SPDX-License-Identifier: Apache-2.0
#include "archive/mail_head.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Exception.h>

#include "base/guard.h"
#include "mime/header.h"

namespace kvc::archive {
namespace {

constexpr std::size_t kMaxIdBytes = 900;  // longer ones fit into no header line (RFC 5322 section 2.1.1)

/// The header block, without the empty line.
Result<std::string> header_block(std::istream& mail) {
  std::string block, line;
  while (std::getline(mail, line)) {
    if (line.empty() || line == "\r") {
      return block;
    }
    if (block.size() + line.size() >= mime::kMaxHeaderBytes) {
      return Status(error::malformed, "the header is too large for a mail");
    }
    block += line;
    block += '\n';
  }
  return block;
}

void add_addresses(const mime::Header& header, std::string_view name, std::vector<std::string>& list) {
  for (const mime::Field& field : header.fields()) {
    if (mime::equal_ignoring_case(field.name, name)) {
      auto addresses = mime::parse_addresses(field.value);
      if (addresses.ok()) {
        list.insert(list.end(), addresses->begin(), addresses->end());
      }
    }
  }
}

}  // namespace

std::optional<TimePoint> parse_mail_date(const std::string& text) {
  constexpr int kFirstYear = 1990, kLastYear = 2200;
  constexpr std::size_t kMaxDate = 100;
  Poco::DateTime date;
  int zone = 0;
  try {
    if (text.empty() || text.size() > kMaxDate ||
        !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::RFC1123_FORMAT, text, date, zone)) {
      return std::nullopt;
    }
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
  if (date.year() < kFirstYear || date.year() > kLastYear) {
    return std::nullopt;
  }
  date.makeUTC(zone);
  return TimePoint(std::chrono::seconds(date.timestamp().epochTime()));
}

Result<MailHead> read_head(std::istream& mail) {
  return guarded([&]() -> Result<MailHead> {
    KVC_ASSIGN(const std::string block, header_block(mail));
    const auto header = mime::Header::parse(block);
    if (!header.ok() || !header->has("From")) {
      return Status(error::malformed, "the file is no mail");
    }
    MailHead head;
    head.message_id = mime::strip_brackets(header->get("Message-ID"));
    if (head.message_id.size() > kMaxIdBytes) {
      head.message_id.clear();
    }
    const auto from = mime::parse_addresses(header->get("From"));
    head.from = from.ok() && !from->empty() ? from->front() : header->text("From");
    head.service_id = header->text("X-KVC-Dienstkennung");
    head.in_reply_to = mime::strip_brackets(header->get("In-Reply-To"));
    head.subject = header->text("Subject");
    head.date = header->text("Date");
    add_addresses(*header, "To", head.to);
    add_addresses(*header, "Cc", head.to);
    head.sent = parse_mail_date(head.date);
    return head;
  });
}

}  // namespace kvc::archive
