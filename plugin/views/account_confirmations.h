// SPDX-License-Identifier: Apache-2.0
// What is asked before something about an account cannot be undone: what will happen, and what will not. Pure
// functions.
#pragma once

#include <string>

#include "views/account_views.h"

namespace kvc::plugin::views {

/// kind "account.renew"; action `renew`. The server takes the old certificate away as soon as a new one is asked for.
[[nodiscard]] pvs::v1::View renew(const Texts& t, const account::Overview& account);
/// kind "account.delete_certificate"; action `delete_certificate`.
[[nodiscard]] pvs::v1::View delete_certificate(const Texts& t, const account::Overview& account);
/// kind "account.remove"; actions `export`, offered first, and `remove`. `contents`: what goes with it.
[[nodiscard]] pvs::v1::View remove_account(const Texts& t, const account::Overview& account,
                                           const account::Contents& contents);
/// kind "account.removed": it is done.
[[nodiscard]] pvs::v1::View account_removed(const Texts& t, const std::string& account_name);

}  // namespace kvc::plugin::views
