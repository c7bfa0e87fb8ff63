// SPDX-License-Identifier: Apache-2.0
#include "message/entity_reader.h"

#include <algorithm>

#include "mime/line_scan.h"

namespace kvc::message {
namespace {

constexpr std::size_t kMaxBoundary = 200;

/// [D] A line longer than this is content, whatever it begins with: a delimiter has a boundary and perhaps a few
/// blanks.
constexpr std::size_t kMaxDelimiterLine = 4096;

}  // namespace

bool EntityReader::find_body() {
  const std::string_view text = window_;
  while (line_ < text.size()) {
    if (text[line_] == '\n') {
      header_end_ = line_;
      body_ = line_ + 1;
      return true;
    }
    if (text[line_] == '\r') {
      if (line_ + 1 == text.size()) {
        return false;  // the next piece says whether it is a line end
      }
      if (text[line_ + 1] == '\n') {
        header_end_ = line_;
        body_ = line_ + 2;
        return true;
      }
    }
    const auto line_end = text.find('\n', line_);
    if (line_end == std::string_view::npos) {
      return false;
    }
    line_ = line_end + 1;
  }
  return false;
}

Result<mime::Header> EntityReader::header() {
  while (!find_body()) {
    if (block_.empty()) {
      mime::append(block_, window_);  // the next piece takes this one's place
      window_ = mime::view(block_);
    }
    // No empty line so far: what begins as late as this has a header beyond the limit.
    KVC_ASSIGN(const std::string_view piece,
               window_.size() > mime::kMaxHeaderBytes + 2 ? Result<std::string_view>(std::string_view()) : in_.next());
    if (piece.empty()) {
      at_end_ = window_.size() <= mime::kMaxHeaderBytes + 2;
      header_end_ = body_ = window_.size();
      break;
    }
    if (window_.empty()) {
      window_ = piece;
      continue;
    }
    mime::append(block_, piece);
    window_ = mime::view(block_);
  }
  return mime::Header::parse(window_.substr(0, header_end_));
}

Result<EntityHead> EntityReader::head() {
  EntityHead head;
  KVC_ASSIGN(head.header, header());
  head.type = mime::content_type(head.header);
  head.size = body_;
  return head;
}

Result<std::string_view> EntityReader::next() {
  if (!rest_given_) {
    rest_given_ = true;
    const auto rest = window_.substr(body_);
    if (!rest.empty()) {
      return rest;
    }
  }
  if (!block_.empty()) {
    block_ = {};
  }
  return at_end_ ? Result<std::string_view>(std::string_view()) : in_.next();
}

MultipartReader::MultipartReader(Reader& body, const std::string& boundary, std::size_t max_parts)
    : body_(body),
      mark_("--" + boundary),
      max_parts_(max_parts),
      usable_(!boundary.empty() && boundary.size() <= kMaxBoundary) {}

/// Whether a delimiter stands at the line begin `at`; unknown if the window ends too early to say.
MultipartReader::Found MultipartReader::examine(std::size_t at, Delimiter& found) const {
  const std::size_t there = std::min(window_.size() - at, mark_.size());
  if (window_.substr(at, there) != std::string_view(mark_).substr(0, there)) {
    return Found::no;
  }
  if (there < mark_.size()) {
    return body_ended_ ? Found::no : Found::unknown;
  }
  return finish_line(at + mark_.size(), at, found);
}

/// What follows the boundary must be the rest of a delimiter line: optional "--", optional blanks.
MultipartReader::Found MultipartReader::finish_line(std::size_t at, std::size_t begin, Delimiter& found) const {
  const std::string_view text = window_;
  const Found cut_off = body_ended_ ? Found::no : Found::unknown;
  if (text.substr(at, 1) == "-") {
    if (text.substr(at, 2) != "--") {
      return at + 1 == text.size() ? cut_off : Found::no;
    }
    found.final = true;
    at += 2;
  }
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) {
    ++at;
  }
  if (at - begin > kMaxDelimiterLine) {
    return Found::no;
  }
  found.end = at;
  if (at == text.size()) {
    return body_ended_ ? Found::yes : Found::unknown;
  }
  if (text[at] == '\n') {
    found.end = at + 1;
    return Found::yes;
  }
  if (text[at] == '\r') {
    found.end = at + 2;
    return at + 1 == text.size() ? cut_off : (text[at + 1] == '\n' ? Found::yes : Found::no);
  }
  return Found::no;
}

/// What was held back must outlive the piece it stands in, so it is copied, and the next piece behind it. Mostly
/// nothing was, and the piece itself is the window.
Status MultipartReader::refill() {
  mime::WipedBytes rest;
  mime::append(rest, window_.substr(at_));
  base_ += at_;
  at_ = 0;
  held_ = std::move(rest);
  window_ = mime::view(held_);
  KVC_ASSIGN(const std::string_view piece, body_.next());
  if (piece.empty()) {
    body_ended_ = true;
  } else if (held_.empty()) {
    window_ = piece;
  } else {
    mime::append(held_, piece);
    window_ = mime::view(held_);
  }
  return {};
}

std::string_view MultipartReader::give(std::size_t end) {
  const auto piece = window_.substr(at_, end - at_);
  at_ = end;
  at_part_begin_ = false;
  return piece;
}

std::string_view MultipartReader::end_part(std::size_t text_end, const Delimiter& delimiter) {
  const auto piece = window_.substr(at_, text_end - at_);
  at_ = delimiter.end;
  part_ended_ = true;
  final_ = delimiter.final;
  return piece;
}

/// A line end is held back until the line after it is known: it belongs to a delimiter.
Result<std::string_view> MultipartReader::next() {
  while (!part_ended_) {
    Delimiter delimiter;
    if (at_part_begin_) {
      const Found found = at_ == window_.size() && !body_ended_ ? Found::unknown : examine(at_, delimiter);
      if (found == Found::yes) {
        return end_part(at_, delimiter);
      }
      if (found == Found::unknown) {
        KVC_TRY(refill());
        continue;
      }
    }
    const std::string_view text = window_;
    std::size_t from = at_;
    for (auto line_end = mime::find_dash_line(text, from); line_end != std::string_view::npos;
         line_end = mime::find_dash_line(text, from)) {
      from = line_end + 1;
      Found found = Found::no;
      if (from == text.size()) {
        found = body_ended_ ? Found::no : Found::unknown;
      } else if (text[from] == '-') {
        delimiter = {};
        found = examine(from, delimiter);
      }
      if (found == Found::no) {
        continue;
      }
      const std::size_t text_end = line_end > at_ && text[line_end - 1] == '\r' ? line_end - 1 : line_end;
      if (found == Found::yes) {
        return end_part(text_end, delimiter);
      }
      if (text_end > at_) {
        return give(text_end);
      }
      from = std::string_view::npos;
      break;
    }
    if (from != std::string_view::npos) {
      // The rest of the window is text; a CR at its end may be half a line end.
      const std::size_t end = !body_ended_ && at_ < text.size() && text.back() == '\r' ? text.size() - 1 : text.size();
      if (end > at_) {
        return give(end);
      }
      if (body_ended_) {
        part_ended_ = unclosed_end_ = true;
        break;
      }
    }
    KVC_TRY(refill());
  }
  return std::string_view();
}

Result<bool> MultipartReader::next_part() {
  if (!usable_) {
    return Status(error::malformed, "a multipart has no usable boundary");
  }
  KVC_TRY(drain(*this));
  if (preamble_) {
    if (unclosed_end_ || final_) {
      return Status(error::malformed, "a multipart has no part");
    }
    preamble_ = false;
  } else if (unclosed_end_ || final_) {
    closed_ = final_;
    return false;
  }
  if (parts_ == max_parts_) {
    return Status(error::malformed, "a multipart has too many parts");
  }
  ++parts_;
  part_ended_ = false;
  at_part_begin_ = true;
  part_begin_ = base_ + at_;
  return true;
}

}  // namespace kvc::message
