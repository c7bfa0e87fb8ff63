// SPDX-License-Identifier: Apache-2.0
#include "mailbox/outbox_details.h"

#include <algorithm>
#include <charconv>
#include <istream>
#include <stdexcept>
#include <streambuf>

#include "mailbox/blob.h"
#include "mailbox/outbox_repository.h"
#include "mailbox/record.h"

namespace kvc::mailbox {
namespace {

// user subject, text, three of a receipt; then four for each file; then one for delivery facts and announced replies,
// which records written before migration 0006 lack.
constexpr std::size_t kFixedFields = 5, kFileFields = 4, kMoreFields = 6;

std::string details_place(std::string_view id) {
  return "outbox." + std::string(id) + ".details";
}

std::string chunk_place(std::string_view id, std::int64_t part, std::int64_t seq) {
  return "outbox." + std::string(id) + ".file." + std::to_string(part) + '.' + std::to_string(seq);
}

Status damaged() {
  return {error::storage_corrupt, "the stored content of a message in the outbox is damaged"};
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

// The last field: guid, version, bsnr, quarter, type, test, then the announced replies. Empty texts for no delivery.
Secret pack_more(const OutboxDetails& details) {
  const DeliveryFacts none;
  const DeliveryFacts& facts = details.delivery ? *details.delivery : none;
  const std::string version = number(facts.version);
  std::vector<std::string_view> fields{facts.guid, version,
                                       facts.bsnr, facts.quarter,
                                       facts.type, !details.delivery ? "" : facts.test ? "test" : "real"};
  for (const service::MessageKind kind : details.announced) {
    fields.push_back(service::name(kind));
  }
  return pack(fields);
}

Status unpack_more(const std::string& packed, OutboxDetails& details) {
  KVC_ASSIGN(const auto fields, unpack(Secret(packed)));
  if (fields.size() < kMoreFields) {
    return damaged();
  }
  if (!fields[5].empty()) {
    DeliveryFacts facts{fields[0], 0, fields[2], fields[3], fields[4], fields[5] == "test"};
    if (std::from_chars(fields[1].data(), fields[1].data() + fields[1].size(), facts.version).ec != std::errc()) {
      return damaged();
    }
    details.delivery = std::move(facts);
  }
  for (std::size_t i = kMoreFields; i < fields.size(); ++i) {
    if (const auto kind = service::message_kind(fields[i])) {
      details.announced.push_back(*kind);
    }
  }
  return {};
}

class FileReader final : public std::streambuf {
 public:
  FileReader(store::Database& database, const ContentCipher& cipher, std::string_view id, std::int64_t part,
             std::uint64_t size)
      : database_(database), cipher_(cipher), id_(id), part_(part), size_(size), left_(size) {}

 protected:
  // To the end and back to the start, which is how a reader asks for the size.
  pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode which) override {
    const auto here = static_cast<off_type>(size_ - left_) - (egptr() - gptr());
    const off_type base = from == std::ios_base::cur   ? here
                          : from == std::ios_base::end ? static_cast<off_type>(size_)
                                                       : 0;
    return offset == 0 && from == std::ios_base::cur ? pos_type(here) : seekpos(pos_type(base + offset), which);
  }
  pos_type seekpos(pos_type target, std::ios_base::openmode which) override {
    const bool start = target == pos_type(0), end = target == pos_type(static_cast<off_type>(size_));
    if ((which & std::ios_base::in) == 0 || (!start && !end)) {
      return pos_type(off_type(-1));
    }
    setg(nullptr, nullptr, nullptr);
    seq_ = 0;
    left_ = start ? size_ : 0;
    return target;
  }
  int_type underflow() override {
    if (left_ == 0) {
      return traits_type::eof();
    }
    const Status status = next_chunk();
    if (!status.ok()) {
      throw std::runtime_error("unreadable chunk");  // istream turns it into badbit
    }
    left_ -= chunk_.size();
    char* begin = reinterpret_cast<char*>(chunk_.data());
    setg(begin, begin, begin + chunk_.size());
    return traits_type::to_int_type(*begin);
  }

 private:
  Status next_chunk() {
    std::string sealed;
    KVC_TRY(database_.read_own([&](Poco::Data::Session& session) {
      sealed = outbox::part(session, id_, part_, seq_);
      return Status();
    }));
    KVC_ASSIGN(chunk_, cipher_.open(sealed, chunk_place(id_, part_, seq_)));
    ++seq_;
    return chunk_.empty() || chunk_.size() > left_ ? damaged() : Status();
  }

  store::Database& database_;
  const ContentCipher& cipher_;
  std::string id_;
  std::int64_t part_, seq_ = 0;
  std::uint64_t size_, left_;
  Secret chunk_;
};

class FileStream final : public std::istream {
 public:
  explicit FileStream(std::unique_ptr<FileReader> reader) : std::istream(reader.get()), reader_(std::move(reader)) {}

 private:
  std::unique_ptr<FileReader> reader_;
};

}  // namespace

Result<std::string> seal_details(const ContentCipher& cipher, const OutboxDetails& details,
                                 std::string_view outbox_id) {
  std::vector<std::string> sizes;
  for (const FileInfo& file : details.files) {
    sizes.push_back(std::to_string(file.size));
  }
  const message::Receipt none;
  const message::Receipt& receipt = details.receipt ? *details.receipt : none;
  const char* kind = !details.receipt ? "" : receipt.processed ? "processed" : "displayed";
  std::vector<std::string_view> fields{details.user_subject, details.text, kind, receipt.original_message_id,
                                       receipt.final_recipient};
  for (std::size_t i = 0; i < details.files.size(); ++i) {
    const FileInfo& file = details.files[i];
    fields.insert(fields.end(), {file.name, file.type, file.description, sizes[i]});
  }
  const Secret more = pack_more(details);
  fields.push_back(more.reveal());
  return cipher.seal(pack(fields), details_place(outbox_id));
}

Result<OutboxDetails> open_details(const ContentCipher& cipher, std::string_view sealed, std::string_view outbox_id) {
  KVC_ASSIGN(const Secret record, cipher.open(sealed, details_place(outbox_id)));
  KVC_ASSIGN(const auto fields, unpack(record));
  if (fields.size() < kFixedFields || (fields.size() - kFixedFields) % kFileFields > 1) {
    return damaged();
  }
  const bool has_more = (fields.size() - kFixedFields) % kFileFields == 1;
  OutboxDetails details;
  details.user_subject = fields[0];
  details.text = fields[1];
  if (!fields[2].empty()) {
    details.receipt = message::Receipt{fields[3], fields[4], fields[2] == "processed"};
  }
  if (has_more) {
    KVC_TRY(unpack_more(fields.back(), details));
  }
  const std::size_t files_end = fields.size() - (has_more ? 1 : 0);
  for (std::size_t i = kFixedFields; i < files_end; i += kFileFields) {
    FileInfo file{fields[i], fields[i + 1], fields[i + 2], 0};
    const std::string& size = fields[i + 3];
    if (std::from_chars(size.data(), size.data() + size.size(), file.size).ec != std::errc()) {
      return damaged();
    }
    details.files.push_back(std::move(file));
  }
  return details;
}

Status store_file(Poco::Data::Session& session, const ContentCipher& cipher, std::string_view outbox_id,
                  std::int64_t part, const FileContent& content) {
  const auto in = content.open();
  std::int64_t seq = 0;
  for (std::uint64_t left = content.size(); left != 0; ++seq) {
    Secret chunk = Secret::of_size(static_cast<std::size_t>(std::min<std::uint64_t>(kChunkSize, left)));
    if (!in->read(reinterpret_cast<char*>(chunk.data()), static_cast<std::streamsize>(chunk.size()))) {
      return {error::file_unreadable, "a chosen file cannot be read again"};
    }
    KVC_ASSIGN(const std::string sealed, cipher.seal(chunk, chunk_place(outbox_id, part, seq)));
    outbox::insert_part(session, outbox_id, part, seq, sealed);
    left -= chunk.size();
  }
  return {};
}

Result<FileContent> load_file(store::Database& database, const ContentCipher& cipher, std::string_view outbox_id,
                              std::int64_t part, std::uint64_t size, FileSpool copy) {
  const auto in = read_file(database, cipher, outbox_id, part, size);
  Secret piece = Secret::of_size(64UL * 1024);
  for (std::uint64_t left = size; left != 0;) {
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), left));
    if (!in->read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(step))) {
      return damaged();
    }
    KVC_TRY(copy.add(piece.reveal().substr(0, step)));
    left -= step;
  }
  return copy.finish();
}

std::unique_ptr<std::istream> read_file(store::Database& database, const ContentCipher& cipher,
                                        std::string_view outbox_id, std::int64_t part, std::uint64_t size) {
  return std::make_unique<FileStream>(std::make_unique<FileReader>(database, cipher, outbox_id, part, size));
}

}  // namespace kvc::mailbox
