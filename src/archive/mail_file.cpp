// SPDX-License-Identifier: Apache-2.0
#include "archive/mail_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ios>

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

void MailFile::rewind() {
  setg(nullptr, nullptr, nullptr);
  broken_ = ::lseek(descriptor_, 0, SEEK_SET) != 0;
}

MailFile::int_type MailFile::underflow() {
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    broken_ = true;
    throw std::ios_base::failure("read");  // the stream turns bad: a mail must not look as if it ended here
  }
  if (got == 0) {
    return traits_type::eof();
  }
  setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
  return traits_type::to_int_type(buffer_.front());
}

}  // namespace kvc::archive
