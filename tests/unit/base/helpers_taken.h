// SPDX-License-Identifier: Apache-2.0
// A process whose helpers are all at work.
#pragma once

#include <latch>
#include <memory>
#include <vector>

#include "base/helper.h"

namespace kvc {

/// While it lives, nobody else gets a helper thread.
class HelpersTaken {
 public:
  HelpersTaken() {
    for (unsigned i = 0; i < kMostHelpers; ++i) {
      threads_.push_back(std::make_unique<HelperThread>([this] { end_.wait(); }));
    }
  }
  ~HelpersTaken() { end_.count_down(); }
  HelpersTaken(const HelpersTaken&) = delete;
  HelpersTaken& operator=(const HelpersTaken&) = delete;

 private:
  std::latch end_{1};
  std::vector<std::unique_ptr<HelperThread>> threads_;
};

}  // namespace kvc
