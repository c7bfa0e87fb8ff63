// SPDX-License-Identifier: Apache-2.0
// A small certificate authority for tests, shaped like the network's (protocol B). Library kvc_test_pki.
//
//   const auto root = test_pki::make_root();
//   const auto ca = test_pki::make_user_ca(root);
//   const auto anna = test_pki::make_user(ca, {.address = "anna@kv-safenet.de"});
//   const auto trust = test_pki::trust({root}, {ca});
//
// All names are artificial. RSA 2048 everywhere (the real CAs have 4096) for speed; keys are made once per process and
// name.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/env.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/pkcs12.h"
#include "crypto/trust_list.h"

namespace kvc::test_pki {

/// "2019-05-01" or "2019-05-01T12:30:00" as UTC.
TimePoint day(const std::string& iso);

/// The key of this name: made at the first call, the same in the whole process.
crypto::PrivateKey key(const std::string& name, int bits = 2048);

/// Unencrypted PKCS#8 PEM text, for the openssl command line.
std::string key_pem(const crypto::PrivateKey& key);

/// X.509 extension: OpenSSL's short name and value ("keyUsage", "critical,digitalSignature").
using Extension = std::pair<std::string, std::string>;

/// How a certificate is to be made; what the profile functions below fill in can be changed by a test.
struct Recipe {
  std::vector<std::pair<std::string, std::string>> subject;  ///< short name and UTF-8 value, in order
  TimePoint not_before, not_after;
  std::vector<Extension> extensions;
  bool authority_key_id = true;  ///< SHA-1 of the issuer's key, as the network has it
  std::string digest = "SHA512";
  int version = 3;
};

struct Authority {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

struct CaOptions {
  std::string name{};  ///< CN; also names the key
  TimePoint not_before = day("2015-01-01");
  TimePoint not_after = day("2045-01-01");
  int path_length = -1;    ///< -1: as the profile has it (root 1, User CA 0)
  std::string key_name{};  ///< empty: as `name`
};

struct UserOptions {
  std::string address = "praxis.muster@kv-safenet.de";
  std::string uid = "01234567-89ab-cdef-0123-456789abcdef@20";
  std::string name = "Dr. Erika Muster (Testpraxis)";
  std::string organisation = "Testpraxis";
  TimePoint not_before = day("2024-01-01");
  TimePoint not_after = day("2039-01-01");
  std::string key_name{};  ///< empty: as `address`
};

Recipe root_recipe(const CaOptions& options);
Recipe user_ca_recipe(const CaOptions& options);
/// The documented user certificate profile, without any deviation.
Recipe user_recipe(const UserOptions& options);

/// Signs `recipe` for the public key of `subject_key`. `issuer` without value: self-signed. Aborts the test program on
/// failure.
crypto::Certificate issue(const Recipe& recipe, const crypto::PrivateKey& subject_key,
                          const std::optional<Authority>& issuer);

Authority make_root(CaOptions options = {.name = "Test Root CA 1"});
Authority make_user_ca(const Authority& root, CaOptions options = {.name = "Test User CA 1"});
crypto::Identity make_user(const Authority& user_ca, const UserOptions& options = {});

crypto::TrustList trust(const std::vector<Authority>& roots, const std::vector<Authority>& user_cas);

}  // namespace kvc::test_pki
