// SPDX-License-Identifier: Apache-2.0
#include "account/removal.h"

#include "account/access.h"
#include "account/belongings.h"

namespace kvc::account {

Result<Contents> contents_of_account(const Context& context, std::string_view user_id, std::string_view account_id) {
  KVC_TRY(visible_account(context, user_id, account_id).status());
  Contents contents;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    contents = belongings::contents(session, account_id);
    return Status();
  }));
  return contents;
}

Status remove_account(const Context& context, std::string_view user_id, std::string_view account_id) {
  KVC_TRY(unlock_account(context, user_id, account_id).status());
  return context.database->write([&](Poco::Data::Session& session) {
    if (belongings::somebody_works(session, account_id, context.env.now(), {})) {
      return Status(error::storage_busy, "somebody works with the account");
    }
    repository::erase(session, account_id);
    vault::Vault::forget(session, account_id);
    return Status();
  });
}

}  // namespace kvc::account
