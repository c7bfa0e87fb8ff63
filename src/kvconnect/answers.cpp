// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/answers.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "kvconnect/protocol_constants.h"
#include "xml/reader.h"

namespace kvc::kvconnect {
namespace {

/// One element of interest: its attributes and the texts of its children, by local name.
struct Record {
  std::map<std::string, std::string, std::less<>> attributes;
  std::map<std::string, std::string, std::less<>> fields;

  [[nodiscard]] std::string field(std::string_view name) const { return value(fields, name); }
  [[nodiscard]] std::string attribute(std::string_view name) const { return value(attributes, name); }

 private:
  static std::string value(const std::map<std::string, std::string, std::less<>>& from, std::string_view name) {
    const auto found = from.find(name);
    return found == from.end() ? std::string() : found->second;
  }
};

/// Collects the elements called `wanted`, wherever they are.
class Collector : public xml::Handler {
 public:
  Collector(std::string_view wanted, std::size_t limit) : wanted_(wanted), limit_(limit) {}

  Status start(std::string_view, std::string_view local, const std::vector<xml::Attribute>& attributes, int) override {
    ++depth_;
    if (depth_ == 1) {
      root_ = local;
    }
    if (record_depth_ == 0 && local == wanted_ && records_.size() < limit_) {
      record_depth_ = depth_;
      Record record;
      for (const xml::Attribute& attribute : attributes) {
        record.attributes.emplace(attribute.name, attribute.value);
      }
      records_.push_back(std::move(record));
    } else if (record_depth_ != 0 && depth_ == record_depth_ + 1) {
      text_.clear();
    }
    return {};
  }

  Status end(std::string_view, std::string_view local) override {
    if (record_depth_ != 0 && depth_ == record_depth_ + 1) {
      // Of two with one name the first counts.
      records_.back().fields.emplace(local, xml::trimmed(text_));
      text_.clear();
    }
    if (depth_ == record_depth_) {
      record_depth_ = 0;
    }
    --depth_;
    return {};
  }

  Status text(std::string_view piece) override {
    if (record_depth_ != 0 && depth_ == record_depth_ + 1) {
      text_ += piece;
    }
    return {};
  }

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] const std::vector<Record>& records() const { return records_; }

 private:
  std::string wanted_;
  std::size_t limit_;
  std::vector<Record> records_;
  std::string root_;
  std::string text_;
  int depth_ = 0;
  int record_depth_ = 0;
};

Status bad(const std::string& why) {
  return {error::bad_answer, why};
}

Status collect(std::string_view document, std::string_view root, Collector& collector) {
  xml::Limits limits;
  limits.bytes = kMaxHeaderList;
  limits.elements = kMaxHeaderList;  // the size alone is what bounds a list of waiting mails
  limits.text_bytes = kMaxFieldBytes;
  const Status read = xml::parse(document, limits, collector);
  if (read.is(error::out_of_memory)) {
    return read;
  }
  if (!read.ok()) {
    return bad("the answer: " + read.detail());
  }
  if (collector.root() != root) {
    return bad("the XML answer is of another kind");
  }
  return {};
}

std::string without_brackets(std::string id) {
  if (id.size() >= 2 && id.front() == '<' && id.back() == '>') {
    return id.substr(1, id.size() - 2);
  }
  return id;
}

}  // namespace

Result<AccountInfo> parse_account(std::string_view document) {
  Collector found("account", 1);
  KVC_TRY(collect(document, "account", found));
  const Record& record = found.records().front();
  AccountInfo account;
  account.uid = record.attribute("uid");
  account.email = record.field("email");
  account.password_last_change = record.field("passwordLastChange");
  const std::string needed = record.field("passwordChangeNeeded");
  account.password_change_needed = needed == "true" || needed == "1";  // both are xs:boolean
  if (account.uid.empty()) {
    return bad("the account has no uid");
  }
  return account;
}

Result<std::vector<transport::WaitingMail>> parse_headers(std::string_view document, std::size_t limit) {
  Collector found("header", limit);
  KVC_TRY(collect(document, "headers", found));
  std::vector<transport::WaitingMail> mails;
  for (const Record& record : found.records()) {
    transport::WaitingMail mail;
    mail.message_id = without_brackets(record.field("message-id"));
    mail.from = record.field("from");
    mail.to = record.field("to");
    mail.subject = record.field("subject");
    mail.date = record.field("date");
    mail.service_id = record.field("x-kvc-dienstkennung");
    mail.in_reply_to = without_brackets(record.field("in-reply-to"));
    if (!mail.message_id.empty()) {
      mails.push_back(std::move(mail));
    }
  }
  return mails;
}

Result<std::string> parse_certificate(std::string_view document) {
  if (xml::trimmed(document).empty()) {
    return Status(error::no_certificate, "the server has no certificate");
  }
  Collector found("certificate", 1);
  KVC_TRY(collect(document, "certificate", found));
  std::string pem = found.records().front().field("body");
  if (pem.empty()) {
    return Status(error::no_certificate, "the server has no certificate");
  }
  return pem;
}

Result<std::vector<CsrStatusEntry>> parse_csr_status(std::string_view document) {
  constexpr std::size_t kMaxEntries = 1000;
  Collector found("status-entry", kMaxEntries);
  KVC_TRY(collect(document, "csr-status", found));
  std::vector<CsrStatusEntry> entries;
  for (const Record& record : found.records()) {
    const std::string number = record.attribute("status");
    int status = 0;
    const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), status);
    if (failure == std::errc() && end == number.data() + number.size() && status > 0) {
      entries.push_back({status, record.attribute("time")});
    }
  }
  return entries;
}

Result<std::string> parse_version(std::string_view text) {
  constexpr std::size_t kMaxVersion = 64;
  std::string version(xml::trimmed(text));
  const bool printable =
      std::all_of(version.begin(), version.end(), [](char c) { return c >= ' ' && c < 0x7f && c != '<'; });
  if (version.empty() || version.size() > kMaxVersion || !printable) {
    return bad("the answer is not the version of a KV-Connect server");
  }
  return version;
}

namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none (RFC 3629 section 4).
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool too_high = lead == 0xF4 && byte(1) > 0x8F;
  const bool control = (lead == 0xC2 && byte(1) < 0xA0) ||                                         // C1 controls
                       (lead == 0xE2 && byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE) ||  // bidi, separators
                       (lead == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9);    // bidi isolates
  return overlong || surrogate || too_high || control ? 0 : length;
}

}  // namespace

std::string shown_error_text(std::string_view body) {
  std::string shown;
  std::size_t characters = 0;
  bool blank = false;
  while (!body.empty() && characters < kShownErrorCharacters) {
    const std::size_t length = utf8_sequence(body);
    const bool visible = length > 1 || (length == 1 && body[0] > ' ' && body[0] < 0x7f);
    if (visible) {
      if (blank && !shown.empty() && ++characters == kShownErrorCharacters) {
        break;
      }
      shown.append(blank && !shown.empty() ? " " : "").append(body.substr(0, length));
      ++characters;
    }
    blank = !visible;
    body.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return shown;
}

}  // namespace kvc::kvconnect
