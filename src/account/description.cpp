// SPDX-License-Identifier: Apache-2.0
#include "account/description.h"

#include <algorithm>

#include "account/access.h"
#include "account/belongings.h"
#include "account/creating.h"

namespace kvc::account {
namespace {

constexpr std::size_t kBsnrDigits = 9;

bool is_bsnr(const std::string& text) {
  return text.size() == kBsnrDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Status describe_account(const Context& context, std::string_view user_id, std::string_view account_id,
                        std::string_view display_name, std::string_view description) {
  KVC_TRY(check_description(display_name, description));
  KVC_ASSIGN(const auto access, unlock_account(context, user_id, account_id));
  return context.database->write([&](Poco::Data::Session& session) {
    repository::set_description(session, account_id, display_name.empty() ? access.row.username : display_name,
                                description);
    return Status();
  });
}

Status set_account_sites(const Context& context, std::string_view user_id, std::string_view account_id,
                         const std::vector<std::string>& practice_sites) {
  if (!std::all_of(practice_sites.begin(), practice_sites.end(), is_bsnr)) {
    return invalid_field("practice_sites", "a BSNR has nine digits");
  }
  KVC_TRY(unlock_account(context, user_id, account_id).status());
  return context.database->write([&](Poco::Data::Session& session) {
    belongings::replace_sites(session, account_id, practice_sites);
    return Status();
  });
}

Status set_account_default_sender(const Context& context, std::string_view user_id, std::string_view account_id,
                                  bool is_default) {
  KVC_TRY(unlock_account(context, user_id, account_id).status());
  return context.database->write([&](Poco::Data::Session& session) {
    if (is_default) {
      belongings::set_default_sender(session, user_id, account_id);
    } else {
      belongings::clear_default_sender(session, user_id, account_id);
    }
    return Status();
  });
}

}  // namespace kvc::account
