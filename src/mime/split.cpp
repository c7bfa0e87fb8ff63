// SPDX-License-Identifier: Apache-2.0
#include "mime/split.h"

#include <string>

namespace kvc::mime {
namespace {

constexpr std::size_t kMaxBoundary = 200;

/// A delimiter line found in a multipart body.
struct Delimiter {
  std::size_t begin = std::string_view::npos;  ///< at the line end before it, which belongs to the delimiter
  std::size_t end = 0;                         ///< first byte after its line
  bool final = false;
};

/// What follows "--boundary" at `at` must be the rest of a delimiter line; `end` is npos when it is not.
Delimiter finish_line(std::string_view body, std::size_t at) {
  Delimiter found;
  if (body.substr(at, 2) == "--") {
    found.final = true;
    at += 2;
  }
  while (at < body.size() && (body[at] == ' ' || body[at] == '\t')) {
    ++at;
  }
  if (at == body.size()) {
    found.end = at;
  } else if (body[at] == '\n') {
    found.end = at + 1;
  } else if (body.substr(at, 2) == "\r\n") {
    found.end = at + 2;
  } else {
    found.end = std::string_view::npos;
  }
  return found;
}

/// Begin of the delimiter whose "--" stands at `dashes`: the line end before it is part of it (RFC 2046 section 5.1.1).
std::size_t with_line_end(std::string_view body, std::size_t dashes, std::size_t from) {
  std::size_t begin = dashes;
  if (begin > from && body[begin - 1] == '\n') {
    --begin;
    if (begin > from && body[begin - 1] == '\r') {
      --begin;
    }
  }
  return begin;
}

Delimiter next_delimiter(std::string_view body, std::string_view mark, std::size_t from) {
  // Searches for line end plus mark, because a search for a newline first is what the C library does fastest.
  for (std::size_t at = from; at <= body.size();) {
    const bool at_line_start = at == 0 || body[at - 1] == '\n';
    if (at_line_start && body.substr(at, mark.size()) == mark) {
      Delimiter found = finish_line(body, at + mark.size());
      if (found.end != std::string_view::npos) {
        found.begin = with_line_end(body, at, from);
        return found;
      }
    }
    const auto line_end = body.find('\n', at);
    if (line_end == std::string_view::npos) {
      break;
    }
    at = line_end + 1;
  }
  return {};
}

}  // namespace

Entity split_entity(std::string_view text) {
  std::size_t line = 0;
  while (line < text.size()) {
    if (text[line] == '\n') {
      return {text.substr(0, line), text.substr(line + 1)};
    }
    if (text.substr(line, 2) == "\r\n") {
      return {text.substr(0, line), text.substr(line + 2)};
    }
    const auto line_end = text.find('\n', line);
    if (line_end == std::string_view::npos) {
      break;
    }
    line = line_end + 1;
  }
  return {text, {}};
}

Result<Multipart> split_multipart(std::string_view body, std::string_view boundary, std::size_t max_parts) {
  if (boundary.empty() || boundary.size() > kMaxBoundary) {
    return Status(error::malformed, "a multipart has no usable boundary");
  }
  const std::string mark = "--" + std::string(boundary);
  Delimiter open = next_delimiter(body, mark, 0);
  if (open.begin == std::string_view::npos || open.final) {
    return Status(error::malformed, "a multipart has no part");
  }
  Multipart result;
  while (!open.final) {
    if (result.parts.size() == max_parts) {
      return Status(error::malformed, "a multipart has too many parts");
    }
    const Delimiter close = next_delimiter(body, mark, open.end);
    if (close.begin == std::string_view::npos) {
      result.parts.push_back(body.substr(open.end));
      return result;
    }
    result.parts.push_back(body.substr(open.end, close.begin - open.end));
    open = close;
  }
  result.closed = true;
  return result;
}

}  // namespace kvc::mime
