// SPDX-License-Identifier: Apache-2.0
#include "mime/header.h"

#include <Poco/Exception.h>
#include <Poco/Net/MessageHeader.h>
#include <Poco/Net/NameValueCollection.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "mime/charset.h"
#include "mime/transfer.h"

namespace kvc::mime {
namespace {

constexpr std::size_t kUsualFields = 16;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// Takes one line off `rest`, without its line end.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  return line;
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// One or more hexadecimal digits of "%41" or "=41"; negative when they are none.
int hex_pair(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
  };
  if (text.size() < 2 || digit(text[0]) < 0 || digit(text[1]) < 0) {
    return -1;
  }
  return digit(text[0]) * 16 + digit(text[1]);
}

/// Replaces `escape` + two hex digits by the byte; what is no escape stays.
std::string unescape(std::string_view text, char escape) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = text[i] == escape ? hex_pair(text.substr(i + 1)) : -1;
    if (byte < 0) {
      result += text[i];
    } else {
      result += static_cast<char>(byte);
      i += 2;
    }
  }
  return result;
}

std::string without_controls(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

struct EncodedWord {
  std::string bytes, charset;
  std::size_t length = 0;  ///< of the word in the header
};

/// "=?charset?B|Q?text?=" at the front of `text` (RFC 2047 section 2), or nothing.
std::optional<EncodedWord> read_encoded_word(std::string_view text) {
  const auto charset_end = text.find('?', 2);
  if (text.substr(0, 2) != "=?" || charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const auto end = text.find("?=", charset_end + 3);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  EncodedWord word;
  word.charset = std::string(text.substr(2, charset_end - 2));
  word.charset.erase(std::min(word.charset.find('*'), word.charset.size()));  // RFC 2231 section 5: "utf-8*de"
  word.length = end + 2;
  const std::string_view encoded = text.substr(charset_end + 3, end - charset_end - 3);
  const char encoding = lower(text[charset_end + 1]);
  if (encoded.find_first_of(" \t") != std::string_view::npos) {
    return std::nullopt;
  }
  if (encoding == 'q') {
    std::string spaced(encoded);
    std::replace(spaced.begin(), spaced.end(), '_', ' ');
    word.bytes = unescape(spaced, '=');
    return word;
  }
  auto decoded = encoding == 'b' ? decode_base64(encoded) : Result<std::string>(Status(error::malformed, ""));
  if (!decoded.ok()) {
    return std::nullopt;
  }
  word.bytes = std::move(decoded).value();
  return word;
}

/// One parameter of RFC 2231: name, number of the continuation, and whether percent escapes are in it.
struct Segment {
  std::string name;
  unsigned number = 0;
  bool extended = false;
};

Segment parse_segment_name(std::string_view raw) {
  Segment segment;
  if (!raw.empty() && raw.back() == '*') {
    segment.extended = true;
    raw.remove_suffix(1);
  }
  const auto star = raw.find('*');
  segment.name = to_lower(raw.substr(0, star));
  if (star != std::string_view::npos) {
    for (const char digit : raw.substr(star + 1, 3)) {
      segment.number = digit >= '0' && digit <= '9' ? segment.number * 10 + static_cast<unsigned>(digit - '0') : 0;
    }
  }
  return segment;
}

/// The segments of one parameter put together: "charset'language'text" in the first extended one.
std::string join_segments(const std::map<unsigned, std::pair<bool, std::string>>& segments) {
  std::string bytes, charset;
  for (const auto& [number, segment] : segments) {
    std::string_view text = segment.second;
    if (segment.first && number == 0) {
      const auto first = text.find('\'');
      const auto second = first == std::string_view::npos ? first : text.find('\'', first + 1);
      if (second != std::string_view::npos) {
        charset = std::string(text.substr(0, first));
        text.remove_prefix(second + 1);
      }
    }
    bytes += segment.first ? unescape(text, '%') : std::string(text);
  }
  return without_controls(to_utf8(bytes, charset));
}

/// Reader of an address list (RFC 5322 section 3.4). Each step takes something off the front of the text.
class AddressReader {
 public:
  explicit AddressReader(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> read() {
    while (!text_.empty()) {
      if (!step()) {
        return Status(error::malformed, "an address list is not readable");
      }
    }
    if (!finish_member() || in_group_) {
      return Status(error::malformed, "an address list is not readable");
    }
    return std::move(addresses_);
  }

 private:
  bool step() {
    switch (text_.front()) {
      case '(':
        return skip_comment();
      case '"':
        return take_quoted();
      case '<':
        return take_angle();
      case ',':
        return take_one() && finish_member();
      case ':':
        // A group's name is no address; the members follow.
        return take_one() && !std::exchange(in_group_, true) && !has_angle_ && reset_words();
      case ';':
        return take_one() && finish_member() && std::exchange(in_group_, false);
      case '>':
      case ')':
        return false;
      default:
        bare_ += text_.front();
        return take_one();
    }
  }

  bool take_one() {
    text_.remove_prefix(1);
    return true;
  }

  bool reset_words() {
    bare_.clear();
    quoted_ = false;
    return true;
  }

  bool skip_comment() {
    int depth = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '(') {
        ++depth;
      } else if (text_[i] == ')' && --depth == 0) {
        text_.remove_prefix(i + 1);
        bare_ += ' ';
        return true;
      }
    }
    return false;
  }

  bool take_quoted() {
    for (std::size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        text_.remove_prefix(i + 1);
        quoted_ = true;
        return true;
      }
    }
    return false;
  }

  bool take_angle() {
    const auto end = text_.find('>');
    if (has_angle_ || end == std::string_view::npos) {
      return false;
    }
    has_angle_ = true;
    address_ = std::string(trim(text_.substr(1, end - 1)));
    text_.remove_prefix(end + 1);
    words_before_angle_ = bare_.size();
    return is_address(address_);
  }

  /// A member ends: it is "name <address>" or a bare address. Nothing but blanks may follow the angle bracket, and a
  /// bare address has no quoted string beside it: both are ways to show one address and mean another.
  bool finish_member() {
    const std::string bare(trim(bare_));
    if (has_angle_) {
      if (!trim(std::string_view(bare_).substr(words_before_angle_)).empty()) {
        return false;
      }
      addresses_.push_back(address_);
    } else if (!bare.empty() || quoted_) {
      if (quoted_ || !is_address(bare)) {
        return false;
      }
      addresses_.push_back(bare);
    }
    has_angle_ = false;
    return reset_words();
  }

  static bool is_address(std::string_view text) {
    const auto at = text.find('@');
    return at != 0 && at != std::string_view::npos && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos &&
           text.find_first_of(" \t<>()[]\\,;:\"") == std::string_view::npos &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  }

  std::string_view text_;
  std::vector<std::string> addresses_;
  std::string bare_, address_;
  std::size_t words_before_angle_ = 0;
  bool quoted_ = false, has_angle_ = false, in_group_ = false;
};

/// Takes what stands before the next `;` off `rest`, and the `;`.
std::string_view take_item(std::string_view& rest) {
  const auto end = rest.find(';');
  const std::string_view item = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return trim(item);
}

/// The value behind `name=`, a token or a quoted string, taken off `rest` with what ends it. Nothing for any other
/// form.
std::optional<std::string_view> take_plain_value(std::string_view& rest) {
  if (rest.empty() || rest.front() != '"') {
    const std::string_view token = take_item(rest);
    return token.find('"') == std::string_view::npos ? std::optional(token) : std::nullopt;
  }
  const auto end = rest.find('"', 1);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view quoted = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  return take_item(rest).empty() && trim(quoted).size() == quoted.size() ? std::optional(quoted) : std::nullopt;
}

/// What nearly every letter has, read at less than half the price: printable ASCII without escapes, continuations (RFC
/// 2231) and encoded words, each parameter a name and a token or a quoted string (RFC 2045 section 5.1). Nothing for
/// any other form; Poco reads those, and would read this one in the same way.
std::optional<Parameterized> parse_usual(std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f && c != '\\' && c != '*'; });
  if (!plain || text.find("=?") != std::string_view::npos) {
    return std::nullopt;
  }
  Parameterized result;
  result.value = to_lower(take_item(text));
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto name_end = text.find_first_of("=;\" ");
    if (name_end == 0 || name_end == std::string_view::npos || text[name_end] != '=') {
      return std::nullopt;
    }
    const std::string_view name = text.substr(0, name_end);
    text.remove_prefix(name_end + 1);
    const auto value = take_plain_value(text);
    if (!value) {
      return std::nullopt;
    }
    result.parameters.emplace(to_lower(name), *value);
  }
  return result;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

Result<Header> Header::parse(std::string_view block) {
  if (block.size() > kMaxHeaderBytes) {
    return Status(error::malformed, "the header is too long");
  }
  if (block.find('\0') != std::string_view::npos) {
    return Status(error::malformed, "the header holds a NUL byte");
  }
  Header header;
  header.fields_.reserve(kUsualFields);
  while (!block.empty()) {
    const std::string_view line = take_line(block);
    if (!line.empty() && is_blank(line.front())) {
      if (header.fields_.empty()) {
        return Status(error::malformed, "the header begins with a continuation line");
      }
      header.fields_.back().value += ' ';
      header.fields_.back().value += trim(line);
      continue;
    }
    const auto colon = line.find(':');
    const auto name = trim(line.substr(0, colon));
    if (colon == std::string_view::npos || !is_field_name(name)) {
      return Status(error::malformed, "a header line is no field");
    }
    if (header.fields_.size() == kMaxHeaderFields) {
      return Status(error::malformed, "the header has too many fields");
    }
    header.fields_.push_back({std::string(name), std::string(trim(line.substr(colon + 1)))});
  }
  for (auto& field : header.fields_) {
    if (const auto trimmed = trim(field.value); trimmed.size() != field.value.size()) {
      field.value = std::string(trimmed);
    }
  }
  return header;
}

std::size_t Header::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields_.begin(), fields_.end(), [&](const Field& field) { return equal_ignoring_case(field.name, name); }));
}

std::string_view Header::get(std::string_view name) const {
  for (const auto& field : fields_) {
    if (equal_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return {};
}

std::string Header::text(std::string_view name) const {
  return decode_words(get(name));
}

std::string Parameterized::parameter(std::string_view name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

Parameterized parse_parameterized(std::string_view text) {
  if (auto usual = parse_usual(text)) {
    return std::move(*usual);
  }
  Parameterized result;
  std::string value;
  Poco::Net::NameValueCollection raw;
  try {
    Poco::Net::MessageHeader::splitParameters(std::string(text), value, raw);
  } catch (const Poco::Exception&) {
    value = std::string(text.substr(0, text.find(';')));
  }
  result.value = to_lower(trim(without_controls(to_utf8(value, ""))));
  std::map<std::string, std::map<unsigned, std::pair<bool, std::string>>> extended;
  for (const auto& [name, content] : raw) {
    if (name.find('*') == std::string::npos) {
      result.parameters.emplace(to_lower(trim(name)), decode_words(content));
    } else {
      const Segment segment = parse_segment_name(trim(name));
      extended[segment.name].emplace(segment.number, std::make_pair(segment.extended, content));
    }
  }
  for (const auto& [name, segments] : extended) {
    result.parameters[name] = join_segments(segments);  // RFC 2231 goes before the plain form for old readers
  }
  return result;
}

Parameterized content_type(const Header& header) {
  Parameterized type = parse_parameterized(header.get("Content-Type"));
  if (type.value.empty() || type.value.find('/') == std::string::npos) {
    type = {"text/plain", {{"charset", "us-ascii"}}};
  }
  return type;
}

std::string file_name(const Header& header) {
  return file_name(header, parse_parameterized(header.get("Content-Disposition")));
}

std::string file_name(const Header& header, const Parameterized& disposition) {
  std::string name = disposition.parameter("filename");
  return name.empty() ? parse_parameterized(header.get("Content-Type")).parameter("name") : name;
}

std::string decode_words(std::string_view text) {
  if (text.find("=?") == std::string_view::npos) {
    return without_controls(to_utf8(text, ""));
  }
  std::string result, pending, charset;  // adjacent words of one character set may split a character between them
  bool after_word = false;
  const auto flush = [&] {
    result += to_utf8(pending, charset);
    pending.clear();
  };
  while (!text.empty()) {
    const auto start = text.find("=?");
    const std::string_view plain = text.substr(0, start);
    const auto word = start == std::string_view::npos ? std::nullopt : read_encoded_word(text.substr(start));
    const bool only_blanks = trim(plain).empty();
    if (!(word && after_word && only_blanks)) {
      flush();
      result += to_utf8(plain, "");
    }
    if (start == std::string_view::npos) {
      break;
    }
    if (!word) {
      result += "=?";
      text.remove_prefix(start + 2);
      after_word = false;
      continue;
    }
    if (!equal_ignoring_case(charset, word->charset)) {
      flush();
    }
    charset = word->charset;
    pending += word->bytes;
    text.remove_prefix(start + word->length);
    after_word = true;
  }
  flush();
  return without_controls(std::move(result));
}

Result<std::vector<std::string>> parse_addresses(std::string_view value) {
  return AddressReader(value).read();
}

std::string strip_brackets(std::string_view id) {
  const auto open = id.find('<');
  const auto close = id.find('>');
  if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
    id = id.substr(open + 1, close - open - 1);
  }
  return std::string(trim(id));
}

}  // namespace kvc::mime
