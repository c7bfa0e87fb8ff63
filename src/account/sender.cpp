// SPDX-License-Identifier: Apache-2.0
#include "account/sender.h"

#include <algorithm>

#include "account/overview.h"

namespace kvc::account {
namespace {

bool can_send(const Overview& account, TimePoint now) {
  const crypto::Certificate* certificate = current_certificate(account);
  return account.state == State::ready && certificate != nullptr && certificate->valid_at(now);
}

bool chosen_by(const Overview& account, std::string_view user_id) {
  const auto& users = account.default_sender_for;
  return std::find(users.begin(), users.end(), user_id) != users.end();
}

bool stands_for_one_of(const Overview& account, const std::vector<std::string>& sites) {
  return std::any_of(account.practice_sites.begin(), account.practice_sites.end(), [&](const std::string& site) {
    return std::find(sites.begin(), sites.end(), site) != sites.end();
  });
}

}  // namespace

std::optional<SenderChoice> choose_sender(const std::vector<Overview>& accounts, std::string_view user_id,
                                          const std::vector<std::string>& practice_sites, TimePoint now) {
  std::vector<std::size_t> able;
  std::vector<std::size_t> at_site;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    if (!can_send(accounts[i], now)) {
      continue;
    }
    able.push_back(i);
    if (stands_for_one_of(accounts[i], practice_sites)) {
      at_site.push_back(i);
    }
  }
  if (able.empty()) {
    return std::nullopt;
  }
  if (able.size() == 1) {
    return SenderChoice{able.front(), SenderReason::only_one};
  }
  const auto chosen =
      std::find_if(able.begin(), able.end(), [&](std::size_t i) { return chosen_by(accounts[i], user_id); });
  if (chosen != able.end()) {
    return SenderChoice{*chosen, SenderReason::chosen_by_user};
  }
  if (at_site.size() == 1) {
    return SenderChoice{at_site.front(), SenderReason::practice_site};
  }
  // list() gives them by display name.
  return SenderChoice{able.front(), SenderReason::undecided};
}

}  // namespace kvc::account
