// SPDX-License-Identifier: Apache-2.0
#include "message/reader.h"

#include <algorithm>
#include <istream>
#include <utility>

namespace kvc::message {
namespace {

class MemoryReader : public Reader {
 public:
  explicit MemoryReader(std::shared_ptr<const std::vector<mime::WipedBytes>> blocks) : blocks_(std::move(blocks)) {}

  Result<std::string_view> next() override {
    while (block_ < blocks_->size()) {
      const auto piece = mime::view((*blocks_)[block_]).substr(at_, kPiece);
      if (!piece.empty()) {
        at_ += piece.size();
        return piece;
      }
      ++block_;
      at_ = 0;
    }
    return std::string_view();
  }

 private:
  std::shared_ptr<const std::vector<mime::WipedBytes>> blocks_;
  std::size_t block_ = 0, at_ = 0;
};

class MemorySource : public Source {
 public:
  explicit MemorySource(std::vector<mime::WipedBytes> blocks)
      : blocks_(std::make_shared<const std::vector<mime::WipedBytes>>(std::move(blocks))) {}
  [[nodiscard]] Result<ReaderPtr> open() const override { return ReaderPtr(std::make_unique<MemoryReader>(blocks_)); }

 private:
  std::shared_ptr<const std::vector<mime::WipedBytes>> blocks_;
};

class SliceReader : public Reader {
 public:
  SliceReader(ReaderPtr in, std::uint64_t skip, std::uint64_t length)
      : in_(std::move(in)), skip_(skip), left_(length) {}

  Result<std::string_view> next() override {
    while (left_ > 0) {
      KVC_ASSIGN(std::string_view piece, in_->next());
      if (piece.empty()) {
        break;
      }
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, piece.size()));
      skip_ -= passed;
      piece.remove_prefix(passed);
      piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size())));
      if (!piece.empty()) {
        left_ -= left_ == kToTheEnd ? 0 : piece.size();
        return piece;
      }
    }
    left_ = 0;
    return std::string_view();
  }

 private:
  ReaderPtr in_;
  std::uint64_t skip_, left_;
};

class SliceSource : public Source {
 public:
  SliceSource(Text whole, std::uint64_t offset, std::uint64_t length)
      : whole_(std::move(whole)), offset_(offset), length_(length) {}
  [[nodiscard]] Result<ReaderPtr> open() const override {
    KVC_ASSIGN(auto in, whole_->open());
    return ReaderPtr(std::make_unique<SliceReader>(std::move(in), offset_, length_));
  }

 private:
  Text whole_;
  std::uint64_t offset_, length_;
};

Status unreadable() {
  return {error::file_unreadable, "the message cannot be read"};
}

/// Most mails are letters of a few KiB, and all memory that held one is wiped.
constexpr std::size_t kFirstPiece = 16UL * 1024;

class StreamReader : public Reader {
 public:
  StreamReader(std::unique_ptr<std::istream> in, std::uint64_t max_bytes)
      : in_(std::move(in)), left_(max_bytes), buffer_(kFirstPiece) {}

  Result<std::string_view> next() override {
    if (in_->bad()) {
      return unreadable();
    }
    if (!*in_) {
      return std::string_view();
    }
    if (begun_ && buffer_.size() < kPiece) {
      buffer_ = mime::WipedBytes(kPiece);
    }
    begun_ = true;
    in_->read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    const auto got = static_cast<std::size_t>(in_->gcount());
    if (in_->bad() || (!*in_ && !in_->eof())) {
      return unreadable();
    }
    if (got > left_) {
      return Status(error::too_large, "the message is larger than the limit");
    }
    left_ -= got;
    return std::string_view(buffer_.data(), got);
  }

 private:
  std::unique_ptr<std::istream> in_;
  std::uint64_t left_;
  mime::WipedBytes buffer_;
  bool begun_ = false;
};

class StreamSource : public Source {
 public:
  StreamSource(std::function<std::unique_ptr<std::istream>()> open, std::uint64_t max_bytes)
      : open_(std::move(open)), max_bytes_(max_bytes) {}
  [[nodiscard]] Result<ReaderPtr> open() const override {
    auto in = open_();
    if (!in || !*in) {
      return unreadable();
    }
    return ReaderPtr(std::make_unique<StreamReader>(std::move(in), max_bytes_));
  }

 private:
  std::function<std::unique_ptr<std::istream>()> open_;
  std::uint64_t max_bytes_;
};

}  // namespace

Text in_memory(mime::WipedBytes bytes) {
  std::vector<mime::WipedBytes> blocks;
  blocks.push_back(std::move(bytes));
  return in_memory(std::move(blocks));
}

Text in_memory(std::vector<mime::WipedBytes> blocks) {
  return std::make_shared<MemorySource>(std::move(blocks));
}

Text slice(Text whole, std::uint64_t offset, std::uint64_t length) {
  return std::make_shared<SliceSource>(std::move(whole), offset, length);
}

Text from_streams(std::function<std::unique_ptr<std::istream>()> open, std::uint64_t max_bytes) {
  return std::make_shared<StreamSource>(std::move(open), max_bytes);
}

bool is_source_failure(const Status& status) {
  return status.is(error::file_unreadable) || status.is(error::too_large) || status.is(error::out_of_memory);
}

Status drain(Reader& reader) {
  for (;;) {
    KVC_ASSIGN(const std::string_view piece, reader.next());
    if (piece.empty()) {
      return {};
    }
  }
}

Result<mime::WipedBytes> read_rest(Reader& reader, std::size_t limit) {
  mime::WipedBytes bytes;
  for (;;) {
    KVC_ASSIGN(const std::string_view piece, reader.next());
    if (piece.empty()) {
      return bytes;
    }
    if (piece.size() > limit - bytes.size()) {
      return Status(error::malformed, "a piece of the message is larger than any real one");
    }
    mime::append(bytes, piece);
  }
}

Result<std::string_view> CountingReader::next() {
  KVC_ASSIGN(const std::string_view piece, in_.next());
  count_ += piece.size();
  return piece;
}

}  // namespace kvc::message
