// SPDX-License-Identifier: Apache-2.0
// A vault over a real database, and users with passphrases that are cheap to derive.
#pragma once

#include <Poco/Data/Session.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "postgresql/cluster.h"
#include "unit/crypto/openssl_tool.h"
#include "vault/passphrase_custody.h"
#include "vault/vault.h"

namespace kvc::vault::test {

inline constexpr crypto::ScryptCost kCheap{1024, 8, 1};

inline Secret secret(std::string_view text) {
  return Secret(text);
}
inline Secret passphrase_of(std::string_view user) {
  return Secret("Passphrase von " + std::string(user));
}

class VaultTest : public testing::Test {
 protected:
  VaultTest() {
    for (const char* user : {"anna", "bert", "carla"}) {
      EXPECT_TRUE(custody.enroll(user, passphrase_of(user)).ok());
    }
  }

  std::shared_ptr<store::Database> open_database() const { return opened(dsn, scratch.path()); }

  static std::shared_ptr<store::Database> opened(const std::string& dsn, const std::string& directory) {
    return store::Database::open(dsn, directory, Env::system(), Log::none()).value();
  }

  /// Runs one statement as an attacker with the file would.
  void tamper(const std::string& sql) const {
    const Status status = database->write([&](Poco::Data::Session& session) -> Status {
      session << sql, Poco::Data::Keywords::now;
      return {};
    });
    ASSERT_TRUE(status.ok()) << status.to_string();
  }

  test_pki::ScratchDirectory scratch;
  const std::string dsn = kvc::test::new_dsn();
  std::shared_ptr<store::Database> database = open_database();
  PassphraseCustody custody{database, Env::system(), kCheap};
  Vault vault{database, custody, Env::system()};
};

}  // namespace kvc::vault::test
