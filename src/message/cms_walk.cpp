// SPDX-License-Identifier: Apache-2.0
#include "message/cms_walk.h"

#include <algorithm>
#include <utility>

#include "message/cms_oids.h"

namespace kvc::message::cms {
namespace {

using namespace std::string_view_literals;

constexpr unsigned char kSequence = 0x30;
constexpr unsigned char kObject = 0x06;
constexpr unsigned char kOctets = 0x04;
constexpr unsigned char kConstructedOctets = 0x24;
constexpr unsigned char kImplicitOctets = 0x80;
constexpr unsigned char kExplicit = 0xa0;  // also the constructed form of kImplicitOctets

/// As deep as OpenSSL follows constructed strings.
constexpr std::size_t kMaxStringDepth = 6;

Status broken() {
  return {error::malformed, "the CMS structure is broken or cut off"};
}

}  // namespace

/// Makes sure that there is a byte at hand.
Status ContentWalker::need_byte() {
  while (piece_.empty()) {
    KVC_ASSIGN(piece_, in_->next());
    if (piece_.empty()) {
      return broken();
    }
  }
  return {};
}

Result<unsigned char> ContentWalker::byte() {
  KVC_TRY(need_byte());
  const auto value = static_cast<unsigned char>(piece_.front());
  piece_.remove_prefix(1);
  ++at_;
  return value;
}

/// Tag and length (X.690 section 8.1). The element must fit into the one around it.
Result<ContentWalker::Head> ContentWalker::head() {
  const Level around =
      !strings_.empty() ? strings_.back() : (levels_.empty() ? Level{kToTheEnd, false} : levels_.back());
  Head head;
  const auto take = [&]() -> Result<unsigned char> {
    if (at_ >= around.end) {
      return broken();
    }
    KVC_ASSIGN(const unsigned char value, byte());
    head.bytes += static_cast<char>(value);
    return value;
  };
  KVC_ASSIGN(head.tag, take());
  head.constructed = (head.tag & 0x20U) != 0;
  if ((head.tag & 0x1fU) == 0x1f) {
    unsigned char more = 0x80;
    for (int i = 0; i < 5 && (more & 0x80U) != 0; ++i) {
      KVC_ASSIGN(more, take());
    }
    if ((more & 0x80U) != 0) {
      return broken();
    }
  }
  KVC_ASSIGN(const unsigned char first, take());
  if (first == 0x80) {
    head.indefinite = true;
    head.end = around.end;
    return head.constructed ? Result<Head>(std::move(head)) : Result<Head>(broken());
  }
  head.length = first;
  if ((first & 0x80U) != 0) {
    head.length = 0;
    for (int left = first & 0x7f; left > 0; --left) {
      KVC_ASSIGN(const unsigned char value, take());
      if (head.length >> 55U != 0) {
        return broken();
      }
      head.length = head.length << 8U | value;
    }
  }
  head.end_of_contents = head.bytes == "\0\0"sv;
  if (head.length > around.end - at_) {
    return broken();
  }
  head.end = at_ + head.length;
  return head;
}

Status ContentWalker::keep(std::string_view bytes) {
  if (outline_.ber.size() + bytes.size() > kMaxOutline) {
    return {error::malformed, "the CMS structure is larger than any real one"};
  }
  outline_.ber += bytes;
  return {};
}

Status ContentWalker::copy_bytes(std::uint64_t length) {
  while (length > 0) {
    KVC_TRY(need_byte());
    const auto piece = piece_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(length, piece_.size())));
    KVC_TRY(keep(piece));
    piece_.remove_prefix(piece.size());
    at_ += piece.size();
    length -= piece.size();
  }
  return {};
}

/// An element as it is, whatever it holds.
Status ContentWalker::copy(const Head& head, std::size_t depth) {
  if (depth > kMaxBerDepth) {
    return broken();
  }
  KVC_TRY(keep(head.bytes));
  if (!head.indefinite) {
    return copy_bytes(head.length);
  }
  for (;;) {
    KVC_ASSIGN(const Head inner, this->head());
    if (inner.end_of_contents) {
      return keep(inner.bytes);
    }
    KVC_TRY(copy(inner, depth + 1));
  }
}

/// The outline has indefinite lengths on the way to the content, because the content's length is not its.
Status ContentWalker::enter(const Head& head) {
  levels_.push_back({head.end, head.indefinite});
  const std::string open = {static_cast<char>(head.tag), '\x80'};
  return keep(open);
}

/// Whether the level at hand ends here; if so, leaves it.
Result<bool> ContentWalker::leave() {
  const Level level = levels_.back();
  if (level.indefinite || at_ != level.end) {
    return false;
  }
  levels_.pop_back();
  KVC_TRY(keep("\0\0"sv));
  return true;
}

/// Whether this element is the next one on the way to the content.
bool ContentWalker::enters(const Head& head) const {
  if (levels_.size() != static_cast<std::size_t>(place_)) {
    return false;  // the way ended further in, without content
  }
  switch (place_) {
    case Place::outside:
    case Place::data:
      return head.tag == kSequence;
    case Place::content_info:
      return head.tag == kExplicit && of_known_type_;
    case Place::explicit_content:
      return head.tag == kSequence;
    case Place::content_parent:
      return signed_data_ && head.tag == kExplicit;
    default:
      return false;
  }
}

bool ContentWalker::is_content(const Head& head) const {
  if (levels_.size() != static_cast<std::size_t>(place_)) {
    return false;
  }
  if (place_ == Place::content_parent) {
    return !signed_data_ && (head.tag == kImplicitOctets || head.tag == kExplicit);
  }
  return place_ == Place::explicit_octets && (head.tag == kOctets || head.tag == kConstructedOctets);
}

Status ContentWalker::begin_content(const Head& head) {
  outline_.content_apart = true;
  KVC_TRY(keep(signed_data_ ? "\x04\0"sv : "\x80\0"sv));
  if (head.constructed) {
    strings_.push_back({head.end, head.indefinite});
  } else {
    octets_ = head.length;
  }
  place_ = Place::content;
  return {};
}

/// Notes where the certificates are: the first element behind the content, and no other one like it.
void ContentWalker::note_certificates(const Head& head, std::size_t begin) {
  const bool behind = signed_data_ && place_ >= Place::content_parent && levels_.size() == 3;
  if (!behind) {
    return;
  }
  if (head.tag == kExplicit && behind_content_ == 0) {
    outline_.certificates_at = begin;
    outline_.certificates_size = outline_.ber.size() - begin;
  } else if (head.tag == kExplicit) {
    outline_.certificates_size = 0;
  }
  ++behind_content_;
}

/// Handles one element of the level at hand; false at the end of the whole structure.
Result<bool> ContentWalker::step() {
  if (!levels_.empty()) {
    KVC_ASSIGN(const bool left, leave());
    if (left) {
      return !levels_.empty();
    }
  }
  KVC_ASSIGN(const Head head, this->head());
  if (head.end_of_contents && !levels_.empty()) {
    if (!levels_.back().indefinite) {
      return broken();
    }
    levels_.pop_back();
    KVC_TRY(keep("\0\0"sv));
    return !levels_.empty();
  }
  if (is_content(head)) {
    KVC_TRY(begin_content(head));
    return true;
  }
  if (enters(head)) {
    KVC_TRY(enter(head));
    place_ = static_cast<Place>(static_cast<int>(place_) + 1);
    return true;
  }
  const std::size_t begin = outline_.ber.size();
  KVC_TRY(copy(head, levels_.size()));
  note_certificates(head, begin);
  const auto element = std::string_view(outline_.ber).substr(begin);
  if (place_ == Place::content_info && !of_known_type_ && head.tag == kObject) {
    signed_data_ = element == oid::kSignedData;
    of_known_type_ = signed_data_ || element == oid::kEnvelopedData || element == oid::kAuthEnvelopedData;
  }
  return !levels_.empty();
}

/// Octets of the content; empty at its end.
Result<std::string_view> ContentWalker::content_piece() {
  for (;;) {
    if (octets_ > 0) {
      KVC_TRY(need_byte());
      const auto piece = piece_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(octets_, piece_.size())));
      piece_.remove_prefix(piece.size());
      at_ += piece.size();
      octets_ -= piece.size();
      return piece;
    }
    if (strings_.empty()) {
      place_ = Place::done;
      return std::string_view();
    }
    if (!strings_.back().indefinite && at_ == strings_.back().end) {
      strings_.pop_back();
      continue;
    }
    KVC_ASSIGN(const Head head, this->head());
    if (head.end_of_contents) {
      if (!strings_.back().indefinite) {
        return broken();
      }
      strings_.pop_back();
    } else if (head.constructed) {
      if (strings_.size() == kMaxStringDepth) {
        return broken();
      }
      strings_.push_back({head.end, head.indefinite});
    } else {
      octets_ = head.length;
    }
  }
}

/// Line ends and zeros may follow: some senders pad.
Status ContentWalker::check_tail() {
  for (;;) {
    outline_.trailing_bytes = outline_.trailing_bytes || piece_.find_first_not_of("\r\n\0"sv) != std::string_view::npos;
    KVC_ASSIGN(piece_, in_->next());
    if (piece_.empty()) {
      return {};
    }
  }
}

Result<std::string_view> ContentWalker::next() {
  for (bool inside = true; inside && !failed_;) {
    if (place_ == Place::content) {
      KVC_ASSIGN(const std::string_view piece, content_piece());
      if (!piece.empty()) {
        return piece;
      }
      continue;
    }
    if (place_ == Place::done && levels_.empty()) {
      break;
    }
    auto more = step();
    if (!more.ok()) {
      failed_ = true;
      return more.status();
    }
    inside = *more;
  }
  if (!failed_) {
    KVC_TRY(check_tail());
    place_ = Place::done;
    levels_.clear();
  }
  return std::string_view();
}

Result<Outline> outline(const Text& ber) {
  KVC_ASSIGN(auto in, ber->open());
  Reader& bytes = *in;
  struct Borrowed : Reader {
    explicit Borrowed(Reader& from) : in(from) {}
    Result<std::string_view> next() override { return in.next(); }
    Reader& in;
  };
  ContentWalker walker(std::make_unique<Borrowed>(bytes));
  const Status walked = drain(walker);
  if (!walked.ok()) {
    KVC_TRY(drain(bytes));
    return walked;
  }
  return walker.outline();
}

namespace {

class ContentSource : public Source {
 public:
  explicit ContentSource(Text ber) : ber_(std::move(ber)) {}
  [[nodiscard]] Result<ReaderPtr> open() const override {
    KVC_ASSIGN(auto in, ber_->open());
    return ReaderPtr(std::make_unique<ContentWalker>(std::move(in)));
  }

 private:
  Text ber_;
};

}  // namespace

Text content(Text ber) {
  return std::make_shared<ContentSource>(std::move(ber));
}

}  // namespace kvc::message::cms
