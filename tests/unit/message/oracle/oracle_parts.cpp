// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <ostream>

#include "base/status.h"
#include "crypto/sha256.h"
#include "mime/charset.h"
#include "mime/split.h"
#include "mime/transfer.h"
#include "unit/message/oracle/oracle.h"

namespace kvc::message::oracle {
namespace {

void measure(const PartSource& source, Part& part, Status& status) {
  crypto::Sha256 fingerprint;
  part.size = 0;
  status = mime::decode_transfer(source.body, source.encoding, [&](std::string_view piece) {
    fingerprint.add(piece);
    part.size += piece.size();
    return Status();
  });
  part.sha256 = fingerprint.hex();
}

void add_leaf(const mime::Header& header, const mime::Parameterized& type, std::string_view body, PartList& list) {
  PartSource source{header, body, std::string(header.get("Content-Transfer-Encoding")), type.value,
                    type.parameter("charset")};
  Part part;
  part.name = mime::file_name(header);
  part.type = type.value;
  part.description = header.text("Content-Description");
  const bool marked = mime::parse_parameterized(header.get("Content-Disposition")).value == "attachment";
  part.attachment = marked || !part.name.empty() || (type.value != "text/plain" && type.value != "text/html");
  Status status;
  measure(source, part, status);
  if (!status.ok()) {
    source.encoding.clear();
    measure(source, part, status);
    list.warnings.push_back("part_undecodable: " + std::to_string(list.parts.size() + 1));
  }
  list.parts.push_back(std::move(part));
  list.sources.push_back(std::move(source));
}

Status walk(std::string_view text, int depth, PartList& list) {
  if (depth > kMaxPartDepth) {
    return {error::malformed, "the content is nested too deeply"};
  }
  const mime::Entity entity = mime::split_entity(text);
  KVC_ASSIGN(const mime::Header header, mime::Header::parse(entity.header));
  const mime::Parameterized type = mime::content_type(header);
  if (type.value.rfind("multipart/", 0) != 0) {
    if (list.parts.size() == mime::kMaxParts) {
      return {error::malformed, "the content has too many parts"};
    }
    add_leaf(header, type, entity.body, list);
    return {};
  }
  KVC_ASSIGN(const mime::Multipart multipart,
             mime::split_multipart(entity.body, type.parameter("boundary"), mime::kMaxParts));
  if (!multipart.closed) {
    list.warnings.emplace_back("multipart_not_closed: the final delimiter is missing");
  }
  for (const auto part : multipart.parts) {
    KVC_TRY(walk(part, depth + 1, list));
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

Result<PartList> list_parts(std::string_view text) {
  PartList list;
  KVC_TRY(walk(text, 1, list));
  return list;
}

Status Opened::read_part(std::size_t index, std::ostream& out) const {
  return guarded([&]() -> Status {
    if (!content || index >= content->parts.size()) {
      return {error::not_found, "the message has no such part"};
    }
    const auto& source = content->parts[index];
    return mime::decode_transfer(source.body, source.encoding,
                                 [&](std::string_view piece) { return write_to(out, piece); });
  });
}

std::string Opened::text() const {
  std::string text;
  // What goes wrong here (memory, a sink) leaves the text empty: the part itself stays readable.
  const Status status = guarded([&]() -> Status {
    for (std::size_t i = 0; content && i < content->parts.size(); ++i) {
      const auto& source = content->parts[i];
      if (source.media_type != "text/plain" || parts[i].attachment) {
        continue;
      }
      KVC_ASSIGN(const auto bytes, mime::decode_transfer(source.body, source.encoding));
      text = mime::to_utf8(mime::view(bytes), source.charset);
      break;
    }
    return {};
  });
  return status.ok() ? text : std::string();
}

Status Opened::read_unverified(std::ostream& out) const {
  return guarded([&] { return content ? write_to(out, content->unverified) : Status(); });
}

const std::string& Opened::content_type() const {
  static const std::string none;
  return content ? content->type : none;
}

}  // namespace kvc::message::oracle
