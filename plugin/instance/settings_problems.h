// SPDX-License-Identifier: Apache-2.0
// Wrong settings, told all at once.
#pragma once

#include "base/log.h"
#include "pvs/v1/plugin.pb.h"
#include "settings/settings.h"
#include "texts/catalogue.h"

namespace kvc::plugin {

/// One error a problem, with its key path as the field; what is only a warning goes to the log.
void add_settings_errors(const Texts& texts, const settings::Loaded& loaded, pvs::v1::Errors& errors, Log& log);

}  // namespace kvc::plugin
