// SPDX-License-Identifier: Apache-2.0
// "Archiv importieren". Pure functions.
#pragma once

#include <string>

#include "archive/archive_service.h"
#include "views/account_views.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// kind "archive.import"; action `import` with files or a folder.
[[nodiscard]] pvs::v1::View archive_import(const Texts& t, const std::string& folder, const FieldErrors& errors);
/// kind "archive.summary": counts above, and a row for each file that is not simply there now, with the reason.
[[nodiscard]] pvs::v1::View archive_summary(const Texts& t, const archive::ImportSummary& summary);

}  // namespace kvc::plugin::views
