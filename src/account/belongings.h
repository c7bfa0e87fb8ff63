// SPDX-License-Identifier: Apache-2.0
// What hangs on an account besides its keys: sites, default senders, hints, work in progress, messages
// (store/migrations/0003 and 0004). No rules here; every function runs inside the caller's transaction.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "account/account_service.h"
#include "store/selection.h"

namespace Poco::Data {
class Session;
}

namespace kvc::account::belongings {

/// What each of several accounts has, by account id; an account that has nothing is not in it.
template <class Item>
using ByAccount = std::map<std::string, std::vector<Item>, std::less<>>;

ByAccount<std::string> sites(Poco::Data::Session& session, const store::Selection& accounts);
void replace_sites(Poco::Data::Session& session, std::string_view account_id, const std::vector<std::string>& bsnr);

/// Users, in the order of their ids.
ByAccount<std::string> default_sender_for(Poco::Data::Session& session, const store::Selection& accounts);
void set_default_sender(Poco::Data::Session& session, std::string_view user_id, std::string_view account_id);
void clear_default_sender(Poco::Data::Session& session, std::string_view user_id, std::string_view account_id);

/// Accounts of which the user was told less than `interval` ago. A time in the future, left by a clock that was wrong,
/// counts as never.
std::set<std::string, std::less<>> told(Poco::Data::Session& session, std::string_view user_id, TimePoint now,
                                        Millis interval);
/// Each id is an argument of one statement: for a bounded number of them.
void remember_told(Poco::Data::Session& session, const std::vector<std::string>& account_ids, std::string_view user_id,
                   TimePoint now);

/// Removes what a user set up with the account: default sender, hints.
void forget_user(Poco::Data::Session& session, std::string_view account_id, std::string_view user_id);

/// Whether somebody holds a lease of the account, those of `own_purposes` left out, or sends a message of it.
bool somebody_works(Poco::Data::Session& session, std::string_view account_id, TimePoint now,
                    const std::vector<std::string_view>& own_purposes);

/// Who works on the accounts now, by purpose; leases that are over or whose holder is dead are none.
ByAccount<Work> work(Poco::Data::Session& session, const store::Selection& accounts, TimePoint now);

Contents contents(Poco::Data::Session& session, std::string_view account_id);

}  // namespace kvc::account::belongings
