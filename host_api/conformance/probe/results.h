// SPDX-License-Identifier: Apache-2.0
// What the probe found out about its host.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "pvs/v1/view.pb.h"

namespace probe {

/// One row each. [any]
class Results {
 public:
  enum class Outcome : std::uint8_t { pass, fail, skip };
  /// `name` is stable; a second result of the same name replaces a pass by a fail, never the other way round.
  void add(const std::string& name, Outcome outcome, const std::string& detail = {});
  void expect(const std::string& name, bool fine, const std::string& detail = {}) {
    add(name, fine ? Outcome::pass : Outcome::fail, fine ? std::string() : detail);
  }
  void skip(const std::string& name, const std::string& why) { add(name, Outcome::skip, why); }
  /// kind "probe.result.passed" or "probe.result.failed", so that a script needs to look at nothing else.
  void into(pvs::v1::View& view) const;

 private:
  struct Row {
    std::string name;
    Outcome outcome;
    std::string detail;
  };
  mutable std::mutex mutex_;
  std::vector<Row> rows_;
};

}  // namespace probe
