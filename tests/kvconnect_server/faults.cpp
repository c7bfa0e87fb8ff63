// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/faults.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/RegularExpression.h>
#include <sys/stat.h>

#include <map>
#include <stdexcept>

#include "kvconnect_server/json.h"
#include "kvconnect_server/pki.h"

namespace kvserver {

struct FaultPlan::Rule {
  std::string method;
  std::string prefix;
  std::unique_ptr<Poco::RegularExpression> regex;
  std::string user;
  std::int64_t after = 0;
  std::int64_t times = 1;  // -1: always
  std::int64_t met = 0;
  Fault fault;

  bool matches(std::string_view m, std::string_view path, std::string_view u) const {
    if (!method.empty() && method != m) {
      return false;
    }
    if (!user.empty() && user != u) {
      return false;
    }
    if (!path.starts_with(prefix)) {
      return false;
    }
    return !regex || regex->match(std::string(path));
  }
};

namespace {

using Poco::JSON::Object;

Fault::Kind kind_from(const std::string& name) {
  static const std::map<std::string, Fault::Kind> kinds{
      {"delay", Fault::Kind::kNone},
      {"status", Fault::Kind::kStatus},
      {"reset_before", Fault::Kind::kResetBefore},
      {"reset_after", Fault::Kind::kResetAfter},
      {"truncate", Fault::Kind::kTruncate},
      {"drip", Fault::Kind::kDrip},
      {"wrong_certificate", Fault::Kind::kWrongCertificate},
      {"garbage_xml", Fault::Kind::kGarbageXml},
  };
  const auto found = kinds.find(name);
  if (found == kinds.end()) {
    throw std::runtime_error("fault plan: unknown action type \"" + name + "\"");
  }
  return found->second;
}

Fault fault_from(const Object& o) {
  only_keys(o, {"type", "status", "body", "content_type", "retry_after", "delay_ms", "bytes", "interval_ms"},
            "fault plan");
  Fault f;
  f.kind = kind_from(o.getValue<std::string>("type"));
  f.status = json_value(o, "status", 500);
  if (f.status < 200 || f.status > 599) {
    throw std::runtime_error("fault plan: \"status\" is from 200 to 599");
  }
  f.body = json_value<std::string>(o, "body", "");
  f.content_type = json_value<std::string>(o, "content_type", "text/plain;charset=UTF-8");
  f.retry_after = o.has("retry_after") ? o.get("retry_after").convert<std::string>() : "";
  f.delay_ms = json_value<std::int64_t>(o, "delay_ms", 0);
  if (o.has("bytes")) {
    f.bytes = o.getValue<std::int64_t>("bytes");
  }
  f.interval_ms = json_value<std::int64_t>(o, "interval_ms", 20);
  return f;
}

// Changes with every way of writing a file: in place, and by renaming another one over it.
std::string fingerprint(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    return "none";
  }
  return std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + "/" +
         std::to_string(info.st_size) + "/" + std::to_string(info.st_ino);
}

}  // namespace

FaultPlan::FaultPlan() = default;
FaultPlan::~FaultPlan() = default;

void FaultPlan::load(std::string_view json) {
  std::vector<std::unique_ptr<Rule>> rules;
  try {
    Poco::JSON::Parser parser;
    const auto list = parser.parse(std::string(json)).extract<Object::Ptr>()->getArray("rules");
    if (!list) {
      throw std::runtime_error("fault plan: an object with the array \"rules\" is expected");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Object::Ptr o = list->getObject(static_cast<unsigned int>(i));
      const Object::Ptr action = o ? o->getObject("action") : nullptr;
      if (!action) {
        throw std::runtime_error("fault plan: every rule needs an \"action\"");
      }
      only_keys(*o, {"match", "after", "times", "action"}, "fault plan");
      auto rule = std::make_unique<Rule>();
      rule->fault = fault_from(*action);
      rule->after = json_value<std::int64_t>(*o, "after", 0);
      rule->times = json_value<std::int64_t>(*o, "times", 1);
      if (const Object::Ptr match = o->getObject("match")) {
        only_keys(*match, {"method", "path", "path_regex", "user"}, "fault plan");
        rule->method = json_value<std::string>(*match, "method", "");
        rule->prefix = json_value<std::string>(*match, "path", "");
        rule->user = json_value<std::string>(*match, "user", "");
        const std::string regex = json_value<std::string>(*match, "path_regex", "");
        if (!regex.empty()) {
          rule->regex = std::make_unique<Poco::RegularExpression>(regex);
        }
      }
      rules.push_back(std::move(rule));
    }
  } catch (const Poco::Exception& e) {
    throw std::runtime_error("fault plan: " + e.displayText());
  }
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
}

void FaultPlan::follow(std::filesystem::path file) {
  {
    const std::lock_guard lock(mutex_);
    file_ = std::move(file);
  }
  const std::string fault = refresh(true);
  if (!fault.empty()) {
    throw std::runtime_error(fault);
  }
}

std::string FaultPlan::refresh(bool even_if_unchanged) {
  std::filesystem::path file;
  {
    const std::lock_guard lock(mutex_);
    if (file_.empty()) {
      return {};
    }
    const std::string now = fingerprint(file_);
    if (now == seen_ && !even_if_unchanged) {
      return {};
    }
    seen_ = now;
    file = file_;
  }
  try {
    load(read_file(file));
  } catch (const std::exception& e) {
    return e.what();
  }
  return {};
}

std::optional<Fault> FaultPlan::next(std::string_view method, std::string_view path, std::string_view user) {
  const std::lock_guard lock(mutex_);
  for (const auto& rule : rules_) {
    if (!rule->matches(method, path, user)) {
      continue;
    }
    const std::int64_t n = rule->met++;
    if (n < rule->after) {
      continue;
    }
    if (rule->times >= 0 && n >= rule->after + rule->times) {
      continue;
    }
    return rule->fault;
  }
  return std::nullopt;
}

}  // namespace kvserver
