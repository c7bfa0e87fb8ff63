// SPDX-License-Identifier: Apache-2.0
// Which keys of certificates are read, and what is said of the others.
#include "crypto/few_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/library_context.h"
#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A certificate that a key of this kind signed for itself; made by the openssl program.
Certificate self_signed(const std::vector<std::string>& key_options) {
  const test_pki::ScratchDirectory scratch;
  std::vector<std::string> make_key = {"genpkey", "-out", "key.pem"};
  make_key.insert(make_key.end(), key_options.begin(), key_options.end());
  const std::vector<std::string> make_certificate = {"req",   "-x509",    "-key", "key.pem",
                                                     "-subj", "/CN=Test", "-out", "cert.pem"};
  for (const auto& command : {make_key, make_certificate}) {
    const auto made = test_pki::openssl(command, scratch.path());
    EXPECT_EQ(made.exit_code, 0) << made.output;
  }
  auto certificate = Certificate::from_pem(scratch.get("cert.pem"));
  EXPECT_TRUE(certificate.ok()) << certificate.status().to_string();
  return std::move(certificate).value();
}

bool verifies_itself(const Certificate& certificate) {
  const ErrorScope errors;
  EVP_PKEY* key = X509_get0_pubkey(certificate.native());
  return key != nullptr && X509_verify(certificate.native(), key) == 1;
}

TEST(FewKeys, ReadKeysOfRsaAndOfEllipticCurves) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const auto rsa = self_signed({"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"});
  EXPECT_EQ(rsa.key_bits(), 2048);
  EXPECT_TRUE(verifies_itself(rsa));
  const auto pss = self_signed({"-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"});
  EXPECT_EQ(pss.key_bits(), 2048);
  EXPECT_TRUE(verifies_itself(pss));
  for (const char* curve : {"P-256", "brainpoolP256r1"}) {
    const auto ec = self_signed({"-algorithm", "EC", "-pkeyopt", std::string("ec_paramgen_curve:") + curve});
    EXPECT_EQ(ec.key_bits(), 256) << curve;
    EXPECT_TRUE(verifies_itself(ec)) << curve;
    EXPECT_THAT(weaknesses(ec), IsEmpty()) << curve;
  }
}

TEST(FewKeys, OtherKindsOfKeysAreNotReadAndSaidSo) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  for (const char* kind : {"ED25519", "ED448"}) {
    const auto other = self_signed({"-algorithm", kind});
    EXPECT_EQ(X509_get0_pubkey(other.native()), nullptr) << kind;
    EXPECT_EQ(other.key_bits(), 0) << kind;
    EXPECT_THAT(weaknesses(other), ElementsAre(HasSubstr("unknown kind"))) << kind;
  }
}

TEST(FewKeys, NoneForFormsThatNobodyUses) {
  std::vector<std::string> properties;
  OSSL_DECODER_do_all_provided(
      library_context(),
      [](OSSL_DECODER* decoder, void* list) {
        static_cast<std::vector<std::string>*>(list)->emplace_back(OSSL_DECODER_get0_properties(decoder));
      },
      &properties);
  EXPECT_THAT(properties, Not(IsEmpty()));
  EXPECT_LE(properties.size(), 10U);
  for (const auto& form : properties) {
    EXPECT_THAT(form, Not(AnyOf(HasSubstr("msblob"), HasSubstr("pvk"), HasSubstr("structure=dh"))));
  }
}

TEST(FewKeys, NoneOfOtherKindsCanBeMade) {
  const ErrorScope errors;
  for (const char* kind : {"RSA", "RSA-PSS", "EC", "X25519"}) {
    EXPECT_NE(std::shared_ptr<EVP_KEYMGMT>(EVP_KEYMGMT_fetch(library_context(), kind, nullptr), EVP_KEYMGMT_free),
              nullptr)
        << kind;
  }
  for (const char* kind : {"DSA", "DH", "DHX", "SM2", "ED25519", "ED448", "X448"}) {
    EXPECT_EQ(EVP_KEYMGMT_fetch(library_context(), kind, nullptr), nullptr) << kind;
  }
}

// TLS in this context would have no groups without that.
TEST(FewKeys, TellOfTheProviderWhatItTells) {
  OSSL_PROVIDER* ours = OSSL_PROVIDER_load(library_context(), kFewKeys);
  ASSERT_NE(ours, nullptr);
  const char* name = nullptr;
  std::array<OSSL_PARAM, 2> wanted = {OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_NAME, const_cast<char**>(&name), 0),
                                      OSSL_PARAM_construct_end()};
  EXPECT_EQ(OSSL_PROVIDER_get_params(ours, wanted.data()), 1);
  EXPECT_STREQ(name, "OpenSSL Default Provider");
  int groups = 0;
  const auto count = [](const OSSL_PARAM*, void* number) {
    ++*static_cast<int*>(number);
    return 1;
  };
  EXPECT_EQ(OSSL_PROVIDER_get_capabilities(ours, "TLS-GROUP", count, &groups), 1);
  EXPECT_GT(groups, 10);
  OSSL_PROVIDER_unload(ours);
}

}  // namespace
}  // namespace kvc::crypto
