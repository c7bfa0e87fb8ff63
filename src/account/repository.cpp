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

constexpr std::array<std::pair<ServerCertificate, std::string_view>, 4> kServerCertificates{{
    {ServerCertificate::unknown, ""},
    {ServerCertificate::same, "same"},
    {ServerCertificate::other, "other"},
    {ServerCertificate::none, "none"},
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

ServerCertificate server_certificate_of(std::string_view text) {
  const auto* found = std::find_if(kServerCertificates.begin(), kServerCertificates.end(),
                                   [&](const auto& entry) { return entry.second == text; });
  return found == kServerCertificates.end() ? ServerCertificate::unknown : found->first;
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
    "last_error, coalesce(last_fetch, 0), csr_status, server_certificate, rotation_due FROM account ";

// Where the columns of kAccountColumns go.
struct AccountReader {
  AccountRow row;
  std::string state, server_certificate;
  std::int64_t last_fetch = 0, csr_status = 0, rotation_due = 0;

  void attach(Sql& sql) {
    sql.into(row.id).into(row.environment_id).into(row.username).into(row.display_name).into(row.description);
    sql.into(row.address).into(row.uid).into(state).into(row.password_last_change).into(row.last_error);
    sql.into(last_fetch).into(csr_status).into(server_certificate).into(rotation_due);
  }
  AccountRow take() {
    row.state = state_of(state);
    row.last_fetch = last_fetch == 0 ? std::nullopt : std::optional(store::time_of(last_fetch));
    row.csr_status = static_cast<int>(csr_status);
    row.server_certificate = server_certificate_of(server_certificate);
    row.rotation_due = static_cast<int>(rotation_due);
    return row;
  }
};

std::optional<AccountRow> one(Sql& sql) {
  AccountReader reader;
  reader.attach(sql);
  return sql.next() ? std::optional(reader.take()) : std::nullopt;
}

}  // namespace

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

std::vector<AccountRow> listed(Poco::Data::Session& session, const store::Selection& accounts) {
  std::vector<AccountRow> rows;
  Sql sql(session, std::string(kAccountColumns) + "WHERE state <> 'creating' AND id IN (" + accounts.sql +
                       ") ORDER BY display_name, id");
  sql.args(accounts);
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

std::vector<std::string> left_creating(Poco::Data::Session& session, TimePoint before) {
  std::vector<std::string> ids;
  std::string id;
  Sql sql(session, "SELECT id FROM account WHERE state = 'creating' AND created_at < ?");
  sql.arg(store::millis(before)).into(id);
  while (sql.next()) {
    ids.push_back(id);
  }
  return ids;
}

void erase(Poco::Data::Session& session, std::string_view id) {
  // First what names other rows of the account: PostgreSQL and SQLite differ in when they look at such references.
  Sql(session, "DELETE FROM inbox WHERE account_id = ?").arg(id).run();
  Sql(session, "DELETE FROM account WHERE id = ?").arg(id).run();
}

void set_state(Poco::Data::Session& session, std::string_view id, State state) {
  Sql(session, "UPDATE account SET state = ? WHERE id = ?").arg(text_of(kStates, state)).arg(id).run();
}

void set_login(Poco::Data::Session& session, const AccountRow& row) {
  Sql(session,
      "UPDATE account SET address = ?, uid = ?, password_last_change = ?, state = ?, last_error = ? WHERE id = ?")
      .arg(row.address)
      .arg(row.uid)
      .arg(row.password_last_change)
      .arg(text_of(kStates, row.state.value_or(State::draft)))
      .arg(row.last_error)
      .arg(row.id)
      .run();
}

void set_error(Poco::Data::Session& session, std::string_view id, std::string_view key) {
  Sql(session, "UPDATE account SET last_error = ? WHERE id = ?").arg(key).arg(id).run();
}

void set_fetched(Poco::Data::Session& session, std::string_view id, TimePoint at) {
  Sql(session, "UPDATE account SET last_fetch = ? WHERE id = ?").arg(store::millis(at)).arg(id).run();
}

void set_csr_status(Poco::Data::Session& session, std::string_view id, int status) {
  Sql(session, "UPDATE account SET csr_status = ? WHERE id = ?").arg(std::int64_t{status}).arg(id).run();
}

void set_description(Poco::Data::Session& session, std::string_view id, std::string_view display_name,
                     std::string_view description) {
  Sql(session, "UPDATE account SET display_name = ?, description = ? WHERE id = ?")
      .arg(display_name)
      .arg(description)
      .arg(id)
      .run();
}

void set_server_certificate(Poco::Data::Session& session, std::string_view id, ServerCertificate published) {
  Sql(session, "UPDATE account SET server_certificate = ? WHERE id = ?")
      .arg(text_of(kServerCertificates, published))
      .arg(id)
      .run();
}

void add_rotation_due(Poco::Data::Session& session, std::string_view id, int difference) {
  Sql(session, "UPDATE account SET rotation_due = rotation_due + ? WHERE id = ?")
      .arg(std::int64_t{difference})
      .arg(id)
      .run();
}

}  // namespace repository
}  // namespace kvc::account
