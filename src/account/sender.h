// SPDX-License-Identifier: Apache-2.0
// Which account sends for whom.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "account/account_service.h"

namespace kvc::account {

enum class SenderReason {
  only_one,        ///< the user has one account that can send
  chosen_by_user,  ///< the user's default sender
  practice_site,   ///< the one account of the user for the practice site
  undecided,       ///< several fit: the first by name is proposed, the user decides
};

struct SenderChoice {
  std::size_t index = 0;  ///< into the list given
  SenderReason reason = SenderReason::undecided;
};

/// Among accounts the user is assigned to, as AccountService::list() gives them: only those that are ready with a
/// certificate valid at `now` count. Order of the rules: only one, chosen by the user, alone for one of
/// `practice_sites` (BSNR; of the user's practice), undecided. nullopt if none can send.
std::optional<SenderChoice> choose_sender(const std::vector<Overview>& accounts, std::string_view user_id,
                                          const std::vector<std::string>& practice_sites, TimePoint now);

}  // namespace kvc::account
