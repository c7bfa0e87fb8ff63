// SPDX-License-Identifier: Apache-2.0
// Judging a keystore file for an account (protocol B 7): whose keys, from which CA, until when.
#include "account/keystore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/crypto/test_keystore.h"
#include "unit/crypto/test_pki.h"

namespace kvc::account {
namespace {

using crypto::Identity;
using test_pki::day;
using test_pki::keystore_of;
using test_pki::KeystoreRecipe;
using test_pki::make_keystore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kOwn = "praxis.muster@kv-safenet.de";
constexpr const char* kPassword = "artificial";

/// One root with two User CAs, of which the practice's environment allows the first.
struct Pki {
  test_pki::Authority root = test_pki::make_root();
  test_pki::Authority allowed = test_pki::make_user_ca(root);
  test_pki::Authority reference = test_pki::make_user_ca(root, {.name = "Test Reference CA"});
  crypto::TrustList trust = test_pki::trust({root}, {allowed});
};

const Pki& pki() {
  static const Pki one;
  return one;
}

/// A generation of the practice, from January of `begin` to January of `end`.
Identity own(const std::string& begin, const std::string& end) {
  return test_pki::make_user(
      pki().allowed,
      {.not_before = day(begin + "-01-01"), .not_after = day(end + "-01-01"), .key_name = "own " + begin});
}

Identity of(const std::string& address) {
  return test_pki::make_user(pki().allowed, {.address = address, .key_name = "somebody"});
}

Result<Keystore> judged(const std::string& der, const std::string& now = "2026-06-01",
                        const crypto::TrustList& trust = pki().trust) {
  return read_keystore(der, Secret(std::string_view(kPassword)), kOwn, trust, day(now));
}

Result<Keystore> judged(const std::vector<Identity>& pairs, const std::string& now = "2026-06-01") {
  return judged(make_keystore(keystore_of(pairs)), now);
}

std::string param(const Status& status, std::string_view wanted) {
  for (const auto& [name, value] : status.params()) {
    if (name == wanted) {
      return value;
    }
  }
  return "(none)";
}

TEST(Keystore, AllGenerationsNewestFirst) {
  const auto found = judged({own("2021", "2024"), own("2024", "2039"), own("2018", "2021")});
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  ASSERT_THAT(found->identities, SizeIs(3));
  EXPECT_EQ(found->identities[0].certificate.not_before(), day("2024-01-01"));
  EXPECT_EQ(found->identities[1].certificate.not_before(), day("2021-01-01"));
  EXPECT_EQ(found->identities[2].certificate.not_before(), day("2018-01-01"));
  for (const auto& identity : found->identities) {
    EXPECT_TRUE(identity.certificate.carries_key_of(identity.key));
  }
  EXPECT_TRUE(found->current_is_valid);
  EXPECT_THAT(found->foreign_addresses, IsEmpty());
  EXPECT_EQ(found->refused, 0);
}

TEST(Keystore, ExpiredKeysAreWorthHaving) {
  const auto found = judged({own("2018", "2021"), own("2021", "2024")}, "2024-01-02");
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  EXPECT_THAT(found->identities, SizeIs(2));
  EXPECT_FALSE(found->current_is_valid);
  EXPECT_TRUE(judged({own("2021", "2024")}, "2023-12-31")->current_is_valid);
  EXPECT_FALSE(judged({own("2021", "2024")}, "2020-12-31")->current_is_valid) << "not begun";
}

TEST(Keystore, KeysOfOthersAreLeftOutAndNamed) {
  const auto found = judged({own("2024", "2039"), of("nachbar@kv-safenet.de"), of("NACHBAR@kv-safenet.de"),
                             of("zweiter.nachbar@kv-safenet.de")});
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  EXPECT_THAT(found->identities, SizeIs(1));
  ASSERT_THAT(found->foreign_addresses, SizeIs(2)) << "each once";
  EXPECT_THAT(found->foreign_addresses,
              ::testing::UnorderedElementsAre(::testing::AnyOf("nachbar@kv-safenet.de", "NACHBAR@kv-safenet.de"),
                                              "zweiter.nachbar@kv-safenet.de"));
}

TEST(Keystore, OnlyKeysOfOthersAreRefusedAndNamed) {
  const auto one = judged({of("nachbar@kv-safenet.de")});
  ASSERT_TRUE(one.status().is(error::certificate_foreign)) << one.status().to_string();
  EXPECT_EQ(param(one.status(), "addresses"), "nachbar@kv-safenet.de");
  std::vector<Identity> crowd;
  for (int i = 0; i < 7; ++i) {
    crowd.push_back(of("nachbar" + std::to_string(i) + "@kv-safenet.de"));
  }
  const std::string addresses = param(judged(crowd).status(), "addresses");
  EXPECT_THAT(addresses, HasSubstr("nachbar4@kv-safenet.de, ..."));
  crowd.push_back(own("2024", "2039"));
  EXPECT_THAT(judged(crowd)->foreign_addresses, SizeIs(7));
}

TEST(Keystore, AnAddressIsTheSameInCapitals) {
  EXPECT_TRUE(judged({of("Praxis.MUSTER@kv-safenet.de")}).ok());
  EXPECT_TRUE(judged({of("praxis.muster@kv-safenet.de.example")}).status().is(error::certificate_foreign));
}

TEST(Keystore, WhoHasNoAddressIsNamedByName) {
  auto recipe = test_pki::user_recipe({.name = "Ohne Adresse"});
  std::erase_if(recipe.subject, [](const auto& part) { return part.first == "emailAddress"; });
  const auto key = test_pki::key("somebody");
  const auto named = judged({{key, test_pki::issue(recipe, key, pki().allowed)}});
  EXPECT_EQ(param(named.status(), "addresses"), "Ohne Adresse");
  recipe.extensions.emplace_back("subjectAltName", "email:" + std::string(300, 'a') + "@kv-safenet.de");
  const auto long_address = judged({{key, test_pki::issue(recipe, key, pki().allowed)}});
  EXPECT_EQ(param(long_address.status(), "addresses"), "Ohne Adresse") << "no screen full of text";
  EXPECT_TRUE(read_keystore(make_keystore(keystore_of({own("2024", "2039")})), Secret(std::string_view(kPassword)), "",
                            pki().trust, day("2026-01-01"))
                  .status()
                  .is(error::bad_request));
}

TEST(Keystore, AControlCharacterInAnAddressIsNoAddress) {
  const auto found = judged({of(std::string(kOwn) + "\x01")});
  ASSERT_TRUE(found.status().is(error::certificate_foreign)) << found.status().to_string();
  EXPECT_EQ(param(found.status(), "addresses"), "Dr. Erika Muster (Testpraxis)");
}

TEST(Keystore, AnotherUserCaUnderTheSameRootIsNotTrusted) {
  const Identity reference = test_pki::make_user(pki().reference, {.key_name = "own reference"});
  const auto alone = judged({reference});
  ASSERT_TRUE(alone.status().is(error::certificate_untrusted)) << alone.status().to_string();
  EXPECT_THAT(param(alone.status(), "issuer"), HasSubstr("Test Reference CA"));
  const auto beside = judged({reference, own("2021", "2039")});
  ASSERT_TRUE(beside.ok()) << beside.status().to_string();
  EXPECT_THAT(beside->identities, SizeIs(1));
  EXPECT_EQ(beside->refused, 1);
}

TEST(Keystore, ASelfSignedCertificateIsNotTrusted) {
  const auto key = test_pki::key("own self");
  const auto self = test_pki::issue(test_pki::user_recipe({}), key, std::nullopt);
  EXPECT_TRUE(judged({{key, self}}).status().is(error::certificate_untrusted));
}

TEST(Keystore, CertificatesInTheFileNeverActAsCa) {
  const auto root = test_pki::make_root({.name = "Evil Root"});
  const auto ca = test_pki::make_user_ca(root, {.name = "Evil User CA"});
  auto recipe = keystore_of({test_pki::make_user(ca, {.key_name = "own evil"})});
  recipe.certificates.push_back(ca.certificate);
  recipe.certificates.push_back(root.certificate);
  EXPECT_TRUE(judged(make_keystore(recipe)).status().is(error::certificate_untrusted));
}

TEST(Keystore, AUserCaThatEndedMeanwhileIsNoFault) {
  const auto ended = test_pki::make_user_ca(pki().root, {.name = "Ended CA", .not_after = day("2020-01-01")});
  const auto trust = test_pki::trust({pki().root}, {ended});
  const auto of_year = [&](const std::string& year) {
    return make_keystore(
        keystore_of({test_pki::make_user(ended, {.not_before = day(year + "-06-01"), .key_name = "own ended"})}));
  };
  EXPECT_TRUE(judged(of_year("2019"), "2026-06-01", trust).ok());
  EXPECT_TRUE(judged(of_year("2020"), "2026-06-01", trust).status().is(error::certificate_untrusted))
      << "issued after the CA's end";
}

TEST(Keystore, ACertificateThatIsNotFitForMailIsRefused) {
  const auto refused_alone = [](const Identity& identity) {
    const auto beside = judged({identity, own("2018", "2039")});
    EXPECT_TRUE(beside.ok() && beside->refused == 1);
    return judged({identity}).status();
  };
  const auto changed = [](const char* extension, const char* value) {
    auto recipe = test_pki::user_recipe({});
    for (auto& [name, text] : recipe.extensions) {
      if (name == extension) {
        text = value;
      }
    }
    const auto key = test_pki::key("own odd");
    return Identity{key, test_pki::issue(recipe, key, pki().allowed)};
  };
  EXPECT_TRUE(refused_alone(changed("keyUsage", "critical,digitalSignature")).is(error::certificate_profile));
  EXPECT_TRUE(refused_alone(changed("extendedKeyUsage", "serverAuth")).is(error::certificate_profile));
  EXPECT_FALSE(refused_alone(changed("basicConstraints", "critical,CA:TRUE")).ok());
  const auto weak = test_pki::key("own 1024", 1024);
  EXPECT_TRUE(refused_alone({weak, test_pki::issue(test_pki::user_recipe({}), weak, pki().allowed)})
                  .is(error::certificate_profile));
}

TEST(Keystore, TheNewestRefusalIsTold) {
  const Identity reference =
      test_pki::make_user(pki().reference, {.not_before = day("2018-01-01"), .key_name = "own reference"});
  auto recipe = test_pki::user_recipe({.not_before = day("2022-01-01")});
  const auto weak = test_pki::key("own 1024", 1024);
  const Identity newer{weak, test_pki::issue(recipe, weak, pki().allowed)};
  EXPECT_TRUE(judged({reference, newer}).status().is(error::certificate_profile));
  recipe.not_before = day("2017-01-01");
  const Identity older{weak, test_pki::issue(recipe, weak, pki().allowed)};
  EXPECT_TRUE(judged({older, reference}).status().is(error::certificate_untrusted));
}

TEST(Keystore, WhatIsNoUsableFileKeepsItsReason) {
  const std::string good = make_keystore(keystore_of({own("2024", "2039")}));
  const auto reason = [](const std::string& der) { return test_pki::reason_of(judged(der).status()); };
  EXPECT_EQ(reason(""), "not_a_keystore");
  EXPECT_EQ(reason(own("2024", "2039").certificate.pem()), "not_a_keystore");
  EXPECT_EQ(reason(good.substr(0, good.size() / 2)), "truncated");
  EXPECT_EQ(reason(make_keystore({.keys = {test_pki::key("x")}})), "no_certificate");
  EXPECT_EQ(reason(make_keystore({.certificates = {own("2024", "2039").certificate}})), "no_key");
  EXPECT_EQ(reason(make_keystore({.keys = {test_pki::elliptic_key()}})), "not_rsa");
  EXPECT_TRUE(read_keystore(good, Secret(std::string_view("Artificial")), kOwn, pki().trust, day("2026-01-01"))
                  .status()
                  .is(error::wrong_passphrase));
}

TEST(Keystore, NeitherPasswordNorKeyIsInAnError) {
  const std::string password = "Geheim-KANARIENVOGEL";
  KeystoreRecipe recipe = keystore_of({of("nachbar@kv-safenet.de")});
  recipe.password = password;
  const std::string der = make_keystore(recipe);
  for (const std::string& file : {der, der.substr(0, 200), std::string("text ") + password}) {
    for (const std::string& tried : {password, password + "x"}) {
      const Status status =
          read_keystore(file, Secret(std::string_view(tried)), kOwn, pki().trust, day("2026-01-01")).status();
      ASSERT_FALSE(status.ok());
      EXPECT_THAT(status.to_string(), ::testing::Not(HasSubstr("KANARIENVOGEL")));
      for (const auto& [name, value] : status.params()) {
        EXPECT_THAT(value, ::testing::Not(HasSubstr("KANARIENVOGEL"))) << name;
      }
    }
  }
}

}  // namespace
}  // namespace kvc::account
