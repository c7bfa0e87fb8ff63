// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <pvs/host.hpp>

namespace pvs {

namespace fs = std::filesystem;

pvs_status Stream::read(std::uint8_t*, std::size_t, std::size_t&) {
  return PVS_BAD_REQUEST;
}
pvs_status Stream::write(std::string_view) {
  return PVS_BAD_REQUEST;
}
pvs_status Stream::close(bool) {
  return PVS_OK;
}

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }
  /// False if the system reports that written bytes did not arrive.
  bool reset() noexcept {
    const bool fine = fd_ < 0 || ::close(fd_) == 0;
    fd_ = -1;
    return fine;
  }

 private:
  int fd_;
};

class MemoryStream final : public Stream {
 public:
  explicit MemoryStream(std::string bytes) : bytes_(std::move(bytes)) {}
  pvs_status read(std::uint8_t* buffer, std::size_t capacity, std::size_t& got) override {
    got = std::min(capacity, bytes_.size() - at_);
    if (got == 0) {
      return PVS_END_OF_STREAM;
    }
    std::memcpy(buffer, bytes_.data() + at_, got);
    at_ += got;
    return PVS_OK;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

class FileReader final : public Stream {
 public:
  explicit FileReader(int fd) : fd_(fd) {}
  pvs_status read(std::uint8_t* buffer, std::size_t capacity, std::size_t& got) override {
    ssize_t count = -1;
    do {
      count = ::read(fd_.get(), buffer, std::min<std::size_t>(capacity, 1U << 20U));
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
      return PVS_INTERNAL;
    }
    got = static_cast<std::size_t>(count);
    return got == 0 ? PVS_END_OF_STREAM : PVS_OK;
  }

 private:
  Descriptor fd_;
};

void sync_directory(const fs::path& directory) {
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) {
    ::fsync(fd.get());
  }
}

class FileWriter final : public Stream {
 public:
  FileWriter(int fd, fs::path temporary, fs::path directory, std::string name, std::uint64_t limit,
             std::function<void(const fs::path&)> on_kept)
      : fd_(fd),
        temporary_(std::move(temporary)),
        directory_(std::move(directory)),
        name_(std::move(name)),
        limit_(limit),
        on_kept_(std::move(on_kept)) {}
  ~FileWriter() override { discard(); }

  pvs_status write(std::string_view bytes) override {
    if (limit_ != 0 && bytes.size() > limit_ - size_) {
      return PVS_TOO_LARGE;
    }
    size_ += bytes.size();
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count <= 0) {
        broken_ = true;
        return PVS_INTERNAL;
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return PVS_OK;
  }

  pvs_status close(bool keep) override {
    if (!keep) {
      discard();
      return PVS_OK;
    }
    if (broken_ || ::fsync(fd_.get()) != 0 || !fd_.reset()) {
      discard();
      return PVS_INTERNAL;
    }
    const fs::path kept = take_name();
    if (kept.empty()) {
      discard();
      return PVS_INTERNAL;
    }
    ::unlink(temporary_.c_str());
    temporary_.clear();
    sync_directory(directory_);
    if (on_kept_) {
      on_kept_(kept);
    }
    return PVS_OK;
  }

 private:
  /// link() fails on an existing name, so two writers never overwrite each other.
  fs::path take_name() {
    const fs::path base(name_);
    for (int i = 1; i < 10000; ++i) {
      const std::string name =
          i == 1 ? name_ : base.stem().string() + " (" + std::to_string(i) + ")" + base.extension().string();
      const fs::path target = directory_ / name;
      if (::link(temporary_.c_str(), target.c_str()) == 0) {
        return target;
      }
      if (errno != EEXIST) {
        return {};
      }
    }
    return {};
  }

  void discard() {
    fd_.reset();
    if (!temporary_.empty()) {
      ::unlink(temporary_.c_str());
      temporary_.clear();
    }
  }

  Descriptor fd_;
  fs::path temporary_;
  fs::path directory_;
  std::string name_;
  std::uint64_t limit_;
  std::uint64_t size_ = 0;
  bool broken_ = false;
  std::function<void(const fs::path&)> on_kept_;
};

}  // namespace

std::unique_ptr<Stream> memory_stream(std::string bytes) {
  return std::make_unique<MemoryStream>(std::move(bytes));
}

std::unique_ptr<Stream> file_reader(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info {};
  if (fd < 0) {
    return nullptr;
  }
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return nullptr;
  }
  return std::make_unique<FileReader>(fd);
}

std::unique_ptr<Stream> file_writer(const fs::path& directory, std::string_view name, std::uint64_t size_limit,
                                    std::function<void(const fs::path&)> on_kept) {
  std::string pattern = (directory / ".part-XXXXXX").string();
  const int fd = ::mkostemp(pattern.data(), O_CLOEXEC);  // makes it with mode 0600
  if (fd < 0) {
    return nullptr;
  }
  return std::make_unique<FileWriter>(fd, pattern, directory, safe_file_name(name), size_limit, std::move(on_kept));
}

std::string safe_file_name(std::string_view suggested) {
  const auto slash = suggested.find_last_of("/\\");
  std::string name(slash == std::string_view::npos ? suggested : suggested.substr(slash + 1));
  std::erase_if(name, [](unsigned char c) { return c < 0x20 || c == 0x7f || c == ':'; });
  name.erase(0, name.find_first_not_of(". ") == std::string::npos ? name.size() : name.find_first_not_of(". "));
  constexpr std::size_t kMax = 120;
  if (name.size() > kMax) {
    const std::string extension = fs::path(name).extension().string();
    std::size_t cut = extension.size() < 16 ? kMax - extension.size() : kMax;
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xc0U) == 0x80U) {
      --cut;
    }
    name = name.substr(0, cut) + (extension.size() < 16 ? extension : std::string());
  }
  return name.empty() ? "datei" : name;
}

struct StreamTable::Impl {
  struct Entry {
    std::mutex mutex;
    std::unique_ptr<Stream> stream;
  };
  std::shared_ptr<Entry> find(std::uint64_t id) const {
    const std::lock_guard lock(mutex);
    const auto it = entries.find(id);
    return it == entries.end() ? nullptr : it->second;
  }
  mutable std::mutex mutex;
  std::map<std::uint64_t, std::shared_ptr<Entry>> entries;
  std::uint64_t last = 0;
};

StreamTable::StreamTable() : impl_(std::make_unique<Impl>()) {}
StreamTable::~StreamTable() {
  discard_all();
}

std::uint64_t StreamTable::add(std::unique_ptr<Stream> stream) {
  auto entry = std::make_shared<Impl::Entry>();
  entry->stream = std::move(stream);
  const std::lock_guard lock(impl_->mutex);
  impl_->entries.emplace(++impl_->last, std::move(entry));
  return impl_->last;
}

pvs_status StreamTable::read(std::uint64_t id, std::uint8_t* buffer, std::size_t capacity, std::size_t& got) {
  got = 0;
  const auto entry = impl_->find(id);
  if (entry == nullptr || buffer == nullptr || capacity == 0) {
    return PVS_BAD_REQUEST;
  }
  const std::lock_guard lock(entry->mutex);
  return entry->stream == nullptr ? PVS_BAD_REQUEST : entry->stream->read(buffer, capacity, got);
}

pvs_status StreamTable::write(std::uint64_t id, std::string_view bytes) {
  const auto entry = impl_->find(id);
  if (entry == nullptr) {
    return PVS_BAD_REQUEST;
  }
  const std::lock_guard lock(entry->mutex);
  return entry->stream == nullptr ? PVS_BAD_REQUEST : entry->stream->write(bytes);
}

pvs_status StreamTable::close(std::uint64_t id, bool keep) {
  const auto entry = impl_->find(id);
  if (entry == nullptr) {
    return PVS_BAD_REQUEST;
  }
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->entries.erase(id);
  }
  const std::lock_guard lock(entry->mutex);
  if (entry->stream == nullptr) {
    return PVS_BAD_REQUEST;
  }
  const std::unique_ptr<Stream> stream = std::move(entry->stream);
  return stream->close(keep);
}

std::size_t StreamTable::discard_all() {
  std::map<std::uint64_t, std::shared_ptr<Impl::Entry>> entries;
  {
    const std::lock_guard lock(impl_->mutex);
    entries.swap(impl_->entries);
  }
  for (auto& [id, entry] : entries) {
    const std::lock_guard lock(entry->mutex);
    if (entry->stream != nullptr) {
      const std::unique_ptr<Stream> stream = std::move(entry->stream);
      static_cast<void>(stream->close(false));
    }
  }
  return entries.size();
}

std::size_t StreamTable::open_count() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->entries.size();
}

}  // namespace pvs
