// SPDX-License-Identifier: Apache-2.0
// Everything a practice does with a KV-Connect account (protocol B).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/pkcs12.h"
#include "crypto/trust_list.h"
#include "kvconnect/client.h"
#include "settings/settings.h"
#include "store/database.h"
#include "vault/vault.h"

namespace kvc::account {

/// What the user typed into "Neues KV-Connect-Konto". Username and password are used exactly as typed.
struct NewAccount {
  std::string environment_id, username, display_name, description;
  Secret password, keystore_password;
};

/// Where an account stands on its way. Stored; each step can be taken up again after a crash.
enum class State {
  draft,                   ///< typed, never accepted by the server
  password_change_needed,  ///< login good, the initial password must be changed
  enrolling,               ///< key pair made, certificate asked for
  ready,                   ///< certificate there and checked
  failed,                  ///< enrolment ended without a certificate; may be started again
};

/// One generation of key pair (Schluesselgeneration).
struct Generation {
  int number = 0;  ///< from 1, the highest is the newest
  bool current = false;
  std::optional<crypto::Certificate> certificate;  ///< none while its CSR is under way
};

struct Overview {
  std::string id, environment_id, username, display_name, description, address, uid;
  State state = State::draft;
  std::vector<Generation> generations;  ///< newest first
  std::vector<std::string> user_ids;    ///< assigned
  std::string password_last_change;     ///< as the server said it, or empty
  std::optional<TimePoint> last_fetch;
  std::string last_error;  ///< key of an ErrorCode, or empty
  int csr_status = 0;      ///< the last one seen, 0 if none
};

/// Loads the clients and trust lists of the configured environments; one Client (connection pool) per environment.
class Environments {
 public:
  /// Thread: [any]. Nothing is loaded before it is asked for; a failure is not remembered, the next call tries again.
  Environments(settings::Settings settings, Env& env, Log& log);
  virtual ~Environments();
  Environments(const Environments&) = delete;
  Environments& operator=(const Environments&) = delete;
  /// Errors: invalid_settings for an unknown id, file_unreadable.
  virtual Result<kvconnect::Client*> client(std::string_view environment_id);
  virtual Result<const crypto::TrustList*> trust(std::string_view environment_id);
  [[nodiscard]] const settings::Settings& settings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An account opened by an assigned user: what sending and fetching need.
struct Session {
  Overview account;
  vault::AccountKey key;
  /// 32 bytes: encrypts the content columns of the mailbox (AES-256-GCM). A secret of the vault like any other, so that
  /// a rotation of the account key does not have to rewrite every stored message.
  Secret content_key;
  kvconnect::Credentials credentials;
  std::vector<crypto::Identity> identities;  ///< the current one at the front, the others newest first; at least one
  /// Keys whose certificate never came or is still to come. A server publishes a certificate before we fetch it, so
  /// mail may already be encrypted for one of them.
  std::vector<crypto::PrivateKey> bare_keys;
  kvconnect::Client* client = nullptr;
  const crypto::TrustList* trust = nullptr;
  std::uint64_t max_message_bytes = 0;  ///< of the settings
};

/// Thread: [worker]; every function may wait for disk, network and the key custody. `user_id` is who acts; a user who
/// is not assigned sees not_found for everything of the account.
class AccountService {
 public:
  AccountService(std::shared_ptr<store::Database> database, vault::Vault& vault, Environments& environments, Env& env,
                 Log& log);

  /// Stores the typed data durably (secrets in the vault), state draft. Errors: invalid_field (param "field"),
  /// already_exists for the same username in the same environment.
  Result<std::string> create(std::string_view user_id, const NewAccount& data);
  /// Contacts the server: logs in, learns uid and address, moves on to password_change_needed or enrolling/ready.
  /// Settles an unclear password change first: whichever of the two passwords the server accepts is kept.
  Result<Overview> check(std::string_view user_id, std::string_view account_id, const Cancel& cancel);
  /// Corrects the stored password without telling the server: while the account is a draft, or after the server refused
  /// the stored one (somebody changed it elsewhere). Error: invalid_state otherwise.
  Status replace_password(std::string_view user_id, std::string_view account_id, const Secret& password);
  /// Rules checked before sending (check_password_rules); the new password is durable (pending) before it is sent and
  /// becomes the password only when a login with it worked.
  Status change_password(std::string_view user_id, std::string_view account_id, const Secret& new_password,
                         const Cancel& cancel);
  /// Key pair, CSR, poll to the end, fetch the certificate, check it (our key, our address, allowed User CA, profile),
  /// make it current. Takes up an enrolment that was interrupted instead of starting a second one. Also renewal: the
  /// working generation stays current until the new one is checked. Progress keys: "csr.<status>", "key.generate",
  /// "certificate.check".
  Result<Overview> enroll(std::string_view user_id, std::string_view account_id, const ProgressFn& progress,
                          const Cancel& cancel);

  Result<std::vector<Overview>> list(std::string_view user_id);
  Result<Overview> overview(std::string_view user_id, std::string_view account_id);
  Status assign(std::string_view user_id, std::string_view account_id, std::string_view other_user_id);
  Status unassign(std::string_view user_id, std::string_view account_id, std::string_view other_user_id);
  /// Everything needed to send and fetch. Settles an unclear password change if there is one and the server can be
  /// reached. Errors: not_found, session_locked, invalid_state if no generation has a certificate yet.
  Result<Session> open(std::string_view user_id, std::string_view account_id);
  /// Stores when somebody fetched and how it ended (last_error). OK outcomes set last_fetch.
  Status record_fetch(std::string_view account_id, const Status& outcome);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Rules of protocol A: 8 to 200 characters, at least 2 of A-Z, 2 of a-z, 1 digit. Returns the keys of the broken rules
/// ("length", "capitals", "small_letters", "digit"), empty if good. Characters are Unicode code points of UTF-8 text.
std::vector<std::string> broken_password_rules(const Secret& password);

}  // namespace kvc::account
