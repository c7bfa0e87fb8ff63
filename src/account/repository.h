// SPDX-License-Identifier: Apache-2.0
// Rows of the tables account and generation (store/migrations/0002_accounts.sql). No rules here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/account_service.h"

namespace Poco::Data {
class Session;
}

namespace kvc::account {

/// One row of `account`. `state` is empty while the account is being created.
struct AccountRow {
  std::string id, environment_id, username, display_name, description, address, uid;
  std::optional<State> state;
  std::string password_last_change, last_error;
  std::optional<TimePoint> last_fetch;
  int csr_status = 0;
};

enum class GenerationState { open, posting, sent, done, ended };

/// One row of `generation`; `certificate` is PEM or empty.
struct GenerationRow {
  std::string id, account_id;
  int number = 0;
  GenerationState state = GenerationState::open;
  std::string csr_id, certificate;
  bool current = false;
};

[[nodiscard]] bool under_way(const GenerationRow& row);

/// Every function runs inside the caller's transaction; Poco's exceptions pass through to it.
namespace repository {

void insert_creating(Poco::Data::Session& session, const AccountRow& row, TimePoint created);
/// The account of this username in this environment, whatever its state.
std::optional<AccountRow> find_username(Poco::Data::Session& session, std::string_view environment_id,
                                        std::string_view username);
std::optional<AccountRow> find(Poco::Data::Session& session, std::string_view id);
/// All that are not being created, by display name.
std::vector<AccountRow> all(Poco::Data::Session& session);
/// False if the row is not in the state 'creating' any more.
bool finish_creating(Poco::Data::Session& session, std::string_view id);
void erase_creating(Poco::Data::Session& session, std::string_view id);

void set_state(Poco::Data::Session& session, std::string_view id, State state);
/// Writes address, uid, password_last_change and state of `row`, clears last_error.
void set_login(Poco::Data::Session& session, const AccountRow& row);
void set_error(Poco::Data::Session& session, std::string_view id, std::string_view key);
void set_fetched(Poco::Data::Session& session, std::string_view id, TimePoint at);
void set_csr_status(Poco::Data::Session& session, std::string_view id, int status);

/// Newest first.
std::vector<GenerationRow> generations(Poco::Data::Session& session, std::string_view account_id);
void insert_generation(Poco::Data::Session& session, const GenerationRow& row, TimePoint created);
void set_generation(Poco::Data::Session& session, std::string_view id, GenerationState state, std::string_view csr_id);
void end_generation(Poco::Data::Session& session, std::string_view id, std::string_view reason);
/// Stores the certificate and makes this the one current generation.
void make_current(Poco::Data::Session& session, const GenerationRow& row, std::string_view certificate_pem);

}  // namespace repository
}  // namespace kvc::account
