// SPDX-License-Identifier: Apache-2.0
#include "archive/mail_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <istream>
#include <streambuf>

#include "mime/wiped_bytes.h"

namespace kvc::archive {

Result<std::unique_ptr<MailFile>> MailFile::open(int directory, const std::string& name, bool follow) {
  // O_NONBLOCK: a pipe that somebody put there must not stop us.
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW);
  const int descriptor = ::openat(directory, name.c_str(), flags);
  if (descriptor < 0) {
    return Status(error::file_unreadable, "the file cannot be opened");
  }
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return Status(error::file_unreadable, "this is no ordinary file");
  }
  return std::unique_ptr<MailFile>(new MailFile(descriptor, static_cast<std::uint64_t>(info.st_size)));
}

MailFile::~MailFile() {
  ::close(descriptor_);
}

/// Has a place of its own in the file.
class MailFile::Buffer final : public std::streambuf {
  static constexpr std::size_t kPiece = 64UL * 1024;

 public:
  explicit Buffer(MailFile& file) : file_(file), buffer_(kPiece) {}

 protected:
  int_type underflow() override {
    ssize_t got = 0;
    do {
      got = ::pread(file_.descriptor_, buffer_.data(), buffer_.size(), next_);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      file_.broken_ = true;
      throw std::ios_base::failure("read");  // the stream turns bad: a mail must not look as if it ended here
    }
    if (got == 0) {
      return traits_type::eof();
    }
    next_ += got;
    setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
    return traits_type::to_int_type(buffer_.front());
  }

 private:
  MailFile& file_;
  off_t next_ = 0;
  mime::WipedBytes buffer_;
};

std::unique_ptr<std::istream> MailFile::read() {
  class Stream final : public std::istream {
   public:
    explicit Stream(std::unique_ptr<Buffer> buffer) : std::istream(buffer.get()), buffer_(std::move(buffer)) {}

   private:
    std::unique_ptr<Buffer> buffer_;
  };
  return std::make_unique<Stream>(std::make_unique<Buffer>(*this));
}

}  // namespace kvc::archive
