// SPDX-License-Identifier: Apache-2.0
// What a fetch brought. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "mailbox/items.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// What a fetch of one account brought.
struct FetchOutcome {
  std::string account_name;
  mailbox::FetchSummary summary{};
  Status status{};
  /// How many of the new messages are of which service, by its name in words.
  std::vector<std::pair<std::string, std::size_t>> services{};
  std::size_t overdue = 0;  ///< replies of the account that are missing
};
/// kind "fetch.summary".
[[nodiscard]] pvs::v1::View fetch_summary(const Texts& t, const std::vector<FetchOutcome>& outcomes);

}  // namespace kvc::plugin::views
