// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <ostream>

#include "base/status.h"
#include "crypto/sha256.h"
#include "message/content.h"
#include "message/entity_reader.h"
#include "mime/charset.h"
#include "mime/split.h"
#include "mime/wiped_bytes.h"

namespace kvc::message {
namespace {

/// Size and fingerprint of a body as it streams by. Error: malformed if it cannot be decoded.
Status measure(Reader& body, const std::string& encoding, Part& part) {
  crypto::Sha256 fingerprint;
  part.size = 0;
  KVC_ASSIGN(const auto decoder, decode(body, encoding));
  for (;;) {
    KVC_ASSIGN(const std::string_view piece, decoder->next());
    if (piece.empty()) {
      part.sha256 = fingerprint.hex();
      return {};
    }
    fingerprint.add(piece);
    part.size += piece.size();
  }
}

/// Goes through a MIME tree in one reading.
class Walker {
 public:
  explicit Walker(PartList& list) : list_(list) {}

  /// `offset` is where `text` begins in the whole.
  Status walk(Reader& text, std::uint64_t offset, int depth) {
    if (depth > kMaxPartDepth) {
      return {error::malformed, "the content is nested too deeply"};
    }
    EntityReader entity(text);
    KVC_ASSIGN(const EntityHead head, entity.head());
    const mime::Parameterized& type = head.type;
    const std::uint64_t body = offset + head.size;
    if (depth == 1) {
      list_.head = head;
    }
    if (type.value.rfind("multipart/", 0) == 0) {
      return walk_parts(entity, type.parameter("boundary"), body, depth);
    }
    if (list_.parts.size() == mime::kMaxParts) {
      return {error::malformed, "the content has too many parts"};
    }
    return add_leaf(head.header, type, entity, body);
  }

  /// Parts that could not be decoded, in their order.
  [[nodiscard]] const std::vector<std::size_t>& undecodable() const noexcept { return undecodable_; }

 private:
  /// What is wrong with the multipart itself is said before what is wrong in a part, so the walk goes to the end.
  Status walk_parts(Reader& body, const std::string& boundary, std::uint64_t offset, int depth) {
    const std::size_t warnings_before = list_.warnings.size();
    MultipartReader multipart(body, boundary, mime::kMaxParts);
    Status first;
    for (;;) {
      KVC_ASSIGN(const bool more, multipart.next_part());
      if (!more) {
        break;
      }
      if (first.ok()) {
        first = walk(multipart, offset + multipart.part_begin(), depth + 1);
        if (is_source_failure(first)) {
          return first;
        }
      }
    }
    if (!multipart.closed()) {
      list_.warnings.insert(list_.warnings.begin() + static_cast<std::ptrdiff_t>(warnings_before),
                            "multipart_not_closed: the final delimiter is missing");
    }
    return first;
  }

  Status add_leaf(const mime::Header& header, const mime::Parameterized& type, Reader& body, std::uint64_t offset) {
    PartSource source;
    source.offset = offset;
    source.encoding = std::string(header.get("Content-Transfer-Encoding"));
    source.media_type = type.value;
    source.charset = type.parameter("charset");
    if (type.value == kNotificationType) {
      source.notification = header;
    }
    Part part;
    const mime::Parameterized disposition = mime::parse_parameterized(header.get("Content-Disposition"));
    part.name = mime::file_name(header, disposition);
    part.type = type.value;
    part.description = header.text("Content-Description");
    const bool marked = disposition.value == "attachment";
    part.attachment = marked || !part.name.empty() || (type.value != "text/plain" && type.value != "text/html");
    CountingReader counted(body);
    const Status measured = measure(counted, source.encoding, part);
    if (is_source_failure(measured)) {
      return measured;
    }
    KVC_TRY(drain(counted));
    source.length = counted.count();
    if (!measured.ok()) {
      source.encoding.clear();
      undecodable_.push_back(list_.parts.size());
      list_.warnings.push_back("part_undecodable: " + std::to_string(list_.parts.size() + 1));
    }
    list_.parts.push_back(std::move(part));
    list_.sources.push_back(std::move(source));
    return {};
  }

  PartList& list_;
  std::vector<std::size_t> undecodable_;
};

/// A stretch of a reader that goes on behind it.
class Stretch : public Reader {
 public:
  explicit Stretch(Reader& in) : in_(in) {}
  void move_to(std::uint64_t begin, std::uint64_t length) {
    begin_ = begin;
    end_ = begin + length;
  }
  Result<std::string_view> next() override {
    while (at_ < end_) {
      if (piece_.empty()) {
        KVC_ASSIGN(piece_, in_.next());
        if (piece_.empty()) {
          break;
        }
      }
      const bool before = at_ < begin_;
      const auto taken = piece_.substr(
          0, static_cast<std::size_t>(std::min<std::uint64_t>((before ? begin_ : end_) - at_, piece_.size())));
      piece_.remove_prefix(taken.size());
      at_ += taken.size();
      if (!before) {
        return taken;
      }
    }
    return std::string_view();
  }

 private:
  Reader& in_;
  std::string_view piece_;
  std::uint64_t at_ = 0, begin_ = 0, end_ = 0;
};

/// Undecodable parts are measured as they are, all in one more reading: a hostile message must not buy one for each.
Status measure_raw(const Text& text, const std::vector<std::size_t>& which, PartList& list) {
  KVC_ASSIGN(const auto in, text->open());
  Stretch stretch(*in);
  for (const std::size_t index : which) {
    stretch.move_to(list.sources[index].offset, list.sources[index].length);
    KVC_TRY(measure(stretch, "", list.parts[index]));
  }
  return {};
}

Status write_to(std::ostream& out, std::string_view piece) {
  out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  return out ? Status() : Status(error::file_unwritable, "the part cannot be written");
}

template <class Action>
Status guarded(Action action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    return {error::out_of_memory, "not enough memory for the message"};
  } catch (const std::exception&) {
    return {error::internal, "the message could not be handled"};
  }
}

}  // namespace

Result<PartList> list_parts(const Text& text) {
  PartList list;
  Walker walker(list);
  KVC_ASSIGN(const auto in, text->open());
  KVC_TRY(walker.walk(*in, 0, 1));
  KVC_TRY(drain(*in));
  if (!walker.undecodable().empty()) {
    KVC_TRY(measure_raw(text, walker.undecodable(), list));
  }
  return list;
}

std::optional<Result<PartList>> list_parts(Reader& text) {
  PartList list;
  Walker walker(list);
  Status status = walker.walk(text, 0, 1);
  status = status.ok() ? drain(text) : status;
  if (!status.ok()) {
    return Result<PartList>(status);
  }
  return walker.undecodable().empty() ? std::optional(Result<PartList>(std::move(list))) : std::nullopt;
}

Status read_part_of(const OpenedMessage& message, std::size_t index, const mime::Sink& sink) {
  // It was good when it was verified: whatever is wrong with it now comes from another content in the mail's place.
  const auto changed = [](const Status& status) {
    return is_source_failure(status) ? status
                                     : Status(error::file_unreadable, "the message changed since it was verified");
  };
  const auto& source = message.content->parts[index];
  const Text part = decoded(slice(message.content->inner, source.offset, source.length), source.encoding);
  const auto in = part->open();
  if (!in.ok()) {
    return changed(in.status());
  }
  crypto::Sha256 fingerprint;
  for (;;) {
    const auto piece = in.value()->next();
    if (!piece.ok()) {
      return changed(piece.status());
    }
    if (piece.value().empty()) {
      break;
    }
    fingerprint.add(piece.value());
    KVC_TRY(sink(piece.value()));
  }
  return fingerprint.hex() == message.parts[index].sha256 ? Status() : changed(Status(error::malformed, ""));
}

Status OpenedMessage::read_part(std::size_t index, std::ostream& out) const {
  return guarded([&]() -> Status {
    if (!content || index >= content->parts.size() || index >= parts.size()) {
      return {error::not_found, "the message has no such part"};
    }
    KVC_TRY(write_to(out, {}));
    return read_part_of(*this, index, [&](std::string_view piece) { return write_to(out, piece); });
  });
}

std::string OpenedMessage::text() const {
  std::string text;
  // What goes wrong here (memory, a sink) leaves the text empty: the part itself stays readable.
  const Status status = guarded([&]() -> Status {
    for (std::size_t i = 0; content && i < content->parts.size(); ++i) {
      const auto& source = content->parts[i];
      if (source.media_type != "text/plain" || parts[i].attachment) {
        continue;
      }
      mime::WipedBytes bytes;
      KVC_TRY(read_part_of(*this, i, [&](std::string_view piece) {
        mime::append(bytes, piece);
        return Status();
      }));
      text = mime::to_utf8(mime::view(bytes), source.charset);
      break;
    }
    return {};
  });
  return status.ok() ? text : std::string();
}

Status OpenedMessage::read_unverified(std::ostream& out) const {
  return guarded([&]() -> Status {
    if (!content || !content->unverified) {
      return {};
    }
    KVC_ASSIGN(const auto in, content->unverified->open());
    for (;;) {
      KVC_ASSIGN(const std::string_view piece, in->next());
      if (piece.empty()) {
        return {};
      }
      KVC_TRY(write_to(out, piece));
    }
  });
}

const std::string& OpenedMessage::content_type() const {
  static const std::string none;
  return content ? content->type : none;
}

}  // namespace kvc::message
