// SPDX-License-Identifier: Apache-2.0
// Rows of the tables account and generation (store/migrations/0002_accounts.sql, 0004_account_management.sql). No rules
// here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/account_service.h"
#include "store/selection.h"

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
  ServerCertificate server_certificate = ServerCertificate::unknown;
  int rotation_due = 0;  ///< users were taken away so often since the last new account key
};

enum class GenerationState { open, posting, sent, done, ended };

/// One row of `generation`; `certificate` is PEM or empty.
struct GenerationRow {
  std::string id, account_id;
  int number = 0;
  GenerationState state = GenerationState::open;
  std::string csr_id, certificate;
  bool current = false;
  std::string end_reason;
  bool imported = false, old_removed = false;
};

[[nodiscard]] bool under_way(const GenerationRow& row);

/// Every function runs inside the caller's transaction; Poco's exceptions pass through to it.
namespace repository {

void insert_creating(Poco::Data::Session& session, const AccountRow& row, TimePoint created);
/// The account of this username in this environment, whatever its state.
std::optional<AccountRow> find_username(Poco::Data::Session& session, std::string_view environment_id,
                                        std::string_view username);
std::optional<AccountRow> find(Poco::Data::Session& session, std::string_view id);
/// Those of `accounts` that are not being created, by display name and id.
std::vector<AccountRow> listed(Poco::Data::Session& session, const store::Selection& accounts);
/// False if the row is not in the state 'creating' any more.
bool finish_creating(Poco::Data::Session& session, std::string_view id);
void erase_creating(Poco::Data::Session& session, std::string_view id);
/// Accounts that are being created since before `before`: their makers are gone.
std::vector<std::string> left_creating(Poco::Data::Session& session, TimePoint before);
/// With all that hangs on it: generations, leases, sites, messages.
void erase(Poco::Data::Session& session, std::string_view id);

void set_state(Poco::Data::Session& session, std::string_view id, State state);
/// Writes address, uid, password_last_change, state and last_error of `row`.
void set_login(Poco::Data::Session& session, const AccountRow& row);
void set_error(Poco::Data::Session& session, std::string_view id, std::string_view key);
void set_fetched(Poco::Data::Session& session, std::string_view id, TimePoint at);
void set_csr_status(Poco::Data::Session& session, std::string_view id, int status);
void set_description(Poco::Data::Session& session, std::string_view id, std::string_view display_name,
                     std::string_view description);
void set_server_certificate(Poco::Data::Session& session, std::string_view id, ServerCertificate published);
void add_rotation_due(Poco::Data::Session& session, std::string_view id, int difference);

/// Newest first.
std::vector<GenerationRow> generations(Poco::Data::Session& session, std::string_view account_id);
/// Of several accounts: those of one stand together, newest first.
std::vector<GenerationRow> generations(Poco::Data::Session& session, const store::Selection& accounts);
/// Every column of `row`.
void insert_generation(Poco::Data::Session& session, const GenerationRow& row, TimePoint created);
void set_generation(Poco::Data::Session& session, std::string_view id, GenerationState state, std::string_view csr_id);
void end_generation(Poco::Data::Session& session, std::string_view id, std::string_view reason);
/// The server told that the certificate before this generation's is removed.
void set_old_removed(Poco::Data::Session& session, std::string_view id);
/// Afterwards no generation of the account is current.
void clear_current(Poco::Data::Session& session, std::string_view account_id);
/// Stores the certificate and makes this the one current generation.
void make_current(Poco::Data::Session& session, const GenerationRow& row, std::string_view certificate_pem);

}  // namespace repository
}  // namespace kvc::account
