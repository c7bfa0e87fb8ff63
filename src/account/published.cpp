// SPDX-License-Identifier: Apache-2.0
#include "account/published.h"

#include <algorithm>

#include "account/access.h"
#include "account/certificate_check.h"

namespace kvc::account {
namespace {

struct Owner {
  GenerationRow generation;
  crypto::PrivateKey key;
};

Result<crypto::Certificate> published_certificate(const Context& context, const Access& access, const Cancel& cancel) {
  KVC_ASSIGN(kvconnect::Client * client, context.environments.client(access.row.environment_id));
  KVC_ASSIGN(auto password, secret_of(context, access, kPassword));
  return client->certificate_by_uid({access.row.username, std::move(password)}, access.row.uid, cancel);
}

Status store(const Context& context, const AccountRow& row, ServerCertificate published) {
  return context.database->write([&](Poco::Data::Session& session) {
    repository::set_server_certificate(session, row.id, published);
    return Status();
  });
}

Result<std::optional<Owner>> owner_of(const Context& context, const Access& access,
                                      const std::vector<GenerationRow>& rows, const crypto::Certificate& certificate) {
  for (const GenerationRow& row : rows) {
    KVC_ASSIGN(auto key, key_of(context, access, row));
    if (key && certificate.carries_key_of(*key)) {
      return std::optional(Owner{row, std::move(*key)});
    }
  }
  return std::optional<Owner>();
}

// The certificate of a generation is never replaced by another one: old mail names the one it was encrypted for.
bool may_become_current(const AccountRow& account, const std::vector<GenerationRow>& rows, const GenerationRow& row,
                        const std::string& pem) {
  const bool requested = std::any_of(rows.begin(), rows.end(), under_way);
  return !requested && (account.state == State::ready || account.state == State::enrolling) &&
         (row.certificate.empty() || row.certificate == pem);
}

Status adopt(const Context& context, const Access& access, const std::vector<GenerationRow>& rows, const Owner& owner,
             const crypto::Certificate& certificate) {
  const std::string pem = certificate.pem();
  if (!may_become_current(access.row, rows, owner.generation, pem)) {
    return {};
  }
  KVC_ASSIGN(const crypto::TrustList* trust, context.environments.trust(access.row.environment_id));
  KVC_TRY(check_own_certificate(certificate, owner.key, access.row.address, *trust, context.env.now()));
  return context.database->write([&](Poco::Data::Session& session) {
    const auto now = repository::generations(session, access.row.id);
    if (std::any_of(now.begin(), now.end(), under_way)) {
      return Status();
    }
    repository::make_current(session, owner.generation, pem);
    repository::set_state(session, access.row.id, State::ready);
    repository::set_server_certificate(session, access.row.id, ServerCertificate::same);
    return Status();
  });
}

Status compare(const Context& context, const Access& access, const Cancel& cancel) {
  const auto published = published_certificate(context, access, cancel);
  if (published.status().is(error::no_certificate)) {
    return store(context, access.row, ServerCertificate::none);
  }
  KVC_TRY(published.status());
  KVC_ASSIGN(const auto rows, generations_of(context, access.row.id));
  const std::string pem = published->pem();
  if (std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.current && row.certificate == pem; })) {
    return store(context, access.row, ServerCertificate::same);
  }
  KVC_ASSIGN(const auto owner, owner_of(context, access, rows, *published));
  return owner ? adopt(context, access, rows, *owner, *published)
               : store(context, access.row, ServerCertificate::other);
}

}  // namespace

void compare_published(const Context& context, const Access& access, const Cancel& cancel) {
  if (access.row.uid.empty() || access.row.state == State::password_change_needed) {
    return;  // such an account may ask nothing yet (protocol A)
  }
  if (const Status compared = compare(context, access, cancel); !compared.ok()) {
    context.log.write(
        LogLevel::info, "account",
        "what the server publishes for account " + access.row.id + " could not be compared: " + compared.to_string());
  }
}

}  // namespace kvc::account
