// SPDX-License-Identifier: Apache-2.0
#include "account/account_service.h"

#include <algorithm>

#include "account/context.h"
#include "account/enrolment.h"
#include "account/lease.h"
#include "account/login.h"
#include "base/guard.h"
#include "crypto/aead.h"

namespace kvc::account {
namespace {

constexpr std::string_view kLoginPurpose = "login", kEnrolPurpose = "enrol";
constexpr Millis kLoginPatience{30000}, kEnrolPatience{2000};
constexpr std::size_t kLongestUsername = 100;

Status not_found() {
  return {error::not_found, "no such account for this user"};
}

Status invalid_field(const char* field, const char* sentence) {
  return Status(error::invalid_field, sentence).with("field", field);
}

// The username becomes the local part of a mail address, a part of a URL and of Basic credentials (RFC 7617: no colon).
bool usable_username(std::string_view username) {
  constexpr std::string_view kForbidden = "\"(),/:;<>@[\\]";
  return !username.empty() && username.size() <= kLongestUsername &&
         std::all_of(username.begin(), username.end(),
                     [&](char c) { return c > ' ' && c < '\x7f' && kForbidden.find(c) == std::string_view::npos; });
}

Status check_fields(const NewAccount& data) {
  if (!usable_username(data.username)) {
    return invalid_field("username", "the username is empty, too long, or has characters no mail address may have");
  }
  if (data.password.empty()) {
    return invalid_field("password", "the password is empty");
  }
  if (data.keystore_password.empty()) {
    return invalid_field("keystore_password", "the keystore password is empty");
  }
  return {};
}

}  // namespace

struct AccountService::Impl {
  Context context;

  Result<std::string> create(std::string_view user_id, const NewAccount& data);
  Status claim_username(const AccountRow& row);
  Status store_secrets(std::string_view user_id, std::string_view account_id, const NewAccount& data);
  Result<AccountRow> find(std::string_view account_id);
  Result<Access> access(std::string_view user_id, std::string_view account_id);
  Result<bool> assigned(std::string_view user_id, std::string_view account_id);
  Result<Overview> overview(const AccountRow& row);
  Result<Overview> check(std::string_view user_id, std::string_view account_id, const Cancel& cancel);
  Result<Access> login(std::string_view user_id, std::string_view account_id, const Cancel& cancel);
  Status replace_password(std::string_view user_id, std::string_view account_id, const Secret& password);
  Status change_password(std::string_view user_id, std::string_view account_id, const Secret& password,
                         const Cancel& cancel);
  Result<Overview> enroll(std::string_view user_id, std::string_view account_id, const ProgressFn& progress,
                          const Cancel& cancel);
  Result<std::vector<Overview>> list(std::string_view user_id);
  Result<Session> open(std::string_view user_id, std::string_view account_id);
  Result<Secret> password_for_session(const Access& access);
  Result<Secret> secret(const Access& access, std::string_view name);
  Status load_keys(const Access& access, Session& session);
  Status noted(std::string_view account_id, Status outcome);
};

AccountService::AccountService(std::shared_ptr<store::Database> database, vault::Vault& vault,
                               Environments& environments, Env& env, Log& log)
    : impl_(std::make_shared<Impl>(Impl{{std::move(database), vault, environments, env, log}})) {}

// ---- creating ----

Result<std::string> AccountService::Impl::create(std::string_view user_id, const NewAccount& data) {
  const settings::Environment* environment = context.environments.settings().environment(data.environment_id);
  if (environment == nullptr) {
    return invalid_field("environment_id", "no environment of this id is configured");
  }
  KVC_TRY(check_fields(data));
  AccountRow row;
  row.id = new_uuid(context.env);
  row.environment_id = data.environment_id;
  row.username = data.username;
  row.display_name = data.display_name.empty() ? data.username : data.display_name;
  row.description = data.description;
  row.address = data.username + '@' + environment->mail_domain;
  KVC_TRY(claim_username(row));
  const Status stored = store_secrets(user_id, row.id, data);
  if (stored.ok()) {
    return row.id;
  }
  // What stays if this fails too is a row nobody sees; the next attempt replaces it.
  const Status forgotten = context.vault.forget(row.id);
  const Status erased = context.database->write([&](Poco::Data::Session& session) {
    repository::erase_creating(session, row.id);
    return Status();
  });
  static_cast<void>(forgotten);
  static_cast<void>(erased);
  return stored;
}

// A row left by a crash is replaced. Its secrets are forgotten afterwards, never before: its maker may still be at
// work, and must find at the end that its row is gone, not an account without secrets.
Status AccountService::Impl::claim_username(const AccountRow& row) {
  std::string replaced;
  KVC_TRY(context.database->write([&](Poco::Data::Session& session) {
    const auto found = repository::find_username(session, row.environment_id, row.username);
    if (found && found->state) {
      return Status(error::already_exists, "there is an account of this username in this environment");
    }
    if (found) {
      replaced = found->id;
      repository::erase_creating(session, found->id);
    }
    repository::insert_creating(session, row, context.env.now());
    return Status();
  }));
  return replaced.empty() ? Status() : context.vault.forget(replaced);
}

Status AccountService::Impl::store_secrets(std::string_view user_id, std::string_view account_id,
                                           const NewAccount& data) {
  KVC_ASSIGN(const vault::AccountKey key, context.vault.create(account_id, user_id));
  KVC_TRY(context.vault.put(key, kPassword, data.password));
  KVC_TRY(context.vault.put(key, kKeystorePassword, data.keystore_password));
  Secret content_key = Secret::of_size(crypto::kAeadKeyBytes);
  context.env.random({content_key.data(), content_key.size()});
  KVC_TRY(context.vault.put(key, kContentKey, content_key));
  return context.database->write([&](Poco::Data::Session& session) {
    if (!repository::finish_creating(session, account_id)) {
      return Status(error::already_exists, "somebody else created an account of this username meanwhile");
    }
    return Status();
  });
}

// ---- who may see what ----

Result<AccountRow> AccountService::Impl::find(std::string_view account_id) {
  std::optional<AccountRow> row;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    row = repository::find(session, account_id);
    return Status();
  }));
  if (!row || !row->state) {
    return not_found();
  }
  return std::move(*row);
}

Result<Access> AccountService::Impl::access(std::string_view user_id, std::string_view account_id) {
  KVC_ASSIGN(auto row, find(account_id));
  auto key = context.vault.unlock(account_id, user_id);
  if (!key.ok()) {
    return key.status().is(error::not_permitted) ? not_found() : key.status();
  }
  return Access{std::move(row), std::move(key).value()};
}

Result<bool> AccountService::Impl::assigned(std::string_view user_id, std::string_view account_id) {
  KVC_ASSIGN(const auto users, context.vault.users(account_id));
  return std::find(users.begin(), users.end(), user_id) != users.end();
}

Result<Overview> AccountService::Impl::overview(const AccountRow& row) {
  Overview result;
  result.id = row.id;
  result.environment_id = row.environment_id;
  result.username = row.username;
  result.display_name = row.display_name;
  result.description = row.description;
  result.address = row.address;
  result.uid = row.uid;
  result.state = row.state.value_or(State::draft);
  result.password_last_change = row.password_last_change;
  result.last_fetch = row.last_fetch;
  result.last_error = row.last_error;
  result.csr_status = row.csr_status;
  KVC_ASSIGN(result.user_ids, context.vault.users(row.id));
  std::vector<GenerationRow> rows;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    rows = repository::generations(session, row.id);
    return Status();
  }));
  for (const GenerationRow& generation : rows) {
    Generation& added = result.generations.emplace_back(Generation{generation.number, generation.current, {}});
    if (!generation.certificate.empty()) {
      KVC_ASSIGN(added.certificate, crypto::Certificate::from_pem(generation.certificate));
    }
  }
  return result;
}

// Keeps the reason where the user's list of accounts shows it.
Status AccountService::Impl::noted(std::string_view account_id, Status outcome) {
  if (outcome.ok() || outcome.category() == Category::cancelled) {
    return outcome;
  }
  const Status stored = context.database->write([&](Poco::Data::Session& session) {
    repository::set_error(session, account_id, outcome.code().key);
    return Status();
  });
  static_cast<void>(stored);
  return outcome;
}

// ---- server ----

Result<Access> AccountService::Impl::login(std::string_view user_id, std::string_view account_id,
                                           const Cancel& cancel) {
  KVC_ASSIGN(auto opened, access(user_id, account_id));
  KVC_ASSIGN(const auto lease,
             Lease::acquire(context.database, context.env, account_id, kLoginPurpose, kLoginPatience, cancel));
  const auto info = settle_login(context, opened, cancel);
  if (!info.ok()) {
    return noted(account_id, info.status());
  }
  KVC_TRY(noted(account_id, apply_login(context, opened.row, *info)));
  return opened;
}

Result<Overview> AccountService::Impl::check(std::string_view user_id, std::string_view account_id,
                                             const Cancel& cancel) {
  KVC_ASSIGN(const auto opened, login(user_id, account_id, cancel));
  return overview(opened.row);
}

Status AccountService::Impl::replace_password(std::string_view user_id, std::string_view account_id,
                                              const Secret& password) {
  if (password.empty()) {
    return invalid_field("password", "the password is empty");
  }
  KVC_ASSIGN(const auto opened, access(user_id, account_id));
  if (opened.row.state != State::draft && opened.row.last_error != error::wrong_credentials.key) {
    return {error::invalid_state, "the stored password works; change it on the server instead"};
  }
  KVC_TRY(context.vault.put(opened.key, kPassword, password));
  KVC_TRY(context.vault.remove(opened.key, kPendingPassword));
  return context.database->write([&](Poco::Data::Session& session) {
    repository::set_error(session, account_id, "");
    return Status();
  });
}

Status AccountService::Impl::change_password(std::string_view user_id, std::string_view account_id,
                                             const Secret& password, const Cancel& cancel) {
  if (const auto broken = broken_password_rules(password); !broken.empty()) {
    std::string rules;
    for (const std::string& rule : broken) {
      rules += (rules.empty() ? "" : ",") + rule;
    }
    return Status(error::password_rules, "the new password breaks the server's rules").with("rules", rules);
  }
  KVC_ASSIGN(auto opened, access(user_id, account_id));
  KVC_ASSIGN(const auto lease,
             Lease::acquire(context.database, context.env, account_id, kLoginPurpose, kLoginPatience, cancel));
  const auto info = account::change_password(context, opened, password, cancel);
  if (!info.ok()) {
    // A new password the server does not like is no fault of the account.
    return info.status().is(error::password_rules) ? info.status() : noted(account_id, info.status());
  }
  return noted(account_id, apply_login(context, opened.row, *info));
}

Result<Overview> AccountService::Impl::enroll(std::string_view user_id, std::string_view account_id,
                                              const ProgressFn& progress, const Cancel& cancel) {
  KVC_TRY(access(user_id, account_id).status());
  KVC_ASSIGN(auto lease,
             Lease::acquire(context.database, context.env, account_id, kEnrolPurpose, kEnrolPatience, cancel));
  KVC_ASSIGN(const auto opened, login(user_id, account_id, cancel));
  if (opened.row.state == State::password_change_needed) {
    return Status(error::password_change_needed, "the server wants the initial password changed first");
  }
  KVC_ASSIGN(auto password, secret(opened, kPassword));
  Enrolment enrolment(context, opened, {opened.row.username, std::move(password)}, lease, progress, cancel);
  KVC_TRY(noted(account_id, enrolment.run()));
  KVC_ASSIGN(const auto row, find(account_id));
  return overview(row);
}

// ---- listing and opening ----

Result<std::vector<Overview>> AccountService::Impl::list(std::string_view user_id) {
  std::vector<AccountRow> rows;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    rows = repository::all(session);
    return Status();
  }));
  std::vector<Overview> result;
  for (const AccountRow& row : rows) {
    KVC_ASSIGN(const bool visible, assigned(user_id, row.id));
    if (visible) {
      KVC_ASSIGN(auto item, overview(row));
      result.push_back(std::move(item));
    }
  }
  return result;
}

Result<Session> AccountService::Impl::open(std::string_view user_id, std::string_view account_id) {
  KVC_ASSIGN(const auto opened, access(user_id, account_id));
  Session session;
  KVC_TRY(load_keys(opened, session));
  if (session.identities.empty()) {
    return Status(error::invalid_state, "the account has no certificate yet");
  }
  KVC_ASSIGN(session.client, context.environments.client(opened.row.environment_id));
  KVC_ASSIGN(session.trust, context.environments.trust(opened.row.environment_id));
  KVC_ASSIGN(session.credentials.password, password_for_session(opened));
  session.credentials.username = opened.row.username;
  session.max_message_bytes = context.environments.settings().max_message_bytes;
  session.key = opened.key;
  KVC_ASSIGN(session.content_key, secret(opened, kContentKey));
  KVC_ASSIGN(session.account, overview(opened.row));
  return session;
}

// Opening stored mail must work without the server, so an unclear password that cannot be settled now is no error.
Result<Secret> AccountService::Impl::password_for_session(const Access& opened) {
  KVC_ASSIGN(const auto pending, context.vault.get(opened.key, kPendingPassword));
  if (pending) {
    const Cancel never;
    const auto lease = Lease::acquire(context.database, context.env, opened.row.id, kLoginPurpose, Millis{0}, never);
    if (lease.ok()) {
      static_cast<void>(settle_login(context, opened, never).ok());
    }
  }
  return secret(opened, kPassword);
}

Result<Secret> AccountService::Impl::secret(const Access& opened, std::string_view name) {
  KVC_ASSIGN(auto value, context.vault.get(opened.key, name));
  if (!value) {
    return Status(error::storage_corrupt, "a secret of the account is missing in the vault")
        .with("name", std::string(name));
  }
  return std::move(*value);
}

Status AccountService::Impl::load_keys(const Access& opened, Session& session) {
  std::vector<GenerationRow> rows;
  KVC_TRY(context.database->read([&](Poco::Data::Session& db) {
    rows = repository::generations(db, opened.row.id);
    return Status();
  }));
  std::stable_partition(rows.begin(), rows.end(), [](const GenerationRow& row) { return row.current; });
  for (const GenerationRow& row : rows) {
    KVC_ASSIGN(const auto der, context.vault.get(opened.key, private_key_name(row.id)));
    if (!der) {
      continue;  // a crash before its key was stored: nothing was ever sent for it
    }
    KVC_ASSIGN(auto key, crypto::PrivateKey::from_der(*der));
    if (row.certificate.empty()) {
      session.bare_keys.push_back(std::move(key));
      continue;
    }
    KVC_ASSIGN(auto certificate, crypto::Certificate::from_pem(row.certificate));
    session.identities.push_back({std::move(key), std::move(certificate)});
  }
  return {};
}

// ---- the public door ----

Result<std::string> AccountService::create(std::string_view user_id, const NewAccount& data) {
  return guarded([&] { return impl_->create(user_id, data); });
}

Result<Overview> AccountService::check(std::string_view user_id, std::string_view account_id, const Cancel& cancel) {
  return guarded([&] { return impl_->check(user_id, account_id, cancel); });
}

Status AccountService::replace_password(std::string_view user_id, std::string_view account_id, const Secret& password) {
  return guarded([&] { return impl_->replace_password(user_id, account_id, password); });
}

Status AccountService::change_password(std::string_view user_id, std::string_view account_id,
                                       const Secret& new_password, const Cancel& cancel) {
  return guarded([&] { return impl_->change_password(user_id, account_id, new_password, cancel); });
}

Result<Overview> AccountService::enroll(std::string_view user_id, std::string_view account_id,
                                        const ProgressFn& progress, const Cancel& cancel) {
  return guarded([&] { return impl_->enroll(user_id, account_id, progress, cancel); });
}

Result<std::vector<Overview>> AccountService::list(std::string_view user_id) {
  return guarded([&] { return impl_->list(user_id); });
}

Result<Overview> AccountService::overview(std::string_view user_id, std::string_view account_id) {
  return guarded([&]() -> Result<Overview> {
    KVC_ASSIGN(const auto row, impl_->find(account_id));
    KVC_ASSIGN(const bool visible, impl_->assigned(user_id, account_id));
    return visible ? impl_->overview(row) : Result<Overview>(not_found());
  });
}

Status AccountService::assign(std::string_view user_id, std::string_view account_id, std::string_view other_user_id) {
  return guarded([&]() -> Status {
    KVC_ASSIGN(const auto opened, impl_->access(user_id, account_id));
    KVC_ASSIGN(const bool already, impl_->assigned(other_user_id, account_id));
    return already ? Status() : impl_->context.vault.share(opened.key, other_user_id);
  });
}

Status AccountService::unassign(std::string_view user_id, std::string_view account_id, std::string_view other_user_id) {
  return guarded([&]() -> Status {
    KVC_TRY(impl_->find(account_id).status());
    KVC_ASSIGN(const bool visible, impl_->assigned(user_id, account_id));
    return visible ? impl_->context.vault.revoke(account_id, other_user_id) : not_found();
  });
}

Result<Session> AccountService::open(std::string_view user_id, std::string_view account_id) {
  return guarded([&] { return impl_->open(user_id, account_id); });
}

Status AccountService::record_fetch(std::string_view account_id, const Status& outcome) {
  return guarded([&]() -> Status {
    return impl_->context.database->write([&](Poco::Data::Session& session) {
      if (outcome.ok()) {
        repository::set_fetched(session, account_id, impl_->context.env.now());
      } else if (outcome.category() != Category::cancelled) {
        repository::set_error(session, account_id, outcome.code().key);
      }
      return Status();
    });
  });
}

}  // namespace kvc::account
