// SPDX-License-Identifier: Apache-2.0
// A view against the rules of view.proto.
#pragma once

#include <string_view>

#include "pvs/v1/view.pb.h"

namespace pvs::conformance {

/// Notes what is wrong with a view; `from` names where it came from.
void look_at(const v1::View& view, std::string_view from);

}  // namespace pvs::conformance
