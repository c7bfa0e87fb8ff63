// SPDX-License-Identifier: Apache-2.0
#include <Poco/Net/QuotedPrintableDecoder.h>

#include <exception>
#include <istream>
#include <streambuf>
#include <utility>

#include "message/entity_reader.h"
#include "mime/base64.h"
#include "mime/header.h"

namespace kvc::message {
namespace {

class Base64Reader : public Reader {
 public:
  explicit Base64Reader(Reader& in) : in_(in) {}

  Result<std::string_view> next() override {
    for (;;) {
      KVC_ASSIGN(const std::string_view piece, in_.next());
      if (piece.empty()) {
        KVC_TRY(decoder_.finish());
        return std::string_view();
      }
      if (out_.size() < mime::Base64Decoder::room_for(piece.size())) {
        out_.resize(mime::Base64Decoder::room_for(piece.size()));
      }
      KVC_ASSIGN(const std::size_t size, decoder_.decode(piece, out_.data()));
      if (size > 0) {
        return std::string_view(out_.data(), size);
      }
    }
  }

 private:
  Reader& in_;
  mime::Base64Decoder decoder_;
  mime::WipedBytes out_;
};

/// A stream buffer over a reader, for Poco. Remembers why the stream ended.
class ReaderBuffer : public std::streambuf {
 public:
  explicit ReaderBuffer(Reader& in) : in_(in) {}
  [[nodiscard]] const Status& status() const noexcept { return status_; }

 protected:
  int_type underflow() override {
    if (!status_.ok()) {
      return traits_type::eof();
    }
    auto piece = in_.next();
    if (!piece.ok() || piece->empty()) {
      status_ = piece.status();
      return traits_type::eof();
    }
    // The stream buffer's pointers are not const; nothing is ever written through them.
    char* begin = const_cast<char*>(piece->data());
    setg(begin, begin, begin + piece->size());
    return traits_type::to_int_type(*gptr());
  }

 private:
  Reader& in_;
  Status status_;
};

class QuotedPrintableReader : public Reader {
 public:
  explicit QuotedPrintableReader(Reader& in) : buffer_(in), stream_(&buffer_), decoder_(stream_), out_(kPiece) {
    decoder_.exceptions(std::ios::badbit);  // else a broken escape would look like the end
  }

  Result<std::string_view> next() override {
    if (!decoder_.good()) {
      return std::string_view();
    }
    try {
      decoder_.read(out_.data(), static_cast<std::streamsize>(out_.size()));
    } catch (const std::exception&) {
      KVC_TRY(buffer_.status());
      return Status(error::malformed, "quoted-printable content is broken");
    }
    KVC_TRY(buffer_.status());
    return std::string_view(out_.data(), static_cast<std::size_t>(decoder_.gcount()));
  }

 private:
  ReaderBuffer buffer_;
  std::istream stream_;
  Poco::Net::QuotedPrintableDecoder decoder_;
  mime::WipedBytes out_;
};

class PlainReader : public Reader {
 public:
  explicit PlainReader(Reader& in) : in_(in) {}
  Result<std::string_view> next() override { return in_.next(); }

 private:
  Reader& in_;
};

/// A decoder and what it reads from.
class OwningReader : public Reader {
 public:
  OwningReader(ReaderPtr in, ReaderPtr decoder) : in_(std::move(in)), decoder_(std::move(decoder)) {}
  Result<std::string_view> next() override { return decoder_->next(); }

 private:
  ReaderPtr in_, decoder_;
};

class DecodedSource : public Source {
 public:
  DecodedSource(Text encoded, std::string encoding) : encoded_(std::move(encoded)), encoding_(std::move(encoding)) {}
  [[nodiscard]] Result<ReaderPtr> open() const override {
    KVC_ASSIGN(auto in, encoded_->open());
    KVC_ASSIGN(auto decoder, decode(*in, encoding_));
    return ReaderPtr(std::make_unique<OwningReader>(std::move(in), std::move(decoder)));
  }

 private:
  Text encoded_;
  std::string encoding_;
};

}  // namespace

Result<ReaderPtr> decode(Reader& in, const std::string& encoding) {
  const auto is = [&](std::string_view name) { return mime::equal_ignoring_case(encoding, name); };
  if (is("base64")) {
    return ReaderPtr(std::make_unique<Base64Reader>(in));
  }
  if (is("quoted-printable")) {
    return ReaderPtr(std::make_unique<QuotedPrintableReader>(in));
  }
  if (encoding.empty() || is("7bit") || is("8bit") || is("binary")) {
    return ReaderPtr(std::make_unique<PlainReader>(in));
  }
  return Status(error::malformed, "the content has an unknown transfer encoding");
}

Text decoded(Text encoded, std::string encoding) {
  return std::make_shared<DecodedSource>(std::move(encoded), std::move(encoding));
}

}  // namespace kvc::message
