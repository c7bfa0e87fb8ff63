// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/retry.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "kvconnect/protocol_constants.h"

namespace kvc::kvconnect {
namespace {

constexpr std::size_t kMaxDate = 64;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// The words of a date, whichever of the three forms it has.
std::vector<std::string_view> tokens(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t at = text.find_first_not_of(" ,-"); at != std::string_view::npos;
       at = text.find_first_not_of(" ,-", at)) {
    const std::size_t end = std::min(text.find_first_of(" ,-", at), text.size());
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

/// Digits only, at most four; -1 for anything else.
int number(std::string_view text) {
  int value = -1;
  const bool digits = !text.empty() && text.size() <= 4 && text[0] >= '0' && text[0] <= '9';
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return digits && failure == std::errc() && end == text.data() + text.size() ? value : -1;
}

std::optional<TimePoint> moment(std::string_view day, std::string_view month, std::string_view year,
                                std::string_view time) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr int kTwoDigitCentury = 70;  // 70 ... 99 are of the last century
  const std::size_t at = month.size() == 3 ? kMonths.find(month) : std::string_view::npos;
  if (at == std::string_view::npos || at % 3 != 0 || time.size() != 8 || time[2] != ':' || time[5] != ':') {
    return std::nullopt;
  }
  int full_year = number(year);
  if (year.size() == 2 && full_year >= 0) {
    full_year += full_year < kTwoDigitCentury ? 2000 : 1900;
  }
  const int h = number(time.substr(0, 2));
  const int m = number(time.substr(3, 2));
  const int s = number(time.substr(6, 2));
  const int d = number(day);
  const std::chrono::year_month_day date{std::chrono::year(full_year),
                                         std::chrono::month(static_cast<unsigned>(at / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(std::max(d, 0)))};
  if (full_year < 1970 || d < 1 || !date.ok() || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60) {
    return std::nullopt;
  }
  return saturated(std::chrono::sys_days(date) + std::chrono::hours(h) + std::chrono::minutes(m) +
                   std::chrono::seconds(s));
}

}  // namespace

std::optional<TimePoint> parse_http_date(std::string_view value) {
  if (value.size() > kMaxDate) {
    return std::nullopt;
  }
  const std::vector<std::string_view> t = tokens(value);
  if (t.size() == 6 && t[5] == "GMT") {
    return moment(t[1], t[2], t[3], t[4]);  // Sun, 06 Nov 1994 08:49:37 GMT and Sunday, 06-Nov-94 08:49:37 GMT
  }
  if (t.size() == 5) {
    return moment(t[2], t[1], t[4], t[3]);  // Sun Nov  6 08:49:37 1994
  }
  return std::nullopt;
}

std::optional<Millis> parse_retry_after(std::string_view value, TimePoint now) {
  const std::string_view text = trimmed(value);
  if (text.empty()) {
    return std::nullopt;
  }
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits) {
    std::int64_t seconds = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failure != std::errc() || seconds > kRetryAfterCap / std::chrono::seconds(1)) {
      return kRetryAfterCap;
    }
    return std::chrono::seconds(seconds);
  }
  const auto date = parse_http_date(text);
  if (!date) {
    return std::nullopt;
  }
  const auto wait = std::chrono::duration_cast<Millis>(*date - now);
  return std::clamp(wait, Millis(0), Millis(kRetryAfterCap));
}

Millis backoff(int attempt, Millis base, Millis cap, double jitter) {
  Millis delay = base;
  for (int i = 1; i < attempt && delay < cap; ++i) {
    delay *= 2;
  }
  delay = std::min(delay, cap);
  return Millis(static_cast<Millis::rep>(static_cast<double>(delay.count()) * (0.5 + 0.5 * jitter)));
}

}  // namespace kvc::kvconnect
