// SPDX-License-Identifier: Apache-2.0
#include "store/sql.h"

namespace kvc::store {

Poco::Data::BLOB blob(std::string_view bytes) {
  return {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()};
}

std::string bytes(const Poco::Data::BLOB& blob) {
  return {reinterpret_cast<const char*>(blob.rawContent()), blob.size()};
}

std::int64_t millis(TimePoint time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

TimePoint time_of(std::int64_t millis) {
  return TimePoint(std::chrono::milliseconds(millis));
}

}  // namespace kvc::store
