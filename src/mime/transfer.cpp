// SPDX-License-Identifier: Apache-2.0
#include "mime/transfer.h"

#include <Poco/Exception.h>
#include <Poco/MemoryStream.h>
#include <Poco/Net/QuotedPrintableDecoder.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "mime/base64.h"
#include "mime/header.h"

namespace kvc::mime {
namespace {

constexpr std::size_t kChunk = 48UL * 1024;
constexpr std::size_t kLineBytes = kBase64LineBytes;

struct FreeEncodeContext {
  void operator()(EVP_ENCODE_CTX* context) const noexcept { EVP_ENCODE_CTX_free(context); }
};
using EncodeContext = std::unique_ptr<EVP_ENCODE_CTX, FreeEncodeContext>;

EncodeContext new_context() {
  EncodeContext context(EVP_ENCODE_CTX_new());
  if (!context) {
    throw std::bad_alloc();
  }
  return context;
}

const unsigned char* bytes_of(const char* text) {
  return reinterpret_cast<const unsigned char*>(text);
}
unsigned char* bytes_of(char* text) {
  return reinterpret_cast<unsigned char*>(text);
}

Status broken_base64() {
  return Status(error::malformed, "base64 content is broken or cut off");
}

Status decode_base64_to(std::string_view body, const Sink& sink) {
  // OpenSSL takes '-' for the end of the data and stops there; in a mail body it is a foreign character like any other.
  if (body.find('-') != std::string_view::npos) {
    return broken_base64();
  }
  const auto context = new_context();
  EVP_DecodeInit(context.get());
  WipedBytes out(kChunk + 64);
  for (std::size_t at = 0; at < body.size(); at += kChunk) {
    const auto piece = body.substr(at, kChunk);
    int length = 0;
    if (EVP_DecodeUpdate(context.get(), bytes_of(out.data()), &length, bytes_of(piece.data()),
                         static_cast<int>(piece.size())) < 0) {
      return broken_base64();
    }
    KVC_TRY(sink({out.data(), static_cast<std::size_t>(length)}));
  }
  int length = 0;
  if (EVP_DecodeFinal(context.get(), bytes_of(out.data()), &length) < 0) {
    return broken_base64();
  }
  return length == 0 ? Status() : sink({out.data(), static_cast<std::size_t>(length)});
}

Status decode_quoted_printable_to(std::string_view body, const Sink& sink) {
  Poco::MemoryInputStream in(body.data(), static_cast<std::streamsize>(body.size()));
  Poco::Net::QuotedPrintableDecoder decoder(in);
  decoder.exceptions(std::ios::badbit);  // else a broken escape would look like the end
  WipedBytes out(kChunk);
  try {
    do {
      decoder.read(out.data(), static_cast<std::streamsize>(out.size()));
      KVC_TRY(sink({out.data(), static_cast<std::size_t>(decoder.gcount())}));
    } while (decoder.good());
  } catch (const std::exception&) {
    return Status(error::malformed, "quoted-printable content is broken");
  }
  return {};
}

}  // namespace

Status decode_transfer(std::string_view body, std::string_view encoding, const Sink& sink) {
  const auto is = [&](std::string_view name) { return equal_ignoring_case(encoding, name); };
  if (is("base64")) {
    return decode_base64_to(body, sink);
  }
  if (is("quoted-printable")) {
    return decode_quoted_printable_to(body, sink);
  }
  if (encoding.empty() || is("7bit") || is("8bit") || is("binary")) {
    return sink(body);
  }
  return Status(error::malformed, "the content has an unknown transfer encoding");
}

Result<WipedBytes> decode_transfer(std::string_view body, std::string_view encoding) {
  WipedBytes out;
  out.reserve(equal_ignoring_case(encoding, "base64") ? body.size() / 4 * 3 + 3 : body.size());
  const Status status = decode_transfer(body, encoding, [&](std::string_view piece) {
    append(out, piece);
    return Status();
  });
  if (!status.ok()) {
    return status;
  }
  return out;
}

Result<std::string> decode_base64(std::string_view text) {
  std::string out;
  const Status status = decode_base64_to(text, [&](std::string_view piece) {
    out += piece;
    return Status();
  });
  if (!status.ok()) {
    return status;
  }
  return out;
}

Status Base64Writer::encode(std::string_view data) {
  const std::size_t room = encode_base64_room(data.size());
  if (out_.size() < room) {
    out_.resize(room);
  }
  return sink_({out_.data(), encode_base64_lines(data, out_.data())});
}

Status Base64Writer::write(std::string_view piece) {
  if (!rest_.empty()) {
    const auto take = std::min(piece.size(), kLineBytes - rest_.size());
    append(rest_, piece.substr(0, take));
    piece.remove_prefix(take);
    if (rest_.size() < kLineBytes) {
      return {};
    }
    KVC_TRY(encode(view(rest_)));
    rest_.clear();
  }
  constexpr std::size_t kBlock = kLineBytes * 768;
  while (piece.size() >= kLineBytes) {
    const auto whole = std::min(piece.size() - piece.size() % kLineBytes, kBlock);
    KVC_TRY(encode(piece.substr(0, whole)));
    piece.remove_prefix(whole);
  }
  append(rest_, piece);
  return {};
}

Status Base64Writer::finish() {
  if (rest_.empty()) {
    return {};
  }
  KVC_TRY(encode(view(rest_)));
  rest_.clear();
  return {};
}

void append_quoted_printable(WipedBytes& out, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::size_t column = 0;
  const auto put = [&](std::string_view unit) {
    if (column + unit.size() > 75) {
      append(out, "=\r\n");
      column = 0;
    }
    append(out, unit);
    column += unit.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view rest = text.substr(i);
    if (c == '\n' || rest.substr(0, 2) == "\r\n") {
      append(out, "\r\n");
      column = 0;
      i += c == '\r' ? 1 : 0;
      continue;
    }
    const bool before_line_end = rest.size() == 1 || rest[1] == '\n' || rest.substr(1, 2) == "\r\n";
    const bool literal = (c > ' ' && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !before_line_end);
    const auto byte = static_cast<unsigned char>(c);
    const char escaped[] = {'=', kHex[byte >> 4], kHex[byte & 15], '\0'};
    put(literal ? std::string_view(&text[i], 1) : std::string_view(escaped, 3));
  }
}

}  // namespace kvc::mime
