// SPDX-License-Identifier: Apache-2.0
#include "mime/build.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "mime/charset.h"
#include "mime/header.h"
#include "mime/transfer.h"

namespace kvc::mime {
namespace {

constexpr std::size_t kLine = 78;

bool has_control(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Status refused(std::string_view name) {
  return Status(error::invalid_field, "a header value holds a line break or characters that may not be there")
      .with("field", std::string(name));
}

std::string base64(std::string_view bytes) {
  std::string out;
  Base64Writer writer([&](std::string_view piece) {
    out += piece;
    return Status();
  });
  // A string sink never fails.
  (void)writer.write(bytes);
  (void)writer.finish();
  out.erase(std::remove_if(out.begin(), out.end(), [](char c) { return c == '\r' || c == '\n'; }), out.end());
  return out;
}

/// Encoded words of at most 75 characters, none of which splits a character (RFC 2047 section 5).
std::string encoded_words(std::string_view value) {
  constexpr std::size_t kBytes = 42;  // 56 characters of base64 and 12 of frame
  std::string result;
  while (!value.empty()) {
    std::size_t length = std::min(kBytes, value.size());
    while (length < value.size() && length > 1 && (static_cast<unsigned char>(value[length]) & 0xC0) == 0x80) {
      --length;
    }
    result += result.empty() ? "=?UTF-8?B?" : " =?UTF-8?B?";
    result += base64(value.substr(0, length)) + "?=";
    value.remove_prefix(length);
  }
  return result;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return result;
}

/// parameter*0*=UTF-8''...; parameter*1*=... in pieces that fit a line (RFC 2231 section 4.1).
std::string extended_parameter(std::string_view parameter, std::string_view file_name) {
  const std::string encoded = "UTF-8''" + percent_encoded(file_name);
  constexpr std::size_t kPiece = 54;
  if (encoded.size() <= kPiece) {
    return "; " + std::string(parameter) + "*=" + encoded;
  }
  std::string result;
  std::size_t number = 0;
  for (std::size_t at = 0; at < encoded.size(); ++number) {
    std::size_t length = std::min(kPiece, encoded.size() - at);
    // An escape of three characters is never split.
    const auto percent = encoded.rfind('%', at + length - 1);
    if (at + length < encoded.size() && percent != std::string::npos && percent > at && percent + 3 > at + length) {
      length = percent - at;
    }
    result += "; " + std::string(parameter) + '*' + std::to_string(number) + "*=" + encoded.substr(at, length);
    at += length;
  }
  return result;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + '"';
}

}  // namespace

void HeaderWriter::fold(std::string_view name, std::string_view value) {
  std::string line(name);
  line += ':';
  while (!value.empty()) {
    const auto blank = value.find(' ', 1);
    const auto word = value.substr(0, blank);
    const bool first = line.size() == name.size() + 1 && line.back() == ':';
    const auto space = first || word.front() == ' ' ? std::string() : std::string(" ");
    const std::string piece = (first && word.front() != ' ' ? " " : space) + std::string(word);
    if (line.size() + piece.size() > kLine && !line.empty()) {
      out_ += line + "\r\n";
      line.clear();
    }
    line += piece;
    value = blank == std::string_view::npos ? std::string_view() : value.substr(blank);
  }
  out_ += line + "\r\n";
}

Status HeaderWriter::ascii(std::string_view name, std::string_view value) {
  if (has_control(value) || !is_ascii(value)) {
    return refused(name);
  }
  fold(name, value);
  return {};
}

Status HeaderWriter::text(std::string_view name, std::string_view value) {
  if (has_control(value) || !is_utf8(value)) {
    return refused(name);
  }
  // Text that looks like an encoded word, or a word too long to fold, is encoded as well.
  std::size_t longest = 0, run = 0;
  for (const char c : value) {
    run = c == ' ' ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  const bool plain = is_ascii(value) && value.find("=?") == std::string_view::npos && longest < 60 &&
                     value.find("  ") == std::string_view::npos;
  fold(name, plain ? std::string(value) : encoded_words(value));
  return {};
}

Status HeaderWriter::with_file_name(std::string_view name, std::string_view value, std::string_view parameter,
                                    std::string_view file_name) {
  if (has_control(file_name) || !is_utf8(file_name) || has_control(value) || !is_ascii(value)) {
    return refused(name);
  }
  std::string text(value);
  if (is_ascii(file_name) && file_name.size() <= 60 && file_name.find("  ") == std::string_view::npos) {
    text += "; " + std::string(parameter) + '=' + quoted(file_name);
  } else {
    text += extended_parameter(parameter, file_name);
  }
  fold(name, text);
  return {};
}

bool is_file_type(std::string_view type) {
  const auto is_token = [](std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return c > ' ' && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
    });
  };
  const auto slash = type.find('/');
  return slash != std::string_view::npos && is_token(type.substr(0, slash)) && is_token(type.substr(slash + 1)) &&
         !equal_ignoring_case(type.substr(0, slash), "multipart");
}

std::string date_text(TimePoint time) {
  using namespace std::chrono;
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000", kDays.at(weekday(day).c_encoding()),
                static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string new_boundary(Env& env) {
  return "=_" + new_uuid(env);
}

}  // namespace kvc::mime
