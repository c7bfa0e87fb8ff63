// SPDX-License-Identifier: Apache-2.0
#include "e2e/outcome.h"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <array>

namespace kvc::e2e {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

std::string text_of(const Object::Ptr& object, const std::string& key) {
  return object && object->has(key) ? object->get(key).toString() : std::string();
}

Object::Ptr object_in(const Object::Ptr& object, const std::string& key) {
  return object && object->isObject(key) ? object->getObject(key) : Object::Ptr();
}

std::vector<Object::Ptr> objects_in(const Object::Ptr& object, const std::string& key) {
  std::vector<Object::Ptr> found;
  const Array::Ptr list = object && object->isArray(key) ? object->getArray(key) : Array::Ptr();
  for (unsigned i = 0; list && i < list->size(); ++i) {
    found.push_back(list->getObject(i));
  }
  return found;
}

std::optional<Failure> failure_in(const Object::Ptr& error) {
  if (!error) {
    return std::nullopt;
  }
  return Failure{text_of(error, "code"), text_of(error, "text")};
}

/// Names for programs and what a user typed himself are no texts of ours.
bool shown(const std::string& key) {
  constexpr std::array kShown{"title", "help",    "intro",      "label",       "hint",
                              "error", "text",    "question",   "consequence", "disabled_reason",
                              "value", "heading", "empty_text", "description"};
  return std::find(kShown.begin(), kShown.end(), key) != kShown.end();
}

void collect(const Var& value, const std::string& place, const std::string& key,
             std::vector<std::pair<std::string, std::string>>& texts) {
  if (value.type() == typeid(Object::Ptr)) {
    const auto& object = value.extract<Object::Ptr>();
    for (const std::string& name : object->getNames()) {
      collect(object->get(name), place + "." + name, name, texts);
    }
  } else if (value.type() == typeid(Array::Ptr)) {
    const auto& list = value.extract<Array::Ptr>();
    for (unsigned i = 0; i < list->size(); ++i) {
      collect(list->get(i), place + "[" + std::to_string(i) + "]", key, texts);
    }
  } else if (value.isString() && shown(key)) {
    texts.emplace_back(place, value.toString());
  }
}

}  // namespace

std::string kind_of(const Outcome& outcome) {
  return text_of(object_in(outcome, "view"), "kind");
}

std::optional<Failure> failure_of(const Outcome& outcome) {
  if (const auto error = object_in(outcome, "error")) {
    return failure_in(error);
  }
  const Object::Ptr view = object_in(outcome, "view");
  if (const auto error = object_in(object_in(view, "form"), "error")) {
    return failure_in(error);
  }
  for (const Object::Ptr& group : objects_in(object_in(view, "detail"), "groups")) {
    for (const Object::Ptr& fact : objects_in(group, "facts")) {
      if (text_of(fact, "name") == "failure") {
        return Failure{text_of(fact, "code"), text_of(fact, "value")};
      }
    }
  }
  return std::nullopt;
}

std::vector<std::string> ways_on(const Outcome& outcome) {
  std::vector<std::string> ids;
  for (const Object::Ptr& action : objects_in(object_in(outcome, "view"), "actions")) {
    if (text_of(action, "role") != "close" && !action->has("disabled")) {
      ids.push_back(text_of(action, "action_id"));
    }
  }
  return ids;
}

std::vector<std::pair<std::string, std::string>> shown_texts(const Outcome& outcome) {
  std::vector<std::pair<std::string, std::string>> texts;
  collect(Var(outcome), "", "", texts);
  return texts;
}

}  // namespace kvc::e2e
