// SPDX-License-Identifier: Apache-2.0
// The user certificate profile, one deviation at a time.
#include <gtest/gtest.h>

#include <functional>

#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using test_pki::Recipe;

struct Deviation {
  std::string name;
  std::function<void(Recipe&)> apply;
  std::string expected;  ///< part of the one sentence; empty: no deviation
};

std::string& extension(Recipe& recipe, const std::string& type) {
  for (auto& [name, value] : recipe.extensions) {
    if (name == type) {
      return value;
    }
  }
  throw std::logic_error(type);
}

void drop(Recipe& recipe, const std::string& type) {
  std::erase_if(recipe.extensions, [&](const auto& entry) { return entry.first == type; });
}

const std::vector<Deviation>& deviations() {
  static const std::vector<Deviation> all = {
      {"None", [](Recipe&) {}, ""},
      {"OldKeyUsage", [](Recipe& r) { extension(r, "keyUsage") += ",keyCertSign,cRLSign"; }, ""},
      {"Sha256", [](Recipe& r) { r.digest = "SHA256"; }, "sha512WithRSAEncryption"},
      {"SubjectOrder", [](Recipe& r) { std::swap(r.subject[0], r.subject[1]); }, "in this order"},
      {"SubjectMissing", [](Recipe& r) { r.subject.erase(r.subject.begin() + 3); }, "in this order"},
      {"SubjectExtra", [](Recipe& r) { r.subject.emplace_back("OU", "x"); }, "in this order"},
      {"Address", [](Recipe& r) { r.subject[0].second = "praxis"; }, "no mail address"},
      {"AddressTwice", [](Recipe& r) { r.subject[0].second = "a@b@c"; }, "no mail address"},
      {"UidWithoutCode", [](Recipe& r) { r.subject[1].second = "01234567-89ab-cdef-0123-456789abcdef"; }, "UID"},
      {"UidNoUuid", [](Recipe& r) { r.subject[1].second = "01234567-89ab-cdef-0123-456789abcdeX@20"; }, "UID"},
      {"UidLongCode", [](Recipe& r) { r.subject[1].second += "0"; }, "UID"},
      {"Country", [](Recipe& r) { r.subject[4].second = "AT"; }, "country"},
      {"Alternative", [](Recipe& r) { r.extensions.emplace_back("subjectAltName", "email:a@b.de"); }, "alternative"},
      {"Authority", [](Recipe& r) { extension(r, "basicConstraints") = "critical,CA:TRUE"; }, "one of a CA"},
      {"BasicNotCritical", [](Recipe& r) { extension(r, "basicConstraints") = "CA:FALSE"; }, "basic constraints"},
      {"BasicAbsent", [](Recipe& r) { drop(r, "basicConstraints"); }, "basic constraints"},
      {"UsageAbsent", [](Recipe& r) { drop(r, "keyUsage"); }, "key usage is absent"},
      {"UsageNotCritical",
       [](Recipe& r) { extension(r, "keyUsage") = "digitalSignature,keyEncipherment,dataEncipherment"; },
       "not critical"},
      {"UsageLacksSignature", [](Recipe& r) { extension(r, "keyUsage") = "critical,keyEncipherment,dataEncipherment"; },
       "lacks"},
      {"UsageLacksData", [](Recipe& r) { extension(r, "keyUsage") = "critical,digitalSignature,keyEncipherment"; },
       "lacks"},
      {"UsageLacksKey", [](Recipe& r) { extension(r, "keyUsage") = "critical,digitalSignature,dataEncipherment"; },
       "lacks"},
      {"UsageMore", [](Recipe& r) { extension(r, "keyUsage") += ",nonRepudiation"; }, "more than the profile"},
      {"UsageMoreDecipher", [](Recipe& r) { extension(r, "keyUsage") += ",keyAgreement,decipherOnly"; },
       "more than the profile"},
      {"ExtendedAbsent", [](Recipe& r) { drop(r, "extendedKeyUsage"); }, "extended key usage"},
      {"ExtendedNoMail", [](Recipe& r) { extension(r, "extendedKeyUsage") = "clientAuth"; }, "extended key usage"},
      {"ExtendedServer", [](Recipe& r) { extension(r, "extendedKeyUsage") += ",serverAuth"; }, "extended key usage"},
      {"NoSubjectKeyId", [](Recipe& r) { drop(r, "subjectKeyIdentifier"); }, "subject key identifier"},
      {"NoAuthorityKeyId", [](Recipe& r) { r.authority_key_id = false; }, "authority key identifier"},
      {"CrlPointer", [](Recipe& r) { r.extensions.emplace_back("crlDistributionPoints", "URI:http://crl.example/x"); },
       "CRL or OCSP"},
      {"OcspPointer",
       [](Recipe& r) { r.extensions.emplace_back("authorityInfoAccess", "OCSP;URI:http://ocsp.example"); },
       "CRL or OCSP"},
  };
  return all;
}

class Profile : public testing::TestWithParam<Deviation> {};

TEST_P(Profile, IsNamed) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  Recipe recipe = test_pki::user_recipe({});
  GetParam().apply(recipe);
  const auto found = user_profile_deviations(test_pki::issue(recipe, test_pki::key("a"), ca));
  if (GetParam().expected.empty()) {
    EXPECT_TRUE(found.empty()) << found.front();
    return;
  }
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(found);
  EXPECT_NE(found.front().find(GetParam().expected), std::string::npos) << found.front();
}

INSTANTIATE_TEST_SUITE_P(Deviations, Profile, testing::ValuesIn(deviations()),
                         [](const auto& instance) { return instance.param.name; });

TEST(ProfileKeys, SizeAndVersion) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  auto recipe = test_pki::user_recipe({});
  const auto small = user_profile_deviations(test_pki::issue(recipe, test_pki::key("small", 1024), ca));
  EXPECT_EQ(small, std::vector<std::string>{"The key is not RSA with 2048 bits."});
  recipe.version = 1;
  recipe.extensions.clear();
  recipe.authority_key_id = false;
  const auto old = user_profile_deviations(test_pki::issue(recipe, test_pki::key("a"), ca));
  ASSERT_FALSE(old.empty());
  EXPECT_EQ(old.front(), "The certificate is not of version 3.");
}

}  // namespace
}  // namespace kvc::crypto
