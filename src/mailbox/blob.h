// SPDX-License-Identifier: Apache-2.0
// Finished mails in the database, of any size, without ever being in memory whole (tables mail_blob, mail_chunk).
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <streambuf>
#include <string>
#include <string_view>

#include "base/byte_sink.h"
#include "base/env.h"
#include "base/status.h"
#include "store/database.h"

namespace kvc::mailbox {

/// Of new blobs: a chunk is in memory several times on its way through the database. A reader goes by the size of the
/// blob's first chunk, as there are blobs in chunks of 1 MiB from before.
inline constexpr std::size_t kChunkSize = 128UL * 1024;

/// Output stream buffer that stores a new blob. Full chunks are committed as they come; finish() makes the blob
/// complete. Without it the destructor takes back what was stored. Thread: one at a time.
class BlobWriter final : public ByteSink {
 public:
  /// More than `limit` bytes fail the stream with too_large.
  BlobWriter(store::Database& database, Env& env, std::string_view account_id, std::uint64_t limit);
  ~BlobWriter() override;
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;

  /// Why the stream failed, if it did.
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::uint64_t size() const { return stored_ + buffer_.size(); }
  /// Throws away what was written, so that a failed transfer can begin anew.
  Status restart();
  /// Inside the transaction that also writes the row that refers to the blob. Call committed() after it.
  Status finish(Poco::Data::Session& session);
  void committed() { finished_ = true; }
  /// All that was written, as long as this object lives; empty if it was more than a chunk.
  [[nodiscard]] std::string_view whole() const { return chunks_ == 0 ? std::string_view(buffer_) : std::string_view(); }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize count) override;

 private:
  bool flush();
  void insert(Poco::Data::Session& session, bool whole);

  store::Database& database_;
  Env& env_;
  std::string account_id_, id_, buffer_;
  std::uint64_t limit_, stored_ = 0;
  std::int64_t chunks_ = 0;
  bool finished_ = false;
  Status status_;
};

/// Input stream buffer over a complete blob; seekable. Holds one chunk.
class BlobReader final : public std::streambuf {
 public:
  /// Error: not_found.
  static Result<std::unique_ptr<BlobReader>> open(store::Database& database, std::string_view blob_id);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Somebody took bytes out of it.
  [[nodiscard]] bool was_read() const { return was_read_; }
  /// Why reading ended early, if it did.
  [[nodiscard]] const Status& status() const { return status_; }
  /// From now on a failure to read throws, so that the stream over it turns bad instead of ending.
  void fail_loudly() { loud_ = true; }

 protected:
  int_type underflow() override;
  pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode which) override;
  pos_type seekpos(pos_type position, std::ios_base::openmode which) override;

 private:
  BlobReader(store::Database& database, std::string_view blob_id, std::uint64_t size, std::uint64_t chunk_size)
      : database_(database), id_(blob_id), size_(size), chunk_size_(chunk_size) {}
  [[nodiscard]] std::uint64_t position() const;
  int_type failed();

  store::Database& database_;
  std::string id_, chunk_;
  std::uint64_t size_, chunk_size_;
  bool loud_ = false;
  std::uint64_t chunk_begin_ = 0;  ///< place of chunk_ in the blob
  bool was_read_ = false;
  std::uint64_t next_ = 0;  ///< where reading goes on when chunk_ is used up
  Status status_;
};

/// A complete blob as a source that can be opened any number of times, also several at once; each stream holds one
/// chunk and turns bad where the store fails, which `failure` (of the first time) then tells.
std::function<std::unique_ptr<std::istream>()> blob_source(std::shared_ptr<store::Database> database,
                                                           std::string blob_id, std::shared_ptr<Status> failure);

/// Removes blobs that were begun by a process that died: incomplete and older than a day.
void erase_abandoned_blobs(Poco::Data::Session& session, std::string_view account_id, TimePoint now);
void erase_blob(Poco::Data::Session& session, std::string_view blob_id);

}  // namespace kvc::mailbox
