// SPDX-License-Identifier: Apache-2.0
// Sample files beside this one, and a clock that stands in January 2026.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "base/german_time.h"
#include "base/status.h"
#include "paths.h"
#include "unit/kvconnect/fake_env.h"

namespace kvc::billing::samples {

inline std::string file(const std::string& name) {
  std::ifstream in(kvc::test::source_dir() + "/tests/unit/billing/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline TimePoint at(const char* text) {
  return parse_xs_date_time(text).value();
}

class Clock : public kvc::test::FakeEnv {
 public:
  Clock() { set_now(at("2026-01-05T09:30:00+01:00")); }
};

inline std::string param(const Status& status, const std::string& name) {
  for (const auto& [key, value] : status.params()) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t found = text.find(from);
  return found == std::string::npos ? "not found: " + from : text.replace(found, from.size(), to);
}

}  // namespace kvc::billing::samples
