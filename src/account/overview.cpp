// SPDX-License-Identifier: Apache-2.0
#include "account/overview.h"

#include <algorithm>

#include "account/access.h"
#include "account/belongings.h"

namespace kvc::account {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// UID=<uuid>@<two-digit code> (protocol B, user certificate profile).
std::string kv_code_of(const crypto::Certificate& certificate) {
  constexpr std::size_t kDigits = 2;
  const std::string uid = certificate.uid();
  const std::size_t at = uid.rfind('@');
  if (at == std::string::npos || uid.size() - at - 1 != kDigits) {
    return {};
  }
  const std::string code = uid.substr(at + 1);
  return std::all_of(code.begin(), code.end(), is_digit) ? code : std::string();
}

Result<Generation> generation_of(const GenerationRow& row) {
  Generation result;
  result.number = row.number;
  result.current = row.current;
  result.end_reason = row.end_reason;
  result.imported = row.imported;
  if (!row.certificate.empty()) {
    KVC_ASSIGN(result.certificate, crypto::Certificate::from_pem(row.certificate));
  }
  return result;
}

// States 110/120 appear on a first request too (protocol A): only where a certificate was current is one lost. That the
// server publishes the old one all the same is known from asking it later.
bool old_certificate_removed(const AccountRow& account, const std::vector<GenerationRow>& rows) {
  const auto current = std::find_if(rows.begin(), rows.end(), [](const GenerationRow& row) { return row.current; });
  return current != rows.end() && account.server_certificate != ServerCertificate::same &&
         std::any_of(rows.begin(), current,
                     [](const GenerationRow& row) { return row.old_removed && row.state != GenerationState::done; });
}

void add_account(const AccountRow& row, Overview& result) {
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
  result.server_certificate = row.server_certificate;
}

Status add_generations(const AccountRow& account, const std::vector<GenerationRow>& rows, Overview& result) {
  for (const GenerationRow& row : rows) {
    KVC_ASSIGN(auto generation, generation_of(row));
    if (generation.certificate && (generation.current || result.kv_code.empty())) {
      result.kv_code = kv_code_of(*generation.certificate);
    }
    result.renewal_under_way = result.renewal_under_way || under_way(row);
    result.generations.push_back(std::move(generation));
  }
  result.old_certificate_removed = old_certificate_removed(account, rows);
  return {};
}

}  // namespace

Result<Overview> overview_of(const Context& context, const AccountRow& row) {
  Overview result;
  add_account(row, result);
  KVC_ASSIGN(result.user_ids, context.vault.users(row.id));
  std::vector<GenerationRow> rows;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    rows = repository::generations(session, row.id);
    result.practice_sites = belongings::sites(session, row.id);
    result.default_sender_for = belongings::default_sender_for(session, row.id);
    result.work = belongings::work(session, row.id, context.env.now());
    return Status();
  }));
  KVC_TRY(add_generations(row, rows, result));
  return result;
}

Result<Overview> overview_of(const Context& context, std::string_view account_id) {
  KVC_ASSIGN(const auto row, find_account(context, account_id));
  return overview_of(context, row);
}

Result<std::vector<Overview>> overviews_for(const Context& context, std::string_view user_id) {
  std::vector<AccountRow> rows;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    rows = repository::all(session);
    return Status();
  }));
  std::vector<Overview> result;
  for (const AccountRow& row : rows) {
    KVC_ASSIGN(const bool visible, is_assigned(context, user_id, row.id));
    if (visible) {
      KVC_ASSIGN(auto item, overview_of(context, row));
      result.push_back(std::move(item));
    }
  }
  return result;
}

const crypto::Certificate* current_certificate(const Overview& account) {
  const auto found = std::find_if(account.generations.begin(), account.generations.end(),
                                  [](const Generation& generation) { return generation.current; });
  return found == account.generations.end() || !found->certificate ? nullptr : &*found->certificate;
}

}  // namespace kvc::account
