// SPDX-License-Identifier: Apache-2.0
// Views as JSON, the form in which scripts see and match them. Field names are those of view.proto, with two
// differences that make matching easy: the cells of a table row are an object by column name, and enum values are short
// words ("good", "primary").
#pragma once

#include "json.h"
#include "pvs/v1/plugin.pb.h"
#include "pvs/v1/view.pb.h"

namespace pvs::host {

/// Never contains the value of a secret field.
[[nodiscard]] JsonObject::Ptr view_to_json(const v1::View& view);
[[nodiscard]] JsonObject::Ptr error_to_json(const v1::Error& error);
/// What came of an action: a view as it is, else {"accepted": {...}}, {"done": {...}}, {"suggestions": {...}} or
/// {"error": {...}}.
[[nodiscard]] JsonObject::Ptr outcome_to_json(const v1::ActionReply& reply);

}  // namespace pvs::host
