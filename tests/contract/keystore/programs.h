// SPDX-License-Identifier: Apache-2.0
// Other people's programs, and one practice's keys to give them. Every password here is artificial, and still reaches a
// program in a file: on a command line everybody on the machine could read it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "crypto/pkcs12.h"
#include "crypto/trust_list.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::keystore_contract {

inline constexpr const char* kAddress = "praxis.muster@kv-safenet.de";
inline constexpr const char* kPlain = "Kuenstlich-1";
inline constexpr const char* kUmlauts = "K\xc3\xbcnstlich-\xc3\x96l \xc3\x9f 1";

/// Three generations of one practice, newest first: 2024, 2021, 2018.
const std::vector<crypto::Identity>& generations();
const crypto::TrustList& trust();

/// Nothing is missing, nothing is mixed up. Order is newest first.
void expect_all(const Result<std::vector<crypto::Identity>>& found);

class WithPrograms : public ::testing::Test {
 protected:
  /// Runs a program of a Debian package; a missing one is a failure that names the package.
  test_pki::ToolResult run(std::vector<std::string> command);
  /// The same, and it has to end with 0.
  std::string run_well(std::vector<std::string> command);
  /// ours.p12 with all generations, and the password in the file "pass".
  void write_ours(std::string_view password);
  /// key.pem and cert.pem of one generation.
  void write_pem(const crypto::Identity& identity);
  Result<std::vector<crypto::Identity>> read(const std::string& name, std::string_view password);

  test_pki::ScratchDirectory scratch_;
};

std::size_t count(const std::string& text, const std::string& part);

}  // namespace kvc::keystore_contract
