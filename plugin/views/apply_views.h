// SPDX-License-Identifier: Apache-2.0
// "Konto beantragen": the KVs and their application forms. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "application/forms.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// kind "apply": all KVs, those of the practice (`own_codes`) first; row action `open`.
[[nodiscard]] pvs::v1::View apply(const Texts& t, const std::vector<application::Form>& forms,
                                  const std::vector<std::string>& own_codes);
/// kind "apply.forms": the documents of one KV, row action `open_form`; for a KV without one a notice that says what to
/// do. Row ids are positions in `forms`.
[[nodiscard]] pvs::v1::View apply_forms(const Texts& t, const std::string& kv_code,
                                        const std::vector<application::Form>& forms);
/// kind "apply.address": the host cannot open pages; the address to copy.
[[nodiscard]] pvs::v1::View apply_address(const Texts& t, const application::Form& form);
/// kind "apply.broken_list": the integrator's list cannot be used, and in which line.
[[nodiscard]] pvs::v1::View apply_broken(const Texts& t, const Status& failure, const std::string& file);

}  // namespace kvc::plugin::views
