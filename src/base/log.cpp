// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

namespace kvc {
namespace {
class NoLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::string_view) override {}
};
}  // namespace

Log& Log::none() {
  static Log* const log = new NoLog;
  return *log;
}

}  // namespace kvc
