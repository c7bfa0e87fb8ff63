// SPDX-License-Identifier: Apache-2.0
// What was typed into "Neues KV-Connect-Konto", checked as far as it can be without asking anybody.
#pragma once

#include "commands/command.h"
#include "views/account_views.h"

namespace kvc::plugin::commands {

/// What may stand in the form again.
views::AccountDraft draft_of(const Request& request);
/// All fields for a new account.
views::FieldErrors check_new_account(const Runtime& runtime, const Request& request);
/// The fields an import needs: a file's password is as its maker chose it, and may be asked for later.
views::FieldErrors check_import(const Runtime& runtime, const Request& request);
/// A keystore password that is chosen now, and its repetition; nothing to say about an empty one.
void check_keystore_password(const Request& request, views::FieldErrors& errors);
account::NewAccount new_account_of(const Runtime& runtime, const Request& request);

}  // namespace kvc::plugin::commands
