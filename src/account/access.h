// SPDX-License-Identifier: Apache-2.0
// Who may do what with an account: the checks every coordinator of this folder begins with.
#pragma once

#include <type_traits>

#include "account/context.h"
#include "account/lease.h"

namespace kvc::account {

Status not_found();
Status invalid_field(const char* field, const char* sentence);

/// Error: not_found, also for an account that is being created.
Result<AccountRow> find_account(const Context& context, std::string_view account_id);
Result<bool> is_assigned(const Context& context, std::string_view user_id, std::string_view account_id);
/// For looking: the user must be assigned, the session may be locked. Error: not_found.
Result<AccountRow> visible_account(const Context& context, std::string_view user_id, std::string_view account_id);
/// For everything else. Errors: not_found for users who are not assigned, session_locked.
Result<Access> unlock_account(const Context& context, std::string_view user_id, std::string_view account_id);

/// An account that no other process changes in this respect while the object lives.
struct Held {
  Access access;
  Lease lease;
};
/// Waits for the lease, then unlocks: a key from before could have been replaced meanwhile.
Result<Held> hold_account(const Context& context, std::string_view user_id, std::string_view account_id,
                          std::string_view purpose, const Cancel& cancel);

/// A secret that must be there. Error: storage_corrupt.
Result<Secret> secret_of(const Context& context, const Access& access, std::string_view name);
/// Newest first.
Result<std::vector<GenerationRow>> generations_of(const Context& context, std::string_view account_id);
/// The private key of a generation; none if a crash came before it was stored.
Result<std::optional<crypto::PrivateKey>> key_of(const Context& context, const Access& access,
                                                 const GenerationRow& generation);
/// What a call of the server ended with. Its 404, where protocol A has none, means that no KV-Connect server answers at
/// this address (error bad_answer); it must not be taken for our own not_found, an account the user does not have.
Status as_answered(const Status& outcome);
/// Keeps the reason where the user's list of accounts shows it, and gives it back.
Status noted(const Context& context, std::string_view account_id, Status outcome);

inline const Status& status_of(const Status& status) {
  return status;
}
template <class T>
Status status_of(const Result<T>& result) {
  return result.status();
}

/// Runs `work` with the unlocked account, and once more if it failed because another session made a new account key in
/// the middle. `work` must bear being done twice.
template <class Work>
auto with_access(const Context& context, std::string_view user_id, std::string_view account_id, const Work& work)
    -> std::invoke_result_t<const Work&, const Access&> {
  KVC_ASSIGN(const Access first, unlock_account(context, user_id, account_id));
  auto outcome = work(first);
  if (!status_of(outcome).is(error::invalid_state)) {
    return outcome;
  }
  KVC_ASSIGN(const Access second, unlock_account(context, user_id, account_id));
  return work(second);
}

}  // namespace kvc::account
