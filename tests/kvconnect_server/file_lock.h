// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace kvserver {

/// An advisory lock on a file, between processes and within one; it ends with the object or with the process.
class FileLock {
 public:
  /// Waits for the lock, or throws std::runtime_error(`busy`) at once if `wait` is false and somebody holds it.
  FileLock(const std::filesystem::path& file, bool wait, const char* busy)
      : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, static_cast<mode_t>(0600))) {
    if (fd_ >= 0 && ::flock(fd_, wait ? LOCK_EX : LOCK_EX | LOCK_NB) == 0) {
      return;
    }
    if (fd_ >= 0) {
      ::close(fd_);
    }
    throw std::runtime_error(busy);
  }
  ~FileLock() { ::close(fd_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

}  // namespace kvserver
