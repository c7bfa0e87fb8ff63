// SPDX-License-Identifier: Apache-2.0
// The single examinations; doctor.cpp puts them in order and skips those whose ground is missing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/log.h"
#include "doctor/doctor.h"
#include "settings/settings.h"

namespace kvc::doctor {

/// From here on the difference of two clocks is worth a warning [D].
inline constexpr std::chrono::minutes kClockTolerance{5};
/// Certificates that end within these are mentioned [D].
inline constexpr std::chrono::hours kServerCertificateNotice{30 * 24};
inline constexpr std::chrono::hours kCaNotice{150 * 24};
/// Room on the disk below which there is a warning, or nothing works any more [D].
inline constexpr std::uint64_t kLowSpace = 1024ULL * 1024 * 1024;
inline constexpr std::uint64_t kNoSpace = 50ULL * 1024 * 1024;

/// What a stage found; the wording comes later.
struct Finding {
  Health health = Health::good;
  std::string outcome;
  std::string detail;
  std::vector<std::string> findings;
  std::vector<std::pair<std::string, std::string>> facts;
};

Finding examine_manifest(const std::string& file);
Finding examine_settings(const settings::Loaded& loaded, bool english);
Finding examine_certificates(const settings::Environment& environment, TimePoint now);
Finding examine_storage(const settings::Settings& settings, const std::string& directory, bool english, Env& env,
                        Log& log);
/// `skew` gets server clock minus ours, if the server tells its time.
Finding examine_server(const settings::Environment& environment, Env& env, const Cancel& cancel,
                       std::optional<std::chrono::seconds>& skew);
Finding examine_clock(std::optional<std::chrono::seconds> skew);
Finding examine_login(const settings::Environment& environment, const transport::Credentials& credentials, Env& env,
                      Log& log, const Cancel& cancel);

}  // namespace kvc::doctor
