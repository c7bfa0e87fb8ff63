// SPDX-License-Identifier: Apache-2.0
// Which password is the right one: login and password change (protocol B 2).
//
// A change of the password whose answer was lost may have been made, may never be made, or may be made a while later.
// So up to three passwords besides the stored one are kept in the vault, each in one place:
//
//     pending   a change was sent and nobody knows its fate yet
//     late      the stored one still worked afterwards; the server may make the change after all
//     unlikely  the server refused it together with the stored one, or a newer change came after it
//
// The stored one is always tried first, so that a change that never arrived costs no failed login. The others are tried
// only when the server refuses the stored one as wrong, newest first; each at most once a call. They are forgotten when
// a later change succeeds or the user types the right password (replace_password).
#pragma once

#include "account/context.h"

namespace kvc::account {

/// Whether somebody waits for the answer. Work in passing (opening, fetching) may happen every few minutes: it never
/// tries the unlikely one, so that it does not lead to a locked account.
enum class Login { asked_for, in_passing };

/// Logs in with the stored password, or with the newest of the others that works: that one is then stored. While no
/// answer is clear all stay. The caller holds the login lease. Errors: those of Client::login, wrong_credentials if
/// none works.
Result<kvconnect::AccountInfo> settle_login(const Context& context, const Access& access, Login kind,
                                            const Cancel& cancel);

/// Whether settle_login() in passing may change the stored password: a change is unclear, or the server refused the
/// stored password and an earlier change may have arrived late.
Result<bool> login_is_unsettled(const Context& context, const Access& access);

/// Changes the password on the server: pending in the vault before it is sent, stored once a login with it worked. The
/// caller holds the login lease. Errors leave an account that settle_login() can log in to again.
Result<kvconnect::AccountInfo> change_password(const Context& context, const Access& access, const Secret& new_password,
                                               const Cancel& cancel);

/// A change that makes `password` the stored one and forgets the others.
vault::Change stored_password_change(const Secret& password);

}  // namespace kvc::account
