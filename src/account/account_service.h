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

#include "account/keystore.h"
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
  int number = 0;  ///< from 1, in the order in which they came here; an import may bring old ones late
  bool current = false;
  std::optional<crypto::Certificate> certificate;  ///< none while its CSR is under way
  std::string end_reason;                          ///< key of an ErrorCode if it ended without a certificate
  bool imported = false;                           ///< came from a keystore file
};

/// What the server published for the account when it was last asked.
enum class ServerCertificate {
  unknown,  ///< not asked yet
  same,     ///< our current one
  other,    ///< one whose key we do not have: mail sent to it cannot be opened here
  none,
};

/// Somebody who works on an account now.
struct Work {
  std::string purpose;      ///< "login", "enrol", "fetch", "send"
  std::string workstation;  ///< (Arbeitsplatz) as its system calls itself; empty if not known
  TimePoint until;          ///< when its lease ends, if it says nothing more
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
  std::string kv_code;     ///< two digits, from the current certificate's UID (protocol B, profile); empty if unknown
  std::vector<std::string> practice_sites;      ///< BSNR (Betriebsstaettennummern) it is assigned to
  std::vector<std::string> default_sender_for;  ///< users who send with this account unless they choose another one
  std::vector<Work> work;                       ///< who works on it now, this process included
  ServerCertificate server_certificate = ServerCertificate::unknown;
  bool renewal_under_way = false;        ///< a certificate was asked for and has not come yet
  bool old_certificate_removed = false;  ///< states 110/120 were seen and no new one came: nobody can write to us now
};

/// What an account is called, for lists that only name it.
struct AccountName {
  std::string id, environment_id, username, display_name, address;
};

/// A part of the accounts of a user.
struct OverviewPage {
  static constexpr std::size_t kLargest = 200;
  std::vector<Overview> items;
  std::string next;          ///< cursor of the next page; empty: this was the last one
  std::size_t total = 0;     ///< that the search finds, on all pages
  std::size_t assigned = 0;  ///< all of the user
};

/// What goes with an account when it is removed.
struct Contents {
  std::size_t inbox = 0, outbox = 0;
  std::size_t waiting = 0;  ///< of the outbox: not yet accepted by the server
};

/// A certificate that should be renewed, to be told to one user now.
struct RenewalHint {
  Overview account;
  int days_left = 0;  ///< below 0: expired
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
  /// Content keys before a user was unassigned, newest first: what was sealed then opens with one of them.
  std::vector<Secret> older_content_keys;
  kvconnect::Credentials credentials;
  std::vector<crypto::Identity> identities;  ///< the current one, if any, at the front; at least one
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
  /// Contacts the server: logs in, learns uid and address, moves on to password_change_needed or enrolling/ready (an
  /// account that is `failed` stays so). Settles an unclear password change: the stored password is tried first, that
  /// of the change only if the server refuses it. Then asks what the server publishes (server_certificate); failing to
  /// ask is no failure. Makes new keys if an unassign() left that to be done.
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

  /// All accounts of the user, by display name. list(), names() and page() read a fixed number of statements, however
  /// many accounts there are; list() also decodes every certificate.
  Result<std::vector<Overview>> list(std::string_view user_id);
  Result<std::vector<AccountName>> names(std::string_view user_id);
  /// Accounts whose display name, username or address has `search` in it (without case; empty: all), by display name,
  /// at most `limit` (OverviewPage::kLargest) behind `cursor`. Error: bad_request for a cursor that is none.
  Result<OverviewPage> page(std::string_view user_id, std::string_view search, std::string_view cursor,
                            std::size_t limit);
  Result<Overview> overview(std::string_view user_id, std::string_view account_id);

  // ---- changing what is kept here; the server is not asked ----

  /// Corrects everything that was typed, while the account is a draft. Username and environment stay as they are.
  /// Errors: invalid_field, invalid_state.
  Status update_draft(std::string_view user_id, std::string_view account_id, const NewAccount& data);
  /// Display name (empty: the username) and description. Error: invalid_field if longer than 200 characters.
  Status describe(std::string_view user_id, std::string_view account_id, std::string_view display_name,
                  std::string_view description);
  /// A new keystore password for later exports; files exported earlier keep theirs. Error: invalid_field if empty.
  Status set_keystore_password(std::string_view user_id, std::string_view account_id, const Secret& password);
  /// The practice sites (BSNR, nine digits each) the account stands for; replaces the list. Error: invalid_field.
  Status set_practice_sites(std::string_view user_id, std::string_view account_id,
                            const std::vector<std::string>& practice_sites);
  /// Whether `user_id` sends with this account unless another one is chosen; at most one account for each user.
  Status set_default_sender(std::string_view user_id, std::string_view account_id, bool is_default);
  Result<Contents> contents(std::string_view user_id, std::string_view account_id);
  /// Removes the account with everything that belongs to it from this practice: secrets, keys, messages. The server's
  /// account stays. Error: storage_busy while somebody fetches, sends or enrols with it.
  Status remove(std::string_view user_id, std::string_view account_id);

  // ---- certificates ----

  /// Takes the certificate off the server; keys and certificates stay here for old messages (protocol B 8). Afterwards
  /// the account is `failed` with last_error protocol.no_certificate until enroll() gets a new one. OK too if the
  /// server had none.
  Status delete_certificate(std::string_view user_id, std::string_view account_id, const Cancel& cancel);
  /// Accounts of this user whose certificate ends within renewal_hint_days or has ended, each at most once in seven
  /// days for a user, whichever process asks (protocol B 5). Not for an account whose renewal is under way. The most
  /// urgent first, at most kMostHints a call; the next call gives the others.
  Result<std::vector<RenewalHint>> claim_renewal_hints(std::string_view user_id);
  static constexpr std::size_t kMostHints = 1000;
  /// All generations with a certificate as a .p12 under the account's keystore password. Error: no_certificate if there
  /// is no generation with a certificate.
  Result<std::string> export_keystore(std::string_view user_id, std::string_view account_id);
  /// An account from typed data and the keys of a file: as create(), with the file's generations in place. Nothing is
  /// left if it fails. data.keystore_password is the file's and becomes the account's.
  Result<std::string> create_from_keystore(std::string_view user_id, const NewAccount& data, const Keystore& keystore);
  /// Adds the file's generations to an account; keys that are there already are left alone, and if a working
  /// certificate is current it stays current. The account's keystore password stays. Returns how many were added.
  Result<int> import_keystore(std::string_view user_id, std::string_view account_id, const Keystore& keystore);
  /// read_keystore() for an account that is there.
  Result<Keystore> read_keystore(std::string_view user_id, std::string_view account_id, std::string_view der,
                                 const Secret& password);
  /// read_keystore() for an account that is to be made.
  Result<Keystore> read_keystore(const NewAccount& data, std::string_view der);

  Status assign(std::string_view user_id, std::string_view account_id, std::string_view other_user_id);
  /// Takes effect at once: the sealed copy goes, and a new account key is made, so that nothing stored from now on
  /// opens with what the user may have kept. If somebody is at work with the account, the new key is made at the next
  /// login. Error: invalid_state for the last user.
  Status unassign(std::string_view user_id, std::string_view account_id, std::string_view other_user_id);
  /// Everything needed to send and fetch. Settles an unclear password change if there is one and the server can be
  /// reached. There may be certificates but no current one (deleted, or imported and expired): good for reading, not
  /// for sending. Errors: not_found, session_locked, invalid_state if no generation has a certificate yet.
  Result<Session> open(std::string_view user_id, std::string_view account_id);
  /// Stores when somebody fetched and how it ended (last_error). OK outcomes set last_fetch and clear last_error, but
  /// for the reason why an account is `failed`.
  Status record_fetch(std::string_view account_id, const Status& outcome);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Rules of protocol A: 8 to 200 characters, at least 2 of A-Z, 2 of a-z, 1 digit. Returns the keys of the broken rules
/// ("length", "capitals", "small_letters", "digit"), empty if good. Characters are Unicode code points of UTF-8 text.
std::vector<std::string> broken_password_rules(const Secret& password);

}  // namespace kvc::account
