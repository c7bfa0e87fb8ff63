// SPDX-License-Identifier: Apache-2.0
#include "tool/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/time.h"

namespace kvc::tool {
namespace {

Status usage(std::string text) {
  return {error::bad_request, std::move(text)};
}

const OptionSpec* spec_of(std::span<const OptionSpec> specs, std::string_view name) {
  const auto found =
      std::find_if(specs.begin(), specs.end(), [&](const OptionSpec& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

/// Names the place, never the argument: it may be a password whose option was forgotten.
Status unexpected(const std::string& before) {
  if (before.empty()) {
    return usage(std::string(
        say("ein Argument ist zu viel, vor der ersten Option", "there is an argument too many, before any option")));
  }
  return usage(std::string(say("ein Argument ist zu viel, hinter dem Wert von ",
                               "there is an argument too many, after the value of ")) +
               before);
}

/// A number of exactly `digits` digits at the front of `text`; -1 if there is none.
int take_number(std::string_view& text, std::size_t digits) {
  int value = -1;
  const auto field = text.substr(0, digits);
  const auto result = std::from_chars(field.data(), field.data() + field.size(), value);
  if (field.size() != digits || result.ec != std::errc() || result.ptr != field.data() + digits ||
      field.front() == '-') {
    return -1;
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// "Z" or "+02:00" at the end.
std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (take(text, "Zz")) {
    return std::chrono::minutes(0);
  }
  const int sign = !text.empty() && text.front() == '-' ? -1 : 1;
  if (!take(text, "+-")) {
    return std::nullopt;
  }
  const int hours = take_number(text, 2);
  const bool colon = take(text, ":");
  const int minutes = take_number(text, 2);
  if (!colon || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  return std::chrono::minutes(sign * (hours * 60 + minutes));
}

}  // namespace

const std::vector<std::string>& Options::all(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = values.find(name);
  return found == values.end() ? none : found->second;
}

std::optional<std::string> Options::one(std::string_view name) const {
  const auto& list = all(name);
  return list.empty() ? std::nullopt : std::optional(list.front());
}

std::string Options::text(std::string_view name) const {
  const auto& list = all(name);
  return list.empty() ? std::string() : list.front();
}

Result<Options> parse_options(std::span<const std::string> args, std::span<const OptionSpec> specs,
                              std::size_t positional) {
  Options options;
  std::string before;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i].rfind("--", 0) != 0) {
      if (options.positional.size() == positional) {
        return unexpected(before);
      }
      options.positional.push_back(args[i]);
      continue;
    }
    const auto equals = args[i].find('=');
    const std::string name = args[i].substr(0, equals);
    const OptionSpec* spec = spec_of(specs, name);
    if (spec == nullptr) {
      return usage(std::string(say("unbekannte Option ", "unknown option ")) + name);
    }
    auto& list = options.values[name];
    if (!list.empty() && !spec->repeatable) {
      return usage(name + std::string(say(" darf nur einmal stehen", " may stand only once")));
    }
    const bool beside = equals == std::string::npos;
    // An option where a value belongs: the value was forgotten.
    if (beside && (i + 1 == args.size() || spec_of(specs, args[i + 1]) != nullptr)) {
      return usage(name + std::string(say(" braucht einen Wert", " needs a value")));
    }
    list.push_back(beside ? args[++i] : args[i].substr(equals + 1));
    if (list.back().empty()) {
      return usage(name + std::string(say(" hat einen leeren Wert (ist eine Variable nicht gesetzt?): Nennen Sie einen "
                                          "Wert, oder lassen Sie die Option weg",
                                          " has an empty value (is a variable not set?): give a value, or leave the "
                                          "option out")));
    }
    before = name;
  }
  for (const auto& spec : specs) {
    if (spec.required && options.all(spec.name).empty()) {
      return usage(std::string(spec.name) + std::string(say(" fehlt", " is missing")));
    }
  }
  return options;
}

Result<TimePoint> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const Status broken = usage(
      std::string(say("kein Zeitpunkt der Form 2019-04-26T09:24:43Z", "not a time of the form 2019-04-26T09:24:43Z")));
  const int year_number = take_number(text, 4);
  bool good = take(text, "-");
  const int month_number = take_number(text, 2);
  good = take(text, "-") && good;
  const int day_number = take_number(text, 2);
  good = take(text, "Tt ") && good;
  const int hour = take_number(text, 2);
  good = take(text, ":") && good;
  const int minute = take_number(text, 2);
  good = take(text, ":") && good;
  const int second = take_number(text, 2);
  if (take(text, ".")) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    good = good && digits > 0;
    text.remove_prefix(digits);
  }
  const auto zone = take_zone(text);
  if (!good || !zone || !text.empty() || year_number < 1970 || month_number < 1 || day_number < 1 || hour < 0 ||
      hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return broken;
  }
  const year_month_day date(year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)});
  if (!date.ok()) {
    return broken;
  }
  return saturated(sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - *zone);
}

std::string rfc3339(TimePoint time) {
  using namespace std::chrono;
  // In seconds: the day TimePoint::min() lies in begins before it, and the difference in nanoseconds would overflow.
  const auto second = floor<seconds>(time);
  const auto day_point = floor<days>(second);
  const year_month_day date(day_point);
  const hh_mm_ss clock(second - day_point);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

bool english() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing in this program sets variables
    if (value != nullptr && *value != '\0') {
      return std::string_view(value).rfind("en", 0) == 0;
    }
  }
  return false;
}

void complain(std::string_view text) {
  std::cerr << "kvconnect: " << text << '\n';
}

int report(const Status& status) {
  complain(status.detail() + " (" + status.code().key + ")");
  return status.category() == Category::internal || status.category() == Category::cancelled ? kAborted : kFailed;
}

}  // namespace kvc::tool
