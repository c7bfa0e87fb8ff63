// SPDX-License-Identifier: Apache-2.0
// Slows down guessing of passwords.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace pvs::host::serve {

/// After three wrong passwords each further one makes the user wait: 2, 4, 8, 16, then 30 seconds. [any]
class LoginGuard {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// Seconds until this user may try again, rounded up; 0: now. `user` is one of the practice, or "" for all others, so
  /// that the table cannot be made to grow.
  [[nodiscard]] long wait_seconds(const std::string& user, Time now) const;
  void failed(const std::string& user, Time now);
  void succeeded(const std::string& user);

 private:
  struct Record {
    int failures = 0;
    Time until;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Record> records_;
};

}  // namespace pvs::host::serve
