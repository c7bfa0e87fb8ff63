// SPDX-License-Identifier: Apache-2.0
// MIME, as deep as it nests. What is signed is found here byte for byte, so every view has to lie inside its input.
#include <algorithm>
#include <functional>

#include "fuzz/target.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/split.h"
#include "mime/transfer.h"

namespace kvc::fuzz {
namespace {

constexpr int kDepth = 5;

bool inside(std::string_view view, std::string_view whole) {
  const std::less_equal<const char*> not_after;
  return view.empty() ||
         (not_after(whole.data(), view.data()) && not_after(view.data() + view.size(), whole.data() + whole.size()));
}

void check_text(std::string_view raw) {
  const std::string text = mime::decode_words(raw);
  require(mime::is_utf8(text), "decoded words are UTF-8");
  require(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
          "decoded words forge no line");
}

/// Most values are taken apart without Poco; a continued parameter before the others sends one to Poco, which has to
/// read the same.
void check_parameters(const std::string& value) {
  auto here = mime::parse_parameterized(value);
  here.parameters.erase("sent-to-poco");  // a fuzzer reads the names in its own program
  auto other = value;
  auto poco = mime::parse_parameterized(other.insert(std::min(value.find(';'), value.size()), ";sent-to-poco*0=1"));
  poco.parameters.erase("sent-to-poco");
  require(here.value == poco.value && here.parameters == poco.parameters, "both readers of parameters agree");
}

void check_header(const mime::Header& header) {
  require(header.fields().size() <= mime::kMaxHeaderFields, "a header has a limit");
  for (const auto& field : header.fields()) {
    require(!field.name.empty() && header.has(field.name), "a field is found by its name");
    require(field.value.find('\n') == std::string::npos, "a value is one line");
    check_text(field.value);
    check_parameters(field.value);
    static_cast<void>(mime::strip_brackets(field.value));
    if (const auto addresses = mime::parse_addresses(field.value); addresses.ok()) {
      require(std::all_of(addresses->begin(), addresses->end(),
                          [](const std::string& address) { return address.find('@') != std::string::npos; }),
              "an address has a domain");
    }
  }
  static_cast<void>(mime::file_name(header));
}

void check_entity(std::string_view text, int depth) {
  const auto entity = mime::split_entity(text);
  require(inside(entity.header, text) && inside(entity.body, text), "an entity lies inside its text");
  const auto header = mime::Header::parse(entity.header);
  if (!header.ok()) {
    return;
  }
  check_header(*header);
  const auto type = mime::content_type(*header);
  if (const auto bytes = mime::decode_transfer(entity.body, header->get("Content-Transfer-Encoding")); bytes.ok()) {
    require(bytes->size() <= entity.body.size(), "decoding does not grow");
    require(mime::is_utf8(mime::to_utf8(mime::view(*bytes), type.parameter("charset"))), "text becomes UTF-8");
  }
  const auto multipart = mime::split_multipart(entity.body, type.parameter("boundary"));
  if (!multipart.ok() || depth == kDepth) {
    return;
  }
  require(multipart->parts.size() <= mime::kMaxParts, "a multipart has a limit");
  const char* end = entity.body.data();
  for (const auto part : multipart->parts) {
    require(inside(part, entity.body) && part.data() >= end, "parts lie in order inside the body, none in another");
    end = part.data() + part.size();
    check_entity(part, depth + 1);
  }
}

void check_base64(std::string_view input) {
  std::string text;
  mime::Base64Writer writer([&](std::string_view piece) {
    text += piece;
    return Status();
  });
  const std::size_t half = input.size() / 2;
  require(writer.write(input.substr(0, half)).ok() && writer.write(input.substr(half)).ok() && writer.finish().ok(),
          "everything can be written as base64");
  const auto back = mime::decode_transfer(text, "base64");
  require(back.ok() && mime::view(*back) == input, "base64 comes back as it went");
}

}  // namespace

void mime_split(std::string_view input) {
  check_entity(input, 0);
  check_text(input);
  check_base64(input);
  static_cast<void>(mime::decode_base64(input));
  static_cast<void>(mime::decode_transfer(input, "quoted-printable"));
  mime::WipedBytes printable;
  mime::append_quoted_printable(printable, input);
  require(mime::is_ascii(mime::view(printable)), "quoted-printable is ASCII");
  require(mime::decode_transfer(mime::view(printable), "quoted-printable").ok(), "quoted-printable can be read again");
}

std::vector<std::string> mime_split_seeds() {
  return {
      "From: =?utf-8?Q?J=C3=BCrgen?= =?iso-8859-1?B?TfxsbGVy?= <a@x.example>, (c) \"b\\\"\" <b@x>, g: c@x;\r\n"
      "Subject: folded\r\n line =?windows-1252?q?=80_?=\r\nMessage-ID: <1@x>\r\n\r\ntext\r\n",
      "Content-Type: multipart/mixed; boundary=\"B B\"\r\n\r\npreamble\r\n--B B\r\n\r\n1\r\n--B B \r\n"
      "Content-Type: multipart/alternative; boundary=C\n\n--C\n\n2\n--C--\n\r\n--B B--\r\nepilogue",
      "Content-Type: text/plain; charset=windows-1250\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "=C3=BC soft=\r\n break =3D\t\r\n",
      "Content-Type: application/pdf; name*0*=utf-8''a%20; name*1=\"b.pdf\"\r\nContent-Disposition: attachment;\r\n"
      "\tfilename=\"=?utf-8?B?w7wucGRm?=\"\r\nContent-Transfer-Encoding: BASE64\r\n\r\nJVBE\r\nRi0xLjQ=\r\n",
      "Content-Type: multipart/signed; boundary=S\n\n--S\n\n--S\n--S--\n--S\nlate\n--Snot\n",
      "\r\nno header\r\n",
      std::string("A: \0\r\n", 6),
  };
}

}  // namespace kvc::fuzz
