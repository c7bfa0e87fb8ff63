// SPDX-License-Identifier: Apache-2.0
#include "mailbox/file_content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <istream>
#include <streambuf>

#include "crypto/aead.h"

namespace kvc::mailbox {
namespace {

constexpr std::size_t kChunk = FileContent::kInMemory;
constexpr std::size_t kFirstBytes = 4096;

/// Binds a chunk to its place, so that none can be taken for another.
std::string place(std::uint64_t chunk) {
  return "file." + std::to_string(chunk);
}

Status failed(int code) {
  return code == ENOSPC || code == EDQUOT
             ? Status(error::storage_full, "there is no room for a chosen file")
             : Status(error::storage_failed, "a chosen file cannot be kept while the letter is written");
}

}  // namespace

struct FileContent::Stored {
  Stored() = default;
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;
  ~Stored() {
    if (descriptor >= 0) {
      ::close(descriptor);
    }
  }

  Secret head;
  std::uint64_t size = 0;
  int descriptor = -1;  ///< of the chunks one after the other, each sealed; -1: head is all
  Secret key;
};

namespace {

/// Reads sealed chunks; every one but the last has kChunk bytes.
class ChunkReader final : public std::streambuf {
 public:
  ChunkReader(int descriptor, const Secret& key, std::uint64_t size)
      : descriptor_(descriptor), key_(key), size_(size) {}

 protected:
  int_type underflow() override {
    const std::uint64_t begin = chunk_ * kChunk;
    if (begin >= size_) {
      return traits_type::eof();
    }
    const auto plain = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, size_ - begin));
    sealed_.resize(plain + crypto::kAeadOverhead);
    std::size_t got = 0;
    while (got < sealed_.size()) {
      const auto at = static_cast<off_t>(chunk_ * (kChunk + crypto::kAeadOverhead) + got);
      const ssize_t step = ::pread(descriptor_, sealed_.data() + got, sealed_.size() - got, at);
      if (step <= 0 && !(step < 0 && errno == EINTR)) {
        throw std::ios_base::failure("read");  // the stream turns bad: a file must not look as if it ended here
      }
      got += step > 0 ? static_cast<std::size_t>(step) : 0;
    }
    auto opened = crypto::aead_open(key_, sealed_, place(chunk_));
    if (!opened.ok() || opened->size() != plain) {
      throw std::ios_base::failure("read");
    }
    plain_ = std::move(opened).value();
    ++chunk_;
    char* first = reinterpret_cast<char*>(plain_.data());
    setg(first, first, first + plain);
    return traits_type::to_int_type(*first);
  }

 private:
  int descriptor_;
  const Secret& key_;
  std::uint64_t size_, chunk_ = 0;
  std::string sealed_;
  Secret plain_;
};

class MemoryReader final : public std::streambuf {
 public:
  explicit MemoryReader(std::string_view bytes) {
    char* first = const_cast<char*>(bytes.data());  // streambuf wants it so; nothing writes
    setg(first, first, first + bytes.size());
  }
};

/// Keeps what it reads from.
class ContentStream final : public std::istream {
 public:
  ContentStream(std::shared_ptr<const void> kept, std::unique_ptr<std::streambuf> buffer)
      : std::istream(buffer.get()), kept_(std::move(kept)), buffer_(std::move(buffer)) {}

 private:
  std::shared_ptr<const void> kept_;
  std::unique_ptr<std::streambuf> buffer_;
};

}  // namespace

FileContent::FileContent(Secret bytes) {
  auto stored = std::make_shared<Stored>();
  stored->size = bytes.size();
  stored->head = std::move(bytes);
  stored_ = std::move(stored);
}

std::uint64_t FileContent::size() const noexcept {
  return stored_ == nullptr ? 0 : stored_->size;
}

std::string_view FileContent::head() const noexcept {
  return stored_ == nullptr ? std::string_view() : stored_->head.reveal();
}

std::unique_ptr<std::istream> FileContent::open() const {
  std::unique_ptr<std::streambuf> buffer;
  if (stored_ == nullptr || stored_->descriptor < 0) {
    buffer = std::make_unique<MemoryReader>(head());
  } else {
    buffer = std::make_unique<ChunkReader>(stored_->descriptor, stored_->key, stored_->size);
  }
  return std::make_unique<ContentStream>(stored_, std::move(buffer));
}

FileSpool::FileSpool(Env& env, std::string directory)
    : env_(&env), directory_(std::move(directory)), stored_(std::make_shared<FileContent::Stored>()) {}

FileSpool::~FileSpool() = default;
FileSpool::FileSpool(FileSpool&&) noexcept = default;

std::uint64_t FileSpool::size() const noexcept {
  return stored_->size;
}

Status FileSpool::add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (used_ == kChunk && !directory_.empty()) {
      KVC_TRY(flush());
    }
    const std::size_t room = directory_.empty() ? bytes.size() : kChunk - used_;
    const std::size_t step = std::min(room, bytes.size());
    KVC_TRY(grow(used_ + step));
    std::memcpy(buffer_.data() + used_, bytes.data(), step);
    used_ += step;
    stored_->size += step;
    bytes.remove_prefix(step);
  }
  return {};
}

/// The smaller copy is wiped.
Status FileSpool::grow(std::size_t wanted) {
  if (wanted <= buffer_.size()) {
    return {};
  }
  const std::size_t doubled = std::max({wanted, buffer_.size() * 2, kFirstBytes});
  Secret larger = Secret::of_size(directory_.empty() ? doubled : std::min(doubled, kChunk));
  std::copy_n(buffer_.bytes().begin(), used_, larger.data());
  buffer_ = std::move(larger);
  return {};
}

Status FileSpool::open_file() {
  stored_->descriptor = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (stored_->descriptor < 0) {
    // A file system without O_TMPFILE (NFS): a name nobody can guess, gone at once.
    const std::string path = directory_ + "/.kvc-" + new_uuid(*env_);
    stored_->descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (stored_->descriptor < 0) {
      return failed(errno);
    }
    ::unlink(path.c_str());
  }
  stored_->key = Secret::of_size(crypto::kAeadKeyBytes);
  env_->random({stored_->key.data(), stored_->key.size()});
  return {};
}

/// The full buffer to the file; its first bytes stay at hand.
Status FileSpool::flush() {
  const Secret plain(buffer_.bytes().first(used_));
  if (stored_->descriptor < 0) {
    KVC_TRY(open_file());
    stored_->head = plain;
  }
  KVC_ASSIGN(const std::string sealed, crypto::aead_seal(*env_, stored_->key, plain, place(chunks_)));
  for (std::size_t written = 0; written < sealed.size();) {
    const ssize_t step = ::write(stored_->descriptor, sealed.data() + written, sealed.size() - written);
    if (step < 0 && errno != EINTR) {
      return failed(errno);
    }
    written += step > 0 ? static_cast<std::size_t>(step) : 0;
  }
  ++chunks_;
  used_ = 0;
  return {};
}

Result<FileContent> FileSpool::finish() {
  if (stored_->descriptor < 0) {
    stored_->head = used_ == buffer_.size() ? std::move(buffer_) : Secret(buffer_.bytes().first(used_));
  } else if (used_ != 0) {
    KVC_TRY(flush());
  }
  buffer_.wipe();
  FileContent content;
  content.stored_ = std::move(stored_);
  return content;
}

}  // namespace kvc::mailbox
