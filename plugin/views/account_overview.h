// SPDX-License-Identifier: Apache-2.0
// "Übersicht": everything a user may know of an account, and what can be done with it. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "account/sender.h"
#include "views/account_views.h"

namespace kvc::plugin::views {

/// Whether one user sends with the account of the view, and why.
struct SenderFact {
  std::string user_name;
  bool this_account = false;
  std::optional<account::SenderReason> reason;  ///< none: the user has no account that can send
};

/// What the overview tells besides the account itself.
struct OverviewExtras {
  UserNames users{};                   ///< names of the host's users by id
  std::vector<SenderFact> senders{};   ///< who sends with it
  std::string note{};                  ///< what was just done, a sentence of the catalogue; empty: nothing
  bool checked = false;                ///< the server was just asked, and answered
  Status failure{};                    ///< what was just tried and did not work
  std::optional<Strength> strength{};  ///< of the keystore password that was just chosen
};

/// kind "account.overview".
[[nodiscard]] pvs::v1::View account_overview(const Texts& t, const account::Overview& account,
                                             const settings::Settings& settings, const OverviewExtras& extras,
                                             TimePoint now);

/// Why an action of the overview cannot be done now, as a sentence; empty if it can.
[[nodiscard]] std::string why_not(const Texts& t, std::string_view action_id, const account::Overview& account,
                                  const settings::Settings& settings);

/// One line a user: with which account, and why; for the overview and "Zuordnen".
[[nodiscard]] std::string sender_sentence(const Texts& t, const SenderFact& sender);
/// Stable: "only_one", "chosen_by_user", "practice_site", "undecided".
[[nodiscard]] std::string_view reason_code(account::SenderReason reason);

/// A name for a user id; the id itself for one the host does not know.
[[nodiscard]] std::string user_name(const UserNames& users, const std::string& id);

}  // namespace kvc::plugin::views
