// SPDX-License-Identifier: Apache-2.0
#include "matcher.h"

#include <Poco/Exception.h>
#include <Poco/RegularExpression.h>

#include <vector>

namespace pvs::host {
namespace {

std::string shown(const Var& value) {
  std::string text = value.isEmpty() ? "nothing" : to_line(value);
  constexpr std::size_t kMax = 300;
  return text.size() > kMax ? text.substr(0, kMax) + "..." : text;
}

std::string at(const std::string& path) {
  return path.empty() ? "the outcome" : path;
}

bool found(const std::string& pattern, const std::string& text) {
  try {
    const Poco::RegularExpression expression(pattern, Poco::RegularExpression::RE_UTF8);
    Poco::RegularExpression::Match match;
    return expression.match(text, 0, match) > 0;
  } catch (const Poco::Exception& e) {
    throw InputError("the regular expression /" + pattern + "/ cannot be used: " + e.displayText());
  }
}

bool is_whole(const Var& value) {
  return value.isInteger() && !value.isBoolean();
}

std::int64_t size_or_number(const Var& actual) {
  if (is_array(actual)) {
    return static_cast<std::int64_t>(actual.extract<JsonArray::Ptr>()->size());
  }
  return is_whole(actual) ? actual.convert<std::int64_t>() : -1;
}

std::string check_operator(const std::string& name, const Var& operand, const Var& actual, const std::string& path) {
  const std::string failure = at(path) + ": expected " + name + " " + shown(operand) + ", got " + shown(actual);
  if (name == "$absent") {
    return actual.isEmpty() == as_bool(operand, name) ? "" : failure;
  }
  if (name == "$not") {
    return mismatch(operand, actual, path).empty() ? failure : "";
  }
  if (name == "$any") {
    for (const Var& alternative : *as_array(operand, name)) {
      if (mismatch(alternative, actual, path).empty()) {
        return "";
      }
    }
    return failure;
  }
  if (name == "$contains") {
    const std::string part = as_text(operand, name);
    return actual.isString() && actual.extract<std::string>().find(part) != std::string::npos ? "" : failure;
  }
  if (name == "$regex") {
    return actual.isString() && found(as_text(operand, name), actual.extract<std::string>()) ? "" : failure;
  }
  const std::int64_t number = as_integer(operand, name);
  if (name == "$count") {
    return is_array(actual) && size_or_number(actual) == number ? "" : failure;
  }
  if (name == "$at_least") {
    return size_or_number(actual) >= number ? "" : failure;
  }
  if (name == "$at_most") {
    return size_or_number(actual) >= 0 && size_or_number(actual) <= number ? "" : failure;
  }
  throw InputError("there is no operator " + name);
}

std::string match_object(const JsonObject& expected, const Var& actual, const std::string& path) {
  if (expected.size() == 1 && expected.begin()->first.starts_with("$")) {
    return check_operator(expected.begin()->first, expected.begin()->second, actual, path);
  }
  if (!is_object(actual)) {
    return at(path) + ": expected an object, got " + shown(actual);
  }
  const JsonObject& object = *actual.extract<JsonObject::Ptr>();
  for (const auto& [key, value] : expected) {
    std::string difference =
        mismatch(value, object.has(key) ? object.get(key) : Var(), path.empty() ? key : path + "." + key);
    if (!difference.empty()) {
      return difference;
    }
  }
  return "";
}

/// Gives expected[i] an element that nobody else needs more (augmenting paths: a greedy choice could fail wrongly).
bool assign(std::size_t i, const std::vector<std::vector<bool>>& fits, std::vector<bool>& tried,
            std::vector<int>& owner) {
  for (std::size_t j = 0; j < owner.size(); ++j) {
    if (!fits[i][j] || tried[j]) {
      continue;
    }
    tried[j] = true;
    if (owner[j] < 0 || assign(static_cast<std::size_t>(owner[j]), fits, tried, owner)) {
      owner[j] = static_cast<int>(i);
      return true;
    }
  }
  return false;
}

std::string match_list(const JsonArray& expected, const Var& actual, const std::string& path) {
  if (!is_array(actual)) {
    return at(path) + ": expected a list, got " + shown(actual);
  }
  const JsonArray& array = *actual.extract<JsonArray::Ptr>();
  std::vector<int> owner(array.size(), -1);
  std::vector<std::vector<bool>> fits;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::string last;
    fits.emplace_back(array.size(), false);
    for (std::size_t j = 0; j < array.size(); ++j) {
      const std::string difference =
          mismatch(expected.get(static_cast<unsigned>(i)), array.get(static_cast<unsigned>(j)),
                   path + "[" + std::to_string(j) + "]");
      fits[i][j] = difference.empty();
      last = difference.empty() ? last : difference;
    }
    std::vector<bool> tried(array.size(), false);
    if (!assign(i, fits, tried, owner)) {
      // With one candidate its own difference says more.
      return array.size() == 1 && !last.empty() ? last
                                                : at(path) + ": none of " + std::to_string(array.size()) +
                                                      " elements is " + shown(expected.get(static_cast<unsigned>(i)));
    }
  }
  return "";
}

}  // namespace

std::string mismatch(const Var& expected, const Var& actual, const std::string& path) {
  if (is_object(expected)) {
    return match_object(*expected.extract<JsonObject::Ptr>(), actual, path);
  }
  if (is_array(expected)) {
    return match_list(*expected.extract<JsonArray::Ptr>(), actual, path);
  }
  bool equal = false;
  if (expected.isString()) {
    const std::string text = expected.extract<std::string>();
    const bool pattern = text.size() > 2 && text.front() == '/' && text.back() == '/';
    equal = actual.isString() && (pattern ? found(text.substr(1, text.size() - 2), actual.extract<std::string>())
                                          : actual.extract<std::string>() == text);
  } else if (expected.isBoolean()) {
    // A flag that is not set is not printed.
    equal = (actual.isBoolean() && actual.extract<bool>() == expected.extract<bool>()) ||
            (actual.isEmpty() && !expected.extract<bool>());
  } else if (is_whole(expected)) {
    equal = is_whole(actual) && actual.convert<std::int64_t>() == expected.convert<std::int64_t>();
  } else if (expected.isEmpty()) {
    equal = actual.isEmpty();
  }
  return equal ? "" : at(path) + ": expected " + shown(expected) + ", got " + shown(actual);
}

}  // namespace pvs::host
