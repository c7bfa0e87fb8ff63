// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace kvserver {

/// Password rules of protocol A: 8 to 200 characters, at least 2 of A-Z, 2 of a-z, 1 of 0-9; anything else printable is
/// allowed. Empty if `password` (UTF-8) keeps them, else a German sentence naming the rule.
std::string password_fault(std::string_view password);

/// Salted scrypt of a password, as text for the database.
std::string hash_password(std::string_view password);

/// Compares passwords with their stored hashes. A right password is remembered as a keyed digest, because every call of
/// the protocol carries it and scrypt is slow on purpose. Thread-safe.
class PasswordChecker {
 public:
  PasswordChecker();
  bool matches(std::string_view password, const std::string& stored_hash);

 private:
  std::string process_key_;
  std::mutex mutex_;
  std::map<std::string, std::string> known_;  // stored hash -> keyed digest of the password that matched
};

}  // namespace kvserver
