// SPDX-License-Identifier: Apache-2.0
#include "mailbox/blob.h"

#include <algorithm>
#include <istream>

#include "account/sql.h"
#include "base/guard.h"
#include "store/sql.h"

namespace kvc::mailbox {

using account::Sql;

BlobWriter::BlobWriter(store::Database& database, Env& env, std::string_view account_id, std::uint64_t limit)
    : database_(database), env_(env), account_id_(account_id), id_(new_uuid(env)), limit_(limit) {}

BlobWriter::~BlobWriter() {
  if (finished_ || chunks_ == 0) {
    return;
  }
  // If this fails too, erase_abandoned_blobs() finds it later.
  const Status ignored = guarded([&] { return restart(); });
  static_cast<void>(ignored);
}

Status BlobWriter::restart() {
  if (chunks_ != 0) {
    KVC_TRY(database_.write([&](Poco::Data::Session& session) {
      erase_blob(session, id_);
      return Status();
    }));
  }
  buffer_.clear();
  stored_ = 0;
  chunks_ = 0;
  status_ = {};
  return {};
}

void BlobWriter::insert(Poco::Data::Session& session, bool whole) {
  if (chunks_ == 0) {
    Sql(session, "INSERT INTO mail_blob (id, account_id, created_at, complete, size) VALUES (?, ?, ?, ?, ?)")
        .arg(id_)
        .arg(account_id_)
        .arg(store::millis(env_.now()))
        .arg(whole ? 1 : 0)
        .arg(whole ? static_cast<std::int64_t>(size()) : 0)
        .run();
  }
  // An empty mail has no chunk.
  if (!buffer_.empty()) {
    Sql(session, "INSERT INTO mail_chunk (blob_id, seq, data) VALUES (?, ?, ?)")
        .arg(id_)
        .arg(chunks_)
        .blob(buffer_)
        .run();
  }
}

bool BlobWriter::flush() {
  status_ = database_.write_own([&](Poco::Data::Session& session) {
    insert(session, false);
    return Status();
  });
  if (!status_.ok()) {
    return false;
  }
  stored_ += buffer_.size();
  ++chunks_;
  buffer_.clear();
  return true;
}

// A mail of one chunk is complete from the beginning.
Status BlobWriter::finish(Poco::Data::Session& session) {
  KVC_TRY(status_);
  const bool whole = chunks_ == 0;
  if (whole || !buffer_.empty()) {
    insert(session, whole);
  }
  if (whole) {
    return {};
  }
  Sql(session, "UPDATE mail_blob SET complete = 1, size = ? WHERE id = ?")
      .arg(static_cast<std::int64_t>(size()))
      .arg(id_)
      .run();
  return {};
}

std::streamsize BlobWriter::xsputn(const char* text, std::streamsize count) {
  if (!status_.ok()) {
    return 0;
  }
  std::string_view rest(text, static_cast<std::size_t>(count));
  if (rest.size() > limit_ - std::min(limit_, size())) {
    status_ = Status(error::too_large, "the mail is larger than the settings allow");
    return 0;
  }
  while (!rest.empty()) {
    const std::size_t part = std::min(rest.size(), kChunkSize - buffer_.size());
    buffer_.append(rest.substr(0, part));
    rest.remove_prefix(part);
    if (buffer_.size() == kChunkSize && !flush()) {
      return count - static_cast<std::streamsize>(rest.size());
    }
  }
  return count;
}

Result<std::unique_ptr<BlobReader>> BlobReader::open(store::Database& database, std::string_view blob_id) {
  std::int64_t size = -1, chunk_size = 0;
  KVC_TRY(database.read([&](Poco::Data::Session& session) {
    Sql sql(
        session,
        "SELECT b.size, COALESCE(LENGTH(c.data), 0) FROM mail_blob b LEFT JOIN mail_chunk c ON c.blob_id = b.id AND "
        "c.seq = 0 WHERE b.id = ? AND b.complete = 1");
    sql.arg(blob_id).into(size).into(chunk_size).next();
    return Status();
  }));
  if (size < 0) {
    return Status(error::not_found, "the stored mail is not there");
  }
  // A blob whose first chunk is gone reads as far as a missing chunk lets it: not at all.
  return std::unique_ptr<BlobReader>(new BlobReader(database, blob_id, static_cast<std::uint64_t>(size),
                                                    static_cast<std::uint64_t>(std::max<std::int64_t>(chunk_size, 1))));
}

std::uint64_t BlobReader::position() const {
  return gptr() == nullptr ? next_ : chunk_begin_ + static_cast<std::uint64_t>(gptr() - eback());
}

BlobReader::int_type BlobReader::underflow() {
  if (gptr() != nullptr && gptr() < egptr()) {
    return traits_type::to_int_type(*gptr());
  }
  next_ = position();
  setg(nullptr, nullptr, nullptr);
  if (!status_.ok()) {
    return failed();
  }
  if (next_ >= size_) {
    return traits_type::eof();
  }
  was_read_ = true;
  const auto seq = static_cast<std::int64_t>(next_ / chunk_size_);
  chunk_.clear();
  status_ = database_.read_own([&](Poco::Data::Session& session) {
    Sql sql(session, "SELECT data FROM mail_chunk WHERE blob_id = ? AND seq = ?");
    sql.arg(id_).arg(seq).into_blob(chunk_).next();
    return Status();
  });
  const auto offset = static_cast<std::size_t>(next_ % chunk_size_);
  if (status_.ok() && chunk_.size() != std::min(chunk_size_, size_ - static_cast<std::uint64_t>(seq) * chunk_size_)) {
    status_ = Status(error::storage_corrupt, "a part of the stored mail is missing");
  }
  if (!status_.ok()) {
    return failed();
  }
  chunk_begin_ = next_ - offset;
  setg(chunk_.data(), chunk_.data() + offset, chunk_.data() + chunk_.size());
  return traits_type::to_int_type(*gptr());
}

BlobReader::int_type BlobReader::failed() {
  if (loud_) {
    throw std::ios_base::failure("stored mail");  // the stream turns bad: a mail must not look as if it ended here
  }
  return traits_type::eof();
}

BlobReader::pos_type BlobReader::seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode which) {
  off_type base = 0;
  if (from == std::ios_base::cur) {
    base = static_cast<off_type>(position());
  } else if (from == std::ios_base::end) {
    base = static_cast<off_type>(size_);
  }
  return seekpos(pos_type(base + offset), which);
}

BlobReader::pos_type BlobReader::seekpos(pos_type target, std::ios_base::openmode which) {
  const auto offset = static_cast<off_type>(target);
  if ((which & std::ios_base::in) == 0 || offset < 0 || static_cast<std::uint64_t>(offset) > size_) {
    return pos_type(off_type(-1));
  }
  next_ = static_cast<std::uint64_t>(offset);
  setg(nullptr, nullptr, nullptr);
  return target;
}

namespace {

class BlobStream final : public std::istream {
 public:
  BlobStream(std::shared_ptr<store::Database> database, std::unique_ptr<BlobReader> reader,
             std::shared_ptr<Status> broken)
      : std::istream(reader.get()),
        database_(std::move(database)),
        reader_(std::move(reader)),
        broken_(std::move(broken)) {
    reader_->fail_loudly();
  }
  BlobStream(const BlobStream&) = delete;
  BlobStream& operator=(const BlobStream&) = delete;
  ~BlobStream() override {
    if (broken_->ok()) {
      *broken_ = reader_->status();
    }
  }

 private:
  std::shared_ptr<store::Database> database_;
  std::unique_ptr<BlobReader> reader_;
  std::shared_ptr<Status> broken_;
};

}  // namespace

std::function<std::unique_ptr<std::istream>()> blob_source(std::shared_ptr<store::Database> database,
                                                           std::string blob_id, std::shared_ptr<Status> failure) {
  return [database = std::move(database), id = std::move(blob_id),
          failure = std::move(failure)]() -> std::unique_ptr<std::istream> {
    auto reader = BlobReader::open(*database, id);
    if (!reader.ok()) {
      *failure = failure->ok() ? reader.status() : *failure;
      return nullptr;
    }
    return std::make_unique<BlobStream>(database, std::move(reader).value(), failure);
  };
}

void erase_abandoned_blobs(Poco::Data::Session& session, std::string_view account_id, TimePoint now) {
  constexpr std::chrono::hours kDay{24};
  Sql(session, "DELETE FROM mail_blob WHERE account_id = ? AND complete = 0 AND created_at < ?")
      .arg(account_id)
      .arg(store::millis(now - kDay))
      .run();
}

void erase_blob(Poco::Data::Session& session, std::string_view blob_id) {
  Sql(session, "DELETE FROM mail_blob WHERE id = ?").arg(blob_id).run();
}

}  // namespace kvc::mailbox
