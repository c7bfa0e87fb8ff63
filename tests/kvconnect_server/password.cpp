// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "kvconnect_server/ossl.h"
#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

constexpr std::uint64_t kScryptN = 4096;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 1;

std::string random_bytes(std::size_t n) {
  std::string out(n, '\0');
  ensure(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) == 1, "no random bytes");
  return out;
}

std::string scrypt(std::string_view password, std::string_view salt) {
  std::string out(32, '\0');
  ensure(
      EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                     kScryptN, kScryptR, kScryptP, 0, reinterpret_cast<unsigned char*>(out.data()), out.size()) == 1,
      "scrypt failed");
  return out;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string password_fault(std::string_view password) {
  const std::size_t length = code_points(password);
  if (length < 8) {
    return "Das Passwort ist zu kurz: mindestens 8 Zeichen.";
  }
  if (length > 200) {
    return "Das Passwort ist zu lang: höchstens 200 Zeichen.";
  }
  int capitals = 0;
  int smalls = 0;
  int digits = 0;
  for (const char c : password) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return "Das Passwort enthält ein Steuerzeichen.";
    }
    if (c >= 'A' && c <= 'Z') {
      ++capitals;
    }
    if (c >= 'a' && c <= 'z') {
      ++smalls;
    }
    if (c >= '0' && c <= '9') {
      ++digits;
    }
  }
  if (capitals < 2) {
    return "Das Passwort braucht mindestens 2 Großbuchstaben (A-Z).";
  }
  if (smalls < 2) {
    return "Das Passwort braucht mindestens 2 Kleinbuchstaben (a-z).";
  }
  if (digits < 1) {
    return "Das Passwort braucht mindestens 1 Ziffer.";
  }
  return {};
}

std::string hash_password(std::string_view password) {
  const std::string salt = random_bytes(16);
  return "scrypt$" + hex(salt) + "$" + hex(scrypt(password, salt));
}

PasswordChecker::PasswordChecker() : process_key_(random_bytes(32)) {}

bool PasswordChecker::matches(std::string_view password, const std::string& stored_hash) {
  const std::vector<std::string> parts = split(stored_hash, '$');
  if (parts.size() != 3 || parts[0] != "scrypt") {
    return false;
  }
  const std::string digest = sha256(process_key_ + stored_hash + std::string(password));
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(stored_hash);
    if (found != known_.end() && same(found->second, digest)) {
      return true;
    }
  }
  std::string salt;
  for (std::size_t i = 0; i + 1 < parts[1].size(); i += 2) {
    salt += static_cast<char>(std::stoi(parts[1].substr(i, 2), nullptr, 16));
  }
  if (!same(hex(scrypt(password, salt)), parts[2])) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  known_[stored_hash] = digest;
  return true;
}

}  // namespace kvserver
