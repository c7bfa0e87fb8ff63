// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace kvserver {
namespace {

constexpr std::size_t kMemoryLimit = 1 << 20;

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      throw std::runtime_error("the spool file cannot be written");
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

Spool::~Spool() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

void Spool::move_to_file() {
  std::string name = (directory_ / "spool-XXXXXX").string();
  fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) {
    throw std::runtime_error("the spool file cannot be created");
  }
  ::unlink(name.c_str());
  write_all(fd_, memory_);
  memory_.clear();
  memory_.shrink_to_fit();
}

void Spool::append(std::string_view bytes) {
  if (fd_ < 0 && memory_.size() + bytes.size() > kMemoryLimit) {
    move_to_file();
  }
  if (fd_ < 0) {
    memory_.append(bytes);
  } else {
    write_all(fd_, bytes);
  }
  size_ += bytes.size();
}

std::string Spool::read(std::uint64_t offset, std::size_t length) const {
  if (offset >= size_) {
    return {};
  }
  if (fd_ < 0) {
    return memory_.substr(static_cast<std::size_t>(offset), length);
  }
  std::string out(length, '\0');
  std::size_t done = 0;
  while (done < length) {
    const ssize_t n = ::pread(fd_, out.data() + done, length - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      throw std::runtime_error("the spool file cannot be read");
    }
    if (n == 0) {
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

}  // namespace kvserver
