// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kvconnect_server/storage.h"

namespace kvserver {

/// What the address book shows of an account; empty where nothing is known.
struct Display {
  std::string cn, sn, given_name, title, o, street, postal_code, l, phone, kv;
  std::vector<std::string> services;  ///< Dienste
};

/// One account as the accounts file describes it (README.md, "Accounts").
struct AccountSpec {
  std::string username;
  std::string password;  ///< initial password; an account without one cannot log in
  std::string uid;       ///< empty: `<random uuid>@<kv>`
  bool change_needed = true;
  bool locked = false;
  bool listed = true;
  bool foreign_ca = false;
  std::string robot;     ///< "", "kv" or "colleague"
  std::string csr_mode;  ///< "", "reject" (902) or "ca_down" (900)
  int certificate_days = 1095;
  Display display;
};

struct Account {
  std::string uid;
  std::string username;
  std::string email;
  std::string password_hash;
  std::int64_t password_changed = 0;
  bool change_needed = false;
  bool locked = false;
  bool listed = true;
  std::string robot;
  std::string csr_mode;
  bool foreign_ca = false;
  int certificate_days = 0;
  Display display;
};

/// Reads the accounts file's JSON. Throws std::runtime_error with a readable reason.
std::vector<AccountSpec> parse_accounts(std::string_view json);

/// The accounts of the server. Thread-safe.
class AccountStore {
 public:
  AccountStore(Storage& storage, std::string mail_domain);

  /// Creates accounts that are not there yet; of existing ones it updates the display data and the flags, never the
  /// password or the uid. May be called any number of times.
  void apply(const std::vector<AccountSpec>& specs);

  std::optional<Account> by_username(std::string_view username) const;
  std::optional<Account> by_uid(std::string_view uid) const;
  std::optional<Account> by_email(std::string_view email) const;
  std::vector<Account> all() const;

  void set_password(std::string_view uid, std::string_view hash);
  void set_locked(std::string_view username, bool locked);

 private:
  std::optional<Account> find(const char* where, std::string_view value) const;

  Storage& storage_;
  std::string mail_domain_;
};

}  // namespace kvserver
