// SPDX-License-Identifier: Apache-2.0
// The check of the set-up, stage by stage. Pure function: facts in, view out.
#pragma once

#include <string>
#include <vector>

#include "directory/directory_service.h"
#include "doctor/doctor.h"
#include "settings/settings.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// The address book of one network; its age is told, never a failure of the set-up.
struct BookFacts {
  std::string environment_name;
  directory::BookStatus status;
};

/// kind "doctor"; one group a stage, then one a book, action `run_again`.
[[nodiscard]] pvs::v1::View doctor(const Texts& t, const doctor::Report& report, const settings::Settings& settings,
                                   const std::vector<BookFacts>& books);

}  // namespace kvc::plugin::views
