// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/http.h"

#include <Poco/Exception.h>
#include <Poco/Net/MessageHeader.h>
#include <Poco/String.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>

#include "kvconnect/protocol_constants.h"

namespace kvc::kvconnect {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxTrailers = 32;

Status bad(const char* why) {
  return {error::bad_answer, why};
}
Status lost(const char* why) {
  return {error::connection_lost, why};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Position after the empty line that ends a head, npos if it has not come yet.
std::size_t head_end(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (text.substr(at + 1).starts_with("\n")) {
      return at + 2;
    }
    if (text.substr(at + 1).starts_with("\r\n")) {
      return at + 3;
    }
  }
  return std::string_view::npos;
}

Result<std::uint64_t> content_length(const ResponseHead& head) {
  const std::string text = head.field("Content-Length");
  std::uint64_t length = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (head.count("Content-Length") != 1 || failure != std::errc() || end != text.data() + text.size()) {
    return bad("the answer has no usable Content-Length");
  }
  return length;
}

Result<std::uint64_t> chunk_size(std::string_view line) {
  line = line.substr(0, line.find(';'));  // extensions carry nothing for us
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) {
    line.remove_suffix(1);
  }
  std::uint64_t size = 0;
  const auto [end, failure] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  if (line.empty() || failure != std::errc() || end != line.data() + line.size()) {
    return bad("a chunk of the answer has no size");
  }
  return size;
}

}  // namespace

std::string ResponseHead::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& one) { return Poco::icompare(one.first, std::string(name)) == 0; });
  return found == fields.end() ? std::string() : found->second;
}

std::size_t ResponseHead::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), [&](const auto& one) {
    return Poco::icompare(one.first, std::string(name)) == 0;
  }));
}

Result<ResponseHead> parse_response_head(std::string_view text) {
  // The status line is read here: Poco keeps the number in an enumeration, and a server may send any number.
  constexpr std::size_t kBeforeStatus = sizeof "HTTP/1.1 " - 1;
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  const std::size_t end = text.find('\n');
  const bool line = text.starts_with("HTTP/1.") && end != std::string_view::npos && end > kBeforeStatus + 3 &&
                    digit(7) && text[8] == ' ' && digit(9) && digit(10) && digit(11) &&
                    static_cast<unsigned char>(text[12]) <= ' ';
  if (!line || text.find('\0') != std::string_view::npos) {
    return bad("the answer is not HTTP/1.1");
  }
  ResponseHead head;
  head.status = (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
  head.http_1_1 = text[7] != '0';
  if (head.status < 100 || head.status > 599) {
    return bad("the answer has no HTTP status");
  }
  try {
    std::istringstream in{std::string(text.substr(end + 1))};
    Poco::Net::MessageHeader fields;
    fields.read(in);
    for (const auto& [name, value] : fields) {
      head.fields.emplace_back(name, value);
    }
    return head;
  } catch (const Poco::Exception&) {
    return bad("the head of the answer cannot be read");
  }
}

Result<std::string_view> ResponseReader::more() {
  if (used_ == filled_) {
    buffer_.resize(kTransferBlock);  // once, and left as it is: a TLS record fills a quarter of it
    used_ = filled_ = 0;
    KVC_ASSIGN(filled_, stream_.read(buffer_.data(), buffer_.size()));
    answered_ = answered_ || filled_ > 0;
  }
  return std::string_view(buffer_.data() + used_, filled_ - used_);
}

Result<ResponseHead> ResponseReader::read_head() {
  for (int answers = 0; answers <= kMaxInformational; ++answers) {
    std::string text;
    std::size_t end = std::string::npos;
    while (end == std::string::npos) {
      if (text.size() > kMaxHeadBytes) {
        return bad("the head of the answer is too large");
      }
      KVC_ASSIGN(const std::string_view piece, more());
      if (piece.empty()) {
        return lost("the server closed the connection before it answered");
      }
      const std::size_t before = text.size();
      text.append(piece);
      end = head_end(text);
      used_ += end == std::string::npos ? piece.size() : end - before;
    }
    KVC_ASSIGN(ResponseHead head, parse_response_head(std::string_view(text).substr(0, end)));
    if (head.status >= 200) {
      return head;
    }
  }
  return bad("too many informational answers");
}

Result<std::string> ResponseReader::line(std::size_t limit) {
  std::string text;
  for (;;) {
    KVC_ASSIGN(const std::string_view piece, more());
    if (piece.empty()) {
      return lost("the answer ended early");
    }
    const std::size_t at = piece.find('\n');
    text.append(piece.substr(0, at));
    used_ += at == std::string_view::npos ? piece.size() : at + 1;
    if (text.size() > limit) {
      return bad("a line of the answer is too long");
    }
    if (at != std::string_view::npos) {
      if (!text.empty() && text.back() == '\r') {
        text.pop_back();
      }
      return text;
    }
  }
}

Status ResponseReader::exactly(std::uint64_t length, const Sink& sink) {
  while (length > 0) {
    KVC_ASSIGN(std::string_view piece, more());
    if (piece.empty()) {
      return lost("the answer ended early");
    }
    piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(length, piece.size())));
    KVC_TRY(sink(piece));
    used_ += piece.size();
    length -= piece.size();
  }
  return {};
}

Status ResponseReader::chunked(std::uint64_t limit, const Sink& sink) {
  for (std::uint64_t total = 0;;) {
    KVC_ASSIGN(const std::string size_line, line(kMaxLine));
    KVC_ASSIGN(const std::uint64_t size, chunk_size(size_line));
    if (size > limit || total > limit - size) {
      return {error::too_large, "the answer is larger than allowed"};
    }
    if (size == 0) {
      break;
    }
    KVC_TRY(exactly(size, sink));
    KVC_ASSIGN(const std::string end, line(kMaxLine));
    if (!end.empty()) {
      return bad("a chunk of the answer is longer than it says");
    }
    total += size;
  }
  for (std::size_t trailers = 0; trailers < kMaxTrailers; ++trailers) {
    KVC_ASSIGN(const std::string trailer, line(kMaxLine));
    if (trailer.empty()) {
      return {};
    }
  }
  return bad("too many trailer fields");
}

Status ResponseReader::until_end(std::uint64_t limit, const Sink& sink) {
  for (std::uint64_t total = 0;;) {
    KVC_ASSIGN(const std::string_view piece, more());
    if (piece.empty()) {
      return {};
    }
    total += piece.size();
    if (total > limit) {
      return {error::too_large, "the answer is larger than allowed"};
    }
    KVC_TRY(sink(piece));
    used_ += piece.size();
  }
}

Status ResponseReader::read_body(const ResponseHead& head, std::uint64_t limit, const Sink& sink) {
  const bool keep = head.http_1_1 && Poco::icompare(head.field("Connection"), "close") != 0;
  if (head.status == 204 || head.status == 304) {
    reusable_ = keep && used_ == filled_;
    return {};
  }
  const bool has_encoding = head.count("Transfer-Encoding") != 0;
  const bool has_length = head.count("Content-Length") != 0;
  if (has_encoding && (has_length || head.count("Transfer-Encoding") != 1 ||
                       Poco::icompare(head.field("Transfer-Encoding"), "chunked") != 0)) {
    return bad("the answer is framed in two ways");  // request smuggling's sister, RFC 9112 section 6.3
  }
  if (!has_encoding && !has_length) {
    return until_end(limit, sink);
  }
  if (has_encoding) {
    KVC_TRY(chunked(limit, sink));
  } else {
    KVC_ASSIGN(const std::uint64_t length, content_length(head));
    if (length > limit) {
      return {error::too_large, "the answer is larger than allowed"};
    }
    KVC_TRY(exactly(length, sink));
  }
  reusable_ = keep && used_ == filled_;  // bytes nobody asked for: not this connection again
  return {};
}

Result<Secret> write_request_head(const RequestHead& head, const std::string* username, const Secret* password) {
  for (const std::string* value :
       {&head.method, &head.target, &head.host_field, &head.content_type, &head.if_modified_since}) {
    if (has_control(*value)) {
      return Status(error::bad_request, "a control character in a header field");
    }
  }
  std::string text = head.method + " " + head.target + " HTTP/1.1\r\nHost: " + head.host_field +
                     "\r\nUser-Agent: kvconnect\r\nAccept: */*\r\n";
  if (!head.content_type.empty()) {
    text +=
        "Content-Type: " + head.content_type + "\r\nContent-Length: " + std::to_string(head.content_length) + "\r\n";
  }
  if (!head.if_modified_since.empty()) {
    text += "If-Modified-Since: " + head.if_modified_since + "\r\n";
  }
  if (username == nullptr || password == nullptr) {
    return Secret(text + "\r\n");
  }
  if (username->empty() || username->find(':') != std::string::npos || has_control(*username) ||
      has_control(password->reveal()) || username->size() + password->size() > kMaxIdBytes * 4) {
    return Status(error::bad_request, "the user name or password cannot be sent by HTTP Basic");
  }
  constexpr std::string_view kField = "Authorization: Basic ";
  Secret plain = Secret::of_size(username->size() + 1 + password->size());
  auto* at = std::copy(username->begin(), username->end(), plain.data());
  *at++ = ':';
  std::copy(password->bytes().begin(), password->bytes().end(), at);
  const std::size_t encoded = (plain.size() + 2) / 3 * 4;
  // One byte more than needed: OpenSSL ends its text with a NUL, overwritten by the line end.
  Secret whole = Secret::of_size(text.size() + kField.size() + encoded + 4);
  at = std::copy(text.begin(), text.end(), whole.data());
  at = std::copy(kField.begin(), kField.end(), at);
  EVP_EncodeBlock(at, plain.bytes().data(), static_cast<int>(plain.size()));
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::copy(kEnd.begin(), kEnd.end(), at + encoded);
  return whole;
}

}  // namespace kvc::kvconnect
