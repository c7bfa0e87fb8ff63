// SPDX-License-Identifier: Apache-2.0
// "Zuordnen": who of the practice may use an account, and who sends with it. Pure functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "views/account_overview.h"

namespace kvc::plugin::views {

/// What stands in the form.
struct Assignment {
  std::string account_name;
  UserNames users{};                  ///< of the host, and those assigned that the host no longer knows
  std::vector<std::string> chosen{};  ///< ids of the assigned ones
  UserNames sites{};                  ///< label by BSNR
  std::vector<std::string> chosen_sites{};
  bool default_sender = false;        ///< the acting user sends with it unless they choose another one
  std::vector<SenderFact> senders{};  ///< how it is now
};
/// kind "account.assign"; action `save`.
[[nodiscard]] pvs::v1::View assign(const Texts& t, const Assignment& assignment, const FieldErrors& errors,
                                   const Status& failure = {});

/// kind "account.unassign_self"; action `confirm`: the acting user takes the account away from themselves.
[[nodiscard]] pvs::v1::View unassign_self(const Texts& t, const std::string& account_name,
                                          const std::vector<std::string>& remaining_names);
/// kind "account.unassigned": it is done.
[[nodiscard]] pvs::v1::View unassigned(const Texts& t, const std::string& account_name);

}  // namespace kvc::plugin::views
