// SPDX-License-Identifier: Apache-2.0
// The public door: nothing but the guard. What happens behind it is in the file each function calls.
#include "account/account_service.h"

#include "account/access.h"
#include "account/assignment.h"
#include "account/creating.h"
#include "account/description.h"
#include "account/keystore_service.h"
#include "account/login_service.h"
#include "account/opening.h"
#include "account/overview.h"
#include "account/removal.h"
#include "account/renewal.h"
#include "base/guard.h"

namespace kvc::account {

struct AccountService::Impl {
  Context context;
};

AccountService::AccountService(std::shared_ptr<store::Database> database, vault::Vault& vault,
                               Environments& environments, Env& env, Log& log)
    : impl_(std::make_shared<Impl>(Impl{{std::move(database), vault, environments, env, log}})) {}

Result<std::string> AccountService::create(std::string_view user_id, const NewAccount& data) {
  return guarded([&] { return create_account(impl_->context, user_id, data, nullptr); });
}

Result<Overview> AccountService::check(std::string_view user_id, std::string_view account_id, const Cancel& cancel) {
  return guarded([&] { return check_account(impl_->context, user_id, account_id, cancel); });
}

Status AccountService::replace_password(std::string_view user_id, std::string_view account_id, const Secret& password) {
  return guarded([&] { return replace_account_password(impl_->context, user_id, account_id, password); });
}

Status AccountService::change_password(std::string_view user_id, std::string_view account_id,
                                       const Secret& new_password, const Cancel& cancel) {
  return guarded([&] { return change_account_password(impl_->context, user_id, account_id, new_password, cancel); });
}

Result<Overview> AccountService::enroll(std::string_view user_id, std::string_view account_id,
                                        const ProgressFn& progress, const Cancel& cancel) {
  return guarded([&] { return enroll_account(impl_->context, user_id, account_id, progress, cancel); });
}

Result<std::vector<Overview>> AccountService::list(std::string_view user_id) {
  return guarded([&] { return overviews_for(impl_->context, user_id); });
}

Result<std::vector<AccountName>> AccountService::names(std::string_view user_id) {
  return guarded([&] { return names_for(impl_->context, user_id); });
}

Result<OverviewPage> AccountService::page(std::string_view user_id, std::string_view search, std::string_view cursor,
                                          std::size_t limit) {
  return guarded([&] { return overview_page(impl_->context, user_id, search, cursor, limit); });
}

Result<Overview> AccountService::overview(std::string_view user_id, std::string_view account_id) {
  return guarded([&]() -> Result<Overview> {
    KVC_ASSIGN(const auto row, visible_account(impl_->context, user_id, account_id));
    return overview_of(impl_->context, row);
  });
}

Status AccountService::update_draft(std::string_view user_id, std::string_view account_id, const NewAccount& data) {
  return guarded([&] { return update_draft_account(impl_->context, user_id, account_id, data); });
}

Status AccountService::describe(std::string_view user_id, std::string_view account_id, std::string_view display_name,
                                std::string_view description) {
  return guarded([&] { return describe_account(impl_->context, user_id, account_id, display_name, description); });
}

Status AccountService::set_keystore_password(std::string_view user_id, std::string_view account_id,
                                             const Secret& password) {
  return guarded([&] { return set_account_keystore_password(impl_->context, user_id, account_id, password); });
}

Status AccountService::set_practice_sites(std::string_view user_id, std::string_view account_id,
                                          const std::vector<std::string>& practice_sites) {
  return guarded([&] { return set_account_sites(impl_->context, user_id, account_id, practice_sites); });
}

Status AccountService::set_default_sender(std::string_view user_id, std::string_view account_id, bool is_default) {
  return guarded([&] { return set_account_default_sender(impl_->context, user_id, account_id, is_default); });
}

Result<Contents> AccountService::contents(std::string_view user_id, std::string_view account_id) {
  return guarded([&] { return contents_of_account(impl_->context, user_id, account_id); });
}

Status AccountService::remove(std::string_view user_id, std::string_view account_id) {
  return guarded([&] { return remove_account(impl_->context, user_id, account_id); });
}

Status AccountService::delete_certificate(std::string_view user_id, std::string_view account_id, const Cancel& cancel) {
  return guarded([&] { return delete_account_certificate(impl_->context, user_id, account_id, cancel); });
}

Result<std::vector<RenewalHint>> AccountService::claim_renewal_hints(std::string_view user_id) {
  return guarded([&] { return claim_account_hints(impl_->context, user_id); });
}

Result<std::string> AccountService::export_keystore(std::string_view user_id, std::string_view account_id) {
  return guarded([&] { return export_account_keystore(impl_->context, user_id, account_id); });
}

Result<std::string> AccountService::create_from_keystore(std::string_view user_id, const NewAccount& data,
                                                         const Keystore& keystore) {
  return guarded([&] { return create_account(impl_->context, user_id, data, &keystore); });
}

Result<int> AccountService::import_keystore(std::string_view user_id, std::string_view account_id,
                                            const Keystore& keystore) {
  return guarded([&] { return import_account_keystore(impl_->context, user_id, account_id, keystore); });
}

Result<Keystore> AccountService::read_keystore(std::string_view user_id, std::string_view account_id,
                                               std::string_view der, const Secret& password) {
  return guarded([&] { return read_account_keystore(impl_->context, user_id, account_id, der, password); });
}

Result<Keystore> AccountService::read_keystore(const NewAccount& data, std::string_view der) {
  return guarded([&] { return read_new_keystore(impl_->context, data, der); });
}

Status AccountService::assign(std::string_view user_id, std::string_view account_id, std::string_view other_user_id) {
  return guarded([&] { return assign_account(impl_->context, user_id, account_id, other_user_id); });
}

Status AccountService::unassign(std::string_view user_id, std::string_view account_id, std::string_view other_user_id) {
  return guarded([&] { return unassign_account(impl_->context, user_id, account_id, other_user_id); });
}

Result<Session> AccountService::open(std::string_view user_id, std::string_view account_id) {
  return guarded([&] { return open_account(impl_->context, user_id, account_id); });
}

Status AccountService::record_fetch(std::string_view account_id, const Status& outcome) {
  return guarded([&] { return record_account_fetch(impl_->context, account_id, outcome); });
}

}  // namespace kvc::account
