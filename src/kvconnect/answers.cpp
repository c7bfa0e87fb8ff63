// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/answers.h"

#include <Poco/Exception.h>
#include <Poco/SAX/Attributes.h>
#include <Poco/SAX/DefaultHandler.h>
#include <Poco/SAX/SAXParser.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "kvconnect/protocol_constants.h"

namespace kvc::kvconnect {
namespace {

using Poco::XML::XMLString;

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

std::string trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && blank(text.back())) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

/// Collects the elements called `wanted`, wherever they are.
class Collector : public Poco::XML::DefaultHandler {
 public:
  Collector(std::string_view wanted, std::size_t limit) : wanted_(wanted), limit_(limit) {}

  void startElement(const XMLString&, const XMLString& local, const XMLString&,
                    const Poco::XML::Attributes& attributes) override {
    ++depth_;
    if (depth_ == 1) {
      root_ = local;
    }
    if (record_depth_ == 0 && local == wanted_ && records_.size() < limit_) {
      record_depth_ = depth_;
      Record record;
      for (int i = 0; i < attributes.getLength(); ++i) {
        record.attributes.emplace(attributes.getLocalName(i), attributes.getValue(i).substr(0, kMaxFieldBytes));
      }
      records_.push_back(std::move(record));
    } else if (record_depth_ != 0 && depth_ == record_depth_ + 1) {
      text_.clear();
    }
  }

  void endElement(const XMLString&, const XMLString& local, const XMLString&) override {
    if (record_depth_ != 0 && depth_ == record_depth_ + 1) {
      records_.back().fields.emplace(local, trimmed(text_));  // of two with one name the first counts
      text_.clear();
    }
    if (depth_ == record_depth_) {
      record_depth_ = 0;
    }
    --depth_;
  }

  void characters(const Poco::XML::XMLChar text[], int start, int length) override {
    if (record_depth_ == 0 || depth_ != record_depth_ + 1) {
      return;
    }
    if (text_.size() + static_cast<std::size_t>(length) > kMaxFieldBytes) {
      too_large_ = true;
      return;
    }
    text_.append(text + start, static_cast<std::size_t>(length));
  }

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] bool too_large() const { return too_large_; }
  [[nodiscard]] const std::vector<Record>& records() const { return records_; }

 private:
  std::string wanted_;
  std::size_t limit_;
  std::vector<Record> records_;
  std::string root_;
  std::string text_;
  int depth_ = 0;
  int record_depth_ = 0;
  bool too_large_ = false;
};

/// True if a document type declaration (or anything else that is no comment and no processing instruction) stands
/// before the root element: the only place XML 1.0 allows one.
bool declares_document_type(std::string_view xml) {
  if (xml.starts_with("\xEF\xBB\xBF")) {
    xml.remove_prefix(3);
  }
  for (;;) {
    const std::size_t open = xml.find('<');
    if (open == std::string_view::npos) {
      return false;
    }
    xml.remove_prefix(open);
    std::string_view end;
    if (xml.starts_with("<?")) {
      end = "?>";
    } else if (xml.starts_with("<!--")) {
      end = "-->";
    } else {
      return xml.starts_with("<!");
    }
    const std::size_t close = xml.find(end, 2);
    if (close == std::string_view::npos) {
      return false;  // not well-formed: the parser says so
    }
    xml.remove_prefix(close + end.size());
  }
}

Status bad(const char* why) {
  return {error::bad_answer, why};
}

Status collect(std::string_view xml, std::string_view root, Collector& collector) {
  if (xml.size() > kMaxHeaderList) {
    return bad("the XML answer is too large");
  }
  // UTF-16 and UTF-32 hide a DOCTYPE from the look above; no KV-Connect server writes them.
  if (xml.find('\0') != std::string_view::npos || xml.starts_with("\xFF\xFE") || xml.starts_with("\xFE\xFF")) {
    return bad("the XML answer is not in an ASCII-compatible encoding");
  }
  if (declares_document_type(xml)) {
    return bad("the XML answer has a document type declaration");
  }
  try {
    Poco::XML::SAXParser parser;
    parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACES, true);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_GENERAL_ENTITIES, false);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_PARAMETER_ENTITIES, false);
    parser.setContentHandler(&collector);
    parser.parseMemoryNP(xml.data(), xml.size());
  } catch (const Poco::Exception&) {
    return bad("the XML answer is not well-formed");
  } catch (const std::exception&) {
    return bad("the XML answer cannot be read");
  }
  if (collector.root() != root) {
    return bad("the XML answer is of another kind");
  }
  if (collector.too_large()) {
    return bad("an element of the XML answer is too large");
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

Result<AccountInfo> parse_account(std::string_view xml) {
  Collector found("account", 1);
  KVC_TRY(collect(xml, "account", found));
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

Result<std::vector<transport::WaitingMail>> parse_headers(std::string_view xml, std::size_t limit) {
  Collector found("header", limit);
  KVC_TRY(collect(xml, "headers", found));
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

Result<std::string> parse_certificate(std::string_view xml) {
  if (trimmed(xml).empty()) {
    return Status(error::no_certificate, "the server has no certificate");
  }
  Collector found("certificate", 1);
  KVC_TRY(collect(xml, "certificate", found));
  std::string pem = found.records().front().field("body");
  if (pem.empty()) {
    return Status(error::no_certificate, "the server has no certificate");
  }
  return pem;
}

Result<std::vector<CsrStatusEntry>> parse_csr_status(std::string_view xml) {
  constexpr std::size_t kMaxEntries = 1000;
  Collector found("status-entry", kMaxEntries);
  KVC_TRY(collect(xml, "csr-status", found));
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
  std::string version = trimmed(text);
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
