// SPDX-License-Identifier: Apache-2.0
// From what a browser sent to what a plugin gets.
#pragma once

#include <cstdint>
#include <pvs/host.hpp>
#include <vector>

#include "serve/request.h"

namespace pvs::host::serve {

using Values = google::protobuf::RepeatedPtrField<v1::NamedValue>;

/// The values of `form` as typed. A field that was not sent keeps what stands in it; read-only fields and choices
/// cannot be forged. Files become streams, whose ids are added to `opened`.
void take_values(Request& request, const v1::Form& form, StreamTable& streams, Values& values,
                 std::vector<std::uint64_t>& opened);
/// Puts what was typed into the form, so that it stands there if the form is shown again; never secrets and files.
void remember_typed(const Values& values, v1::Form& form);
void wipe_secrets(Values& values);

}  // namespace pvs::host::serve
