// SPDX-License-Identifier: Apache-2.0
#include "fuzz/world.h"

#include "fuzz/target.h"
#include "resource/artificial_pki.h"
#include "unit/crypto/test_pki.h"

namespace kvc::fuzz {
namespace {

enum Place : std::size_t { kRoot, kUserCa, kAnna, kBernd, kCount };

/// The n-th PEM block with a private key.
crypto::PrivateKey key_at(std::string_view pem, int n) {
  constexpr std::string_view kBegin = "-----BEGIN PRIVATE KEY-----";
  std::size_t at = pem.find(kBegin);
  for (; n > 0; --n) {
    at = pem.find(kBegin, at + 1);
  }
  require(at != std::string_view::npos, "artificial_pki.pem has a key for both accounts");
  auto key = crypto::PrivateKey::from_pem(Secret(pem.substr(at)), Secret());
  require(key.ok(), "the keys of artificial_pki.pem can be read");
  return *key;
}

}  // namespace

const World& world() {
  static const World instance = [] {
    const std::string_view pem = resource::artificial_pki();
    const auto found = crypto::Certificate::all_from_pem(pem);
    require(found.ok() && found->size() == kCount, "artificial_pki.pem has four certificates");
    World made{{key_at(pem, 0), (*found)[kAnna]}, {key_at(pem, 1), (*found)[kBernd]}, {}};
    require(
        made.anna.certificate.carries_key_of(made.anna.key) && made.bernd.certificate.carries_key_of(made.bernd.key),
        "the keys of artificial_pki.pem belong to its certificates");
    made.trust.roots.push_back((*found)[kRoot]);
    made.trust.user_cas.push_back((*found)[kUserCa]);
    return made;
  }();
  return instance;
}

std::string world_pem() {
  return std::string(resource::artificial_pki());
}

std::string new_world_pem() {
  const auto root = test_pki::make_root({.name = "Fuzz Test Root CA 1"});
  const auto user_ca = test_pki::make_user_ca(root, {.name = "Fuzz Test User CA 1"});
  const auto anna = test_pki::make_user(user_ca, {.address = "anna@kv-safenet.de", .name = "Anna Beispiel"});
  const auto bernd = test_pki::make_user(user_ca, {.address = "bernd@kv-safenet.de", .name = "Bernd Beispiel"});
  return "# SPDX-License-Identifier: Apache-2.0\n"
         "# ARTIFICIAL: test certificates and keys of nobody, published with the fuzz targets. They protect nothing.\n"
         "# Made by `fuzz_tool pki`: root, User CA, anna, bernd, key of anna, key of bernd.\n" +
         root.certificate.pem() + user_ca.certificate.pem() + anna.certificate.pem() + bernd.certificate.pem() +
         test_pki::key_pem(anna.key) + test_pki::key_pem(bernd.key);
}

}  // namespace kvc::fuzz
