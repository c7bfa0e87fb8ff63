// SPDX-License-Identifier: Apache-2.0
// The part of repository.h that is about the table generation.
#include <algorithm>
#include <array>
#include <utility>

#include "account/repository.h"
#include "account/sql.h"
#include "store/sql.h"

namespace kvc::account {
namespace {

constexpr std::array<std::pair<GenerationState, std::string_view>, 5> kGenerationStates{{
    {GenerationState::open, "open"},
    {GenerationState::posting, "posting"},
    {GenerationState::sent, "sent"},
    {GenerationState::done, "done"},
    {GenerationState::ended, "ended"},
}};

std::string_view text_of(GenerationState state) {
  return std::find_if(kGenerationStates.begin(), kGenerationStates.end(),
                      [&](const auto& entry) { return entry.first == state; })
      ->second;
}

GenerationState generation_state_of(std::string_view text) {
  const auto* found = std::find_if(kGenerationStates.begin(), kGenerationStates.end(),
                                   [&](const auto& entry) { return entry.second == text; });
  return found == kGenerationStates.end() ? GenerationState::ended : found->first;
}

}  // namespace

bool under_way(const GenerationRow& row) {
  return row.state != GenerationState::done && row.state != GenerationState::ended;
}

namespace repository {

std::vector<GenerationRow> generations(Poco::Data::Session& session, std::string_view account_id) {
  return generations(session, store::Selection::of(account_id));
}

std::vector<GenerationRow> generations(Poco::Data::Session& session, const store::Selection& accounts) {
  std::vector<GenerationRow> rows;
  GenerationRow row;
  std::string state;
  std::int64_t number = 0;
  std::int64_t current = 0;
  std::int64_t imported = 0;
  std::int64_t old_removed = 0;
  Sql sql(session,
          "SELECT id, account_id, number, state, csr_id, certificate, is_current, end_reason, imported, old_removed "
          "FROM generation WHERE account_id IN (" +
              accounts.sql + ") ORDER BY account_id, number DESC");
  sql.args(accounts).into(row.id).into(row.account_id).into(number).into(state).into(row.csr_id);
  sql.into(row.certificate).into(current).into(row.end_reason).into(imported).into(old_removed);
  while (sql.next()) {
    row.number = static_cast<int>(number);
    row.state = generation_state_of(state);
    row.current = current != 0;
    row.imported = imported != 0;
    row.old_removed = old_removed != 0;
    rows.push_back(row);
  }
  return rows;
}

void insert_generation(Poco::Data::Session& session, const GenerationRow& row, TimePoint created) {
  Sql(session,
      "INSERT INTO generation (id, account_id, number, state, csr_id, is_current, certificate, end_reason, imported, "
      "old_removed, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .arg(row.id)
      .arg(row.account_id)
      .arg(std::int64_t{row.number})
      .arg(text_of(row.state))
      .arg(row.csr_id)
      .arg(std::int64_t{row.current ? 1 : 0})
      .arg(row.certificate)
      .arg(row.end_reason)
      .arg(std::int64_t{row.imported ? 1 : 0})
      .arg(std::int64_t{row.old_removed ? 1 : 0})
      .arg(store::millis(created))
      .run();
}

void set_generation(Poco::Data::Session& session, std::string_view id, GenerationState state, std::string_view csr_id) {
  Sql(session, "UPDATE generation SET state = ?, csr_id = ? WHERE id = ?")
      .arg(text_of(state))
      .arg(csr_id)
      .arg(id)
      .run();
}

void end_generation(Poco::Data::Session& session, std::string_view id, std::string_view reason) {
  Sql(session, "UPDATE generation SET state = 'ended', end_reason = ? WHERE id = ?").arg(reason).arg(id).run();
}

void set_old_removed(Poco::Data::Session& session, std::string_view id) {
  Sql(session, "UPDATE generation SET old_removed = 1 WHERE id = ?").arg(id).run();
}

void clear_current(Poco::Data::Session& session, std::string_view account_id) {
  Sql(session, "UPDATE generation SET is_current = 0 WHERE account_id = ?").arg(account_id).run();
}

void make_current(Poco::Data::Session& session, const GenerationRow& row, std::string_view certificate_pem) {
  clear_current(session, row.account_id);
  Sql(session, "UPDATE generation SET state = 'done', is_current = 1, end_reason = '', certificate = ? WHERE id = ?")
      .arg(certificate_pem)
      .arg(row.id)
      .run();
}

}  // namespace repository
}  // namespace kvc::account
