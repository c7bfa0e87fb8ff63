// SPDX-License-Identifier: Apache-2.0
#include "tool/extract.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <streambuf>
#include <utility>

#include "base/byte_sink.h"
#include "mime/safe_name.h"
#include "tool/files.h"

namespace kvc::tool {
namespace {

/// An open file or directory.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  /// Reports what an ordinary destruction would swallow: a full disk may show only here.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

/// Unbuffered output to a descriptor: parts come in large pieces, and no copy of them is left behind.
class DescriptorBuffer : public ByteSink {
 public:
  explicit DescriptorBuffer(int fd) : fd_(fd) {}
  /// errno of the write that failed; 0 if none did.
  [[nodiscard]] int failure() const { return failure_; }

 protected:
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    std::streamsize done = 0;
    while (done < size) {
      const auto written = ::write(fd_, data + done, static_cast<std::size_t>(size - done));
      if (written < 0 && errno == EINTR) {
        continue;
      }
      if (written <= 0) {
        failure_ = errno;
        break;
      }
      done += written;
    }
    return done;
  }

 private:
  int fd_;
  int failure_ = 0;
};

Status write_part(const message::OpenedMessage& message, std::size_t index, int directory, const std::string& name,
                  const std::string& path) {
  Descriptor file(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) {
    return unwritable(path, errno);
  }
  DescriptorBuffer buffer(file.get());
  std::ostream out(&buffer);
  const Status status = message.read_part(index, out);
  const int reason = file.close() ? buffer.failure() : errno;
  if (!status.ok() || reason != 0) {
    ::unlinkat(directory, name.c_str(), 0);  // a half-written part would pass for a whole one
    return status.ok() || status.is(error::file_unwritable) ? unwritable(path, reason) : status;
  }
  return {};
}

}  // namespace

std::vector<std::string> part_names(const std::vector<message::Part>& parts) {
  std::vector<std::string> sent;
  for (const message::Part& part : parts) {
    const bool plain = part.name.empty() && part.type == "text/plain";
    sent.push_back(plain ? "teil-" + std::to_string(sent.size() + 1) + ".txt" : part.name);
  }
  return mime::safe_names(sent);
}

Result<std::vector<std::string>> extract_parts(const message::OpenedMessage& message, const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return unwritable(directory, errno);
  }
  const Descriptor target(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!target.valid()) {
    return unwritable(directory, errno);
  }
  auto names = part_names(message.parts);
  for (std::size_t i = 0; i < names.size(); ++i) {
    KVC_TRY(write_part(message, i, target.get(), names[i], directory + '/' + names[i]));
  }
  return names;
}

}  // namespace kvc::tool
