// SPDX-License-Identifier: Apache-2.0
#include "serve/login_guard.h"

#include <algorithm>

namespace pvs::host::serve {
namespace {
constexpr int kFree = 3;
constexpr long kLongest = 30;
}  // namespace

long LoginGuard::wait_seconds(const std::string& user, Time now) const {
  const std::lock_guard lock(mutex_);
  const auto it = records_.find(user);
  if (it == records_.end() || it->second.until <= now) {
    return 0;
  }
  return std::chrono::ceil<std::chrono::seconds>(it->second.until - now).count();
}

void LoginGuard::failed(const std::string& user, Time now) {
  const std::lock_guard lock(mutex_);
  Record& record = records_[user];
  ++record.failures;
  if (record.failures >= kFree) {
    const int doublings = std::min(record.failures - kFree + 1, 5);
    record.until = now + std::chrono::seconds(std::min(1L << doublings, kLongest));
  }
}

void LoginGuard::succeeded(const std::string& user) {
  const std::lock_guard lock(mutex_);
  records_.erase(user);
}

}  // namespace pvs::host::serve
