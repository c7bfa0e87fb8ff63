// SPDX-License-Identifier: Apache-2.0
#include "account/repository.h"

#include <algorithm>
#include <array>
#include <utility>

#include "account/sql.h"
#include "store/sql.h"

namespace kvc::account {
namespace {

constexpr std::string_view kCreating = "creating";

constexpr std::array<std::pair<State, std::string_view>, 5> kStates{{
    {State::draft, "draft"},
    {State::password_change_needed, "password_change_needed"},
    {State::enrolling, "enrolling"},
    {State::ready, "ready"},
    {State::failed, "failed"},
}};

constexpr std::array<std::pair<GenerationState, std::string_view>, 5> kGenerationStates{{
    {GenerationState::open, "open"},
    {GenerationState::posting, "posting"},
    {GenerationState::sent, "sent"},
    {GenerationState::done, "done"},
    {GenerationState::ended, "ended"},
}};

template <class Table, class Value>
std::string_view text_of(const Table& table, Value value) {
  return std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == value; })->second;
}

std::optional<State> state_of(std::string_view text) {
  const auto* found =
      std::find_if(kStates.begin(), kStates.end(), [&](const auto& entry) { return entry.second == text; });
  return found == kStates.end() ? std::nullopt : std::optional(found->first);
}

GenerationState generation_state_of(std::string_view text) {
  const auto* found = std::find_if(kGenerationStates.begin(), kGenerationStates.end(),
                                   [&](const auto& entry) { return entry.second == text; });
  return found == kGenerationStates.end() ? GenerationState::ended : found->first;
}

// ASCII only, as addresses are compared (crypto::same_address).
std::string small_letters(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

constexpr std::string_view kAccountColumns =
    "SELECT id, environment_id, username, display_name, description, address, uid, state, password_last_change, "
    "last_error, coalesce(last_fetch, 0), csr_status FROM account ";

// Where the columns of kAccountColumns go.
struct AccountReader {
  AccountRow row;
  std::string state;
  std::int64_t last_fetch = 0, csr_status = 0;

  void attach(Sql& sql) {
    sql.into(row.id).into(row.environment_id).into(row.username).into(row.display_name).into(row.description);
    sql.into(row.address).into(row.uid).into(state).into(row.password_last_change).into(row.last_error);
    sql.into(last_fetch).into(csr_status);
  }
  AccountRow take() {
    row.state = state_of(state);
    row.last_fetch = last_fetch == 0 ? std::nullopt : std::optional(store::time_of(last_fetch));
    row.csr_status = static_cast<int>(csr_status);
    return row;
  }
};

std::optional<AccountRow> one(Sql& sql) {
  AccountReader reader;
  reader.attach(sql);
  return sql.next() ? std::optional(reader.take()) : std::nullopt;
}

}  // namespace

bool under_way(const GenerationRow& row) {
  return row.state != GenerationState::done && row.state != GenerationState::ended;
}

namespace repository {

void insert_creating(Poco::Data::Session& session, const AccountRow& row, TimePoint created) {
  Sql(session,
      "INSERT INTO account (id, environment_id, username, username_key, display_name, description, address, state, "
      "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .arg(row.id)
      .arg(row.environment_id)
      .arg(row.username)
      .arg(small_letters(row.username))
      .arg(row.display_name)
      .arg(row.description)
      .arg(row.address)
      .arg(kCreating)
      .arg(store::millis(created))
      .run();
}

std::optional<AccountRow> find_username(Poco::Data::Session& session, std::string_view environment_id,
                                        std::string_view username) {
  Sql sql(session, std::string(kAccountColumns) + "WHERE environment_id = ? AND username_key = ?");
  sql.arg(environment_id).arg(small_letters(username));
  return one(sql);
}

std::optional<AccountRow> find(Poco::Data::Session& session, std::string_view id) {
  Sql sql(session, std::string(kAccountColumns) + "WHERE id = ?");
  sql.arg(id);
  return one(sql);
}

std::vector<AccountRow> all(Poco::Data::Session& session) {
  std::vector<AccountRow> rows;
  Sql sql(session, std::string(kAccountColumns) + "WHERE state <> 'creating' ORDER BY display_name, id");
  AccountReader reader;
  reader.attach(sql);
  while (sql.next()) {
    rows.push_back(reader.take());
  }
  return rows;
}

bool finish_creating(Poco::Data::Session& session, std::string_view id) {
  return Sql(session, "UPDATE account SET state = 'draft' WHERE id = ? AND state = 'creating'").arg(id).run() == 1;
}

void erase_creating(Poco::Data::Session& session, std::string_view id) {
  Sql(session, "DELETE FROM account WHERE id = ? AND state = 'creating'").arg(id).run();
}

void set_state(Poco::Data::Session& session, std::string_view id, State state) {
  Sql(session, "UPDATE account SET state = ? WHERE id = ?").arg(text_of(kStates, state)).arg(id).run();
}

void set_login(Poco::Data::Session& session, const AccountRow& row) {
  Sql(session,
      "UPDATE account SET address = ?, uid = ?, password_last_change = ?, state = ?, last_error = '' WHERE id = ?")
      .arg(row.address)
      .arg(row.uid)
      .arg(row.password_last_change)
      .arg(text_of(kStates, row.state.value_or(State::draft)))
      .arg(row.id)
      .run();
}

void set_error(Poco::Data::Session& session, std::string_view id, std::string_view key) {
  Sql(session, "UPDATE account SET last_error = ? WHERE id = ?").arg(key).arg(id).run();
}

void set_fetched(Poco::Data::Session& session, std::string_view id, TimePoint at) {
  Sql(session, "UPDATE account SET last_fetch = ?, last_error = '' WHERE id = ?").arg(store::millis(at)).arg(id).run();
}

void set_csr_status(Poco::Data::Session& session, std::string_view id, int status) {
  Sql(session, "UPDATE account SET csr_status = ? WHERE id = ?").arg(std::int64_t{status}).arg(id).run();
}

std::vector<GenerationRow> generations(Poco::Data::Session& session, std::string_view account_id) {
  std::vector<GenerationRow> rows;
  GenerationRow row;
  std::string state;
  std::int64_t number = 0;
  std::int64_t current = 0;
  Sql sql(session,
          "SELECT id, account_id, number, state, csr_id, certificate, is_current FROM generation WHERE account_id = ? "
          "ORDER BY number DESC");
  sql.arg(account_id).into(row.id).into(row.account_id).into(number).into(state).into(row.csr_id);
  sql.into(row.certificate).into(current);
  while (sql.next()) {
    row.number = static_cast<int>(number);
    row.state = generation_state_of(state);
    row.current = current != 0;
    rows.push_back(row);
  }
  return rows;
}

void insert_generation(Poco::Data::Session& session, const GenerationRow& row, TimePoint created) {
  Sql(session, "INSERT INTO generation (id, account_id, number, state, created_at) VALUES (?, ?, ?, ?, ?)")
      .arg(row.id)
      .arg(row.account_id)
      .arg(std::int64_t{row.number})
      .arg(text_of(kGenerationStates, row.state))
      .arg(store::millis(created))
      .run();
}

void set_generation(Poco::Data::Session& session, std::string_view id, GenerationState state, std::string_view csr_id) {
  Sql(session, "UPDATE generation SET state = ?, csr_id = ? WHERE id = ?")
      .arg(text_of(kGenerationStates, state))
      .arg(csr_id)
      .arg(id)
      .run();
}

void end_generation(Poco::Data::Session& session, std::string_view id, std::string_view reason) {
  Sql(session, "UPDATE generation SET state = 'ended', end_reason = ? WHERE id = ?").arg(reason).arg(id).run();
}

void make_current(Poco::Data::Session& session, const GenerationRow& row, std::string_view certificate_pem) {
  Sql(session, "UPDATE generation SET is_current = 0 WHERE account_id = ?").arg(row.account_id).run();
  Sql(session, "UPDATE generation SET state = 'done', is_current = 1, certificate = ? WHERE id = ?")
      .arg(certificate_pem)
      .arg(row.id)
      .run();
}

}  // namespace repository
}  // namespace kvc::account
