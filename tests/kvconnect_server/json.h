// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace kvserver {

/// The value of `key`, or `fallback` if it is not there. Unlike Poco's optValue() a value of the wrong type throws.
template <class T>
T json_value(const Poco::JSON::Object& object, const std::string& key, const T& fallback) {
  if (!object.has(key)) {
    return fallback;
  }
  // Poco reads every other text than "false" and "0" as true.
  if (std::is_same_v<T, bool> && !object.get(key).isBoolean()) {
    throw Poco::BadCastException(key);
  }
  return object.getValue<T>(key);
}

/// Throws std::runtime_error if `object` has a key that is not in `known`: a typing error must not pass as a default.
inline void only_keys(const Poco::JSON::Object& object, std::initializer_list<std::string_view> known,
                      const std::string& what) {
  for (const auto& [key, value] : object) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw std::runtime_error(what + ": unknown key \"" + key + "\"");
    }
  }
}

}  // namespace kvserver
