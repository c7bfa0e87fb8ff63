// SPDX-License-Identifier: Apache-2.0
#include "application/csv.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace kvc::application {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Length of the UTF-8 sequence at the front (RFC 3629 section 4); 0 if there is none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto more = [&](std::size_t i) { return byte(i) >= 0x80U && byte(i) <= 0xBFU; };
  const unsigned first = byte(0);
  if (first < 0x80U) {
    return 1;
  }
  if (first >= 0xC2U && first <= 0xDFU) {
    return more(1) ? 2 : 0;
  }
  if (first >= 0xE0U && first <= 0xEFU) {
    const bool overlong = first == 0xE0U && byte(1) < 0xA0U;
    const bool surrogate = first == 0xEDU && byte(1) > 0x9FU;
    return more(1) && more(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const bool overlong = first == 0xF0U && byte(1) < 0x90U;
    const bool too_high = first == 0xF4U && byte(1) > 0x8FU;
    return more(1) && more(2) && more(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

/// The line of the first byte that is neither readable text nor a line break; 0 if all is well.
std::size_t unreadable_line(std::string_view text) {
  std::size_t line = 1;
  while (!text.empty()) {
    const std::size_t length = sequence(text);
    const auto c = static_cast<unsigned char>(text.front());
    const bool control = length == 1 && (c < 0x20U || c == 0x7FU) && c != '\n' && c != '\r' && c != '\t';
    if (length == 0 || control) {
      return line;
    }
    line += c == '\n' ? 1U : 0U;
    text.remove_prefix(length);
  }
  return 0;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::variant<std::vector<CsvRecord>, CsvFault> read() {
    while (at_ < text_.size()) {
      CsvRecord record{line_, {}};
      do {
        std::optional<std::string> field = peek() == '"' ? quoted() : bare();
        if (!field) {
          return CsvFault{line_, "quotes"};
        }
        record.fields.push_back(std::move(*field));
      } while (skip(','));
      if (at_ < text_.size() && !end_of_line()) {
        return CsvFault{line_, "quotes"};  // text behind a closing quote
      }
      if (record.fields.size() > 1 || !record.fields.front().empty()) {
        records_.push_back(std::move(record));
      }
    }
    return std::move(records_);
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool skip(char c) {
    const bool there = at_ < text_.size() && text_[at_] == c;
    at_ += there ? 1U : 0U;
    return there;
  }
  bool end_of_line() {
    const std::size_t before = at_;
    skip('\r');
    if (!skip('\n')) {
      at_ = before;
      return false;
    }
    ++line_;
    return true;
  }
  std::optional<std::string> bare() {
    const std::size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
    std::string field(text_.substr(at_, end - at_));
    at_ = end;
    return peek() == '"' ? std::nullopt : std::optional(std::move(field));
  }
  std::optional<std::string> quoted() {
    std::string field;
    const std::size_t began = line_;
    skip('"');
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"' && !skip('"')) {
        return field;
      }
      line_ += c == '\n' ? 1U : 0U;
      field += c;
    }
    line_ = began;  // where the quote that is never closed stands
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1;
  std::vector<CsvRecord> records_;
};

}  // namespace

std::variant<std::vector<CsvRecord>, CsvFault> parse_csv(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (const std::size_t line = unreadable_line(text); line != 0) {
    return CsvFault{line, "text"};
  }
  return Reader(text).read();
}

}  // namespace kvc::application
