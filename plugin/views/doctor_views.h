// SPDX-License-Identifier: Apache-2.0
// The check of the set-up, stage by stage. Pure function: facts in, view out.
#pragma once

#include "doctor/doctor.h"
#include "settings/settings.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// kind "doctor"; one group a stage, action `run_again`.
[[nodiscard]] pvs::v1::View doctor(const Texts& t, const doctor::Report& report, const settings::Settings& settings);

}  // namespace kvc::plugin::views
