// SPDX-License-Identifier: Apache-2.0
#include "account/opening.h"

#include <algorithm>

#include "account/access.h"
#include "account/assignment.h"
#include "account/login.h"
#include "account/login_state.h"
#include "account/overview.h"
#include "crypto/aead.h"
#include "crypto/certificate_cache.h"

namespace kvc::account {
namespace {

Status load_keys(const Context& context, const Access& access, Session& session) {
  KVC_ASSIGN(auto rows, generations_of(context, access.row.id));
  std::stable_partition(rows.begin(), rows.end(), [](const GenerationRow& row) { return row.current; });
  for (const GenerationRow& row : rows) {
    KVC_ASSIGN(auto key, key_of(context, access, row));
    if (!key) {
      continue;  // a crash before its key was stored: nothing was ever sent for it
    }
    if (row.certificate.empty()) {
      session.bare_keys.push_back(std::move(*key));
      continue;
    }
    KVC_ASSIGN(auto certificate, crypto::shared_certificate_of_pem(row.certificate));
    session.identities.push_back({std::move(*key), std::move(certificate)});
  }
  return {};
}

Status load_content_keys(const Context& context, const Access& access, Session& session) {
  KVC_ASSIGN(session.content_key, secret_of(context, access, kContentKey));
  KVC_ASSIGN(const auto older, context.vault.get(access.key, kOlderContentKeys));
  if (!older) {
    return {};
  }
  const auto bytes = older->bytes();
  if (bytes.size() % crypto::kAeadKeyBytes != 0) {
    return {error::storage_corrupt, "the older content keys of the account are cut off"};
  }
  for (std::size_t end = bytes.size(); end > 0; end -= crypto::kAeadKeyBytes) {
    session.older_content_keys.emplace_back(bytes.subspan(end - crypto::kAeadKeyBytes, crypto::kAeadKeyBytes));
  }
  return {};
}

// Opening stored mail must work without the server, so an unclear password that cannot be settled now is no error.
Result<Secret> password_for_session(const Context& context, const Access& access) {
  KVC_ASSIGN(const bool unsettled, login_is_unsettled(context, access));
  if (unsettled) {
    const Cancel never;
    const auto lease = Lease::acquire(context.database, context.env, access.row.id, kLoginPurpose, Millis{0}, never);
    if (lease.ok()) {
      static_cast<void>(settle_login(context, access, Login::in_passing, never).ok());
    }
  }
  return secret_of(context, access, kPassword);
}

Result<Session> load(const Context& context, const Access& access) {
  Session session;
  KVC_TRY(load_keys(context, access, session));
  KVC_ASSIGN(session.client, context.environments.client(access.row.environment_id));
  KVC_ASSIGN(session.trust, context.environments.trust(access.row.environment_id));
  KVC_TRY(load_content_keys(context, access, session));
  KVC_ASSIGN(session.credentials.password, password_for_session(context, access));
  session.credentials.username = access.row.username;
  session.max_message_bytes = context.environments.settings().max_message_bytes;
  session.key = access.key;
  KVC_ASSIGN(session.account, overview_of(context, access.row));
  return session;
}

}  // namespace

Result<Session> open_account(const Context& context, std::string_view user_id, std::string_view account_id) {
  rotate_if_due(context, user_id, account_id);
  KVC_ASSIGN(auto session,
             with_access(context, user_id, account_id, [&](const Access& access) { return load(context, access); }));
  if (session.identities.empty()) {
    return Status(error::invalid_state, "the account has no certificate yet");
  }
  return session;
}

Status record_account_fetch(const Context& context, std::string_view account_id, const Status& outcome) {
  if (outcome.category() == Category::cancelled) {
    return {};
  }
  if (!outcome.ok()) {
    return context.database->write([&](Poco::Data::Session& session) {
      repository::set_error(session, account_id, outcome.code().key);
      return Status();
    });
  }
  return context.database->write([&](Poco::Data::Session& session) {
    const auto row = repository::find(session, account_id);
    if (!row || !row->state) {
      return Status();
    }
    repository::set_fetched(session, account_id, context.env.now());
    repository::set_error(session, account_id,
                          lasting_error(*row->state, repository::generations(session, account_id)));
    return Status();
  });
}

}  // namespace kvc::account
