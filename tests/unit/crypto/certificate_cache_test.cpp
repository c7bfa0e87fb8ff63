// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_cache.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <thread>
#include <vector>

#include "crypto/trust_list.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using test_pki::day;

const TimePoint kThen = day("2025-06-01");

TEST(CertificateCache, TheSameBytesAreTheSameObject) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const std::string der = test_pki::make_user(ca).certificate.der();
  const auto first = shared_certificate(der);
  const auto second = shared_certificate(std::string(der));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->native(), second->native());
  EXPECT_EQ(first->der(), der);
}

TEST(CertificateCache, OneBitMoreIsAnotherOne) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  std::string der = test_pki::make_user(ca).certificate.der();
  const auto good = shared_certificate(der);
  ASSERT_TRUE(good.ok());
  der.back() = static_cast<char>(der.back() ^ 1);  // of the signature
  const auto forged = shared_certificate(der);
  ASSERT_TRUE(forged.ok());
  EXPECT_NE(good->native(), forged->native());
  EXPECT_EQ(forged->der(), der);
}

TEST(CertificateCache, BrokenBytesAreRefusedEveryTime) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const std::string der = test_pki::make_user(ca).certificate.der();
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(shared_certificate("").ok());
    EXPECT_FALSE(shared_certificate("x").ok());
    EXPECT_FALSE(shared_certificate(der.substr(0, der.size() - 1)).ok());
    EXPECT_FALSE(shared_certificate(der + "x").ok());
    EXPECT_FALSE(shared_certificate(std::string(2UL * 1024 * 1024, '0')).ok());
  }
}

TEST(CertificateCache, ForgetsTheOldest) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const std::string der = test_pki::make_user(ca).certificate.der();
  const auto kept = shared_certificate(der);
  ASSERT_TRUE(kept.ok());
  // Forged ones do: nobody verifies a signature here.
  for (std::size_t i = 0; i < kKeptCertificates; ++i) {
    std::string other = der;
    other[other.size() - 1] = static_cast<char>(other[other.size() - 1] ^ static_cast<char>(i & 0x7fU));
    other[other.size() - 2] = static_cast<char>(other[other.size() - 2] ^ static_cast<char>(1U + (i >> 7U)));
    ASSERT_TRUE(shared_certificate(other).ok());
  }
  const auto again = shared_certificate(der);
  ASSERT_TRUE(again.ok());
  EXPECT_NE(again->native(), kept->native());
  EXPECT_TRUE(*again == *kept);
}

TEST(CertificateCache, SeveralThreads) {
  const auto root = test_pki::make_root();
  const auto ca = test_pki::make_user_ca(root);
  const std::string der = test_pki::make_user(ca).certificate.der();
  const auto trust = test_pki::trust({root}, {ca});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto certificate = shared_certificate(der);
        EXPECT_TRUE(certificate.ok() && certificate->der() == der);
        EXPECT_TRUE(certificate.ok() && check_chain(trust, *certificate, kThen).trusted);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
}

TEST(CertificateCache, APemTextIsTheSameObject) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const std::string pem = test_pki::make_user(ca).certificate.pem();
  const auto first = shared_certificate_of_pem(pem);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->pem(), pem);
  EXPECT_EQ(shared_certificate_of_pem("text before\n" + pem)->native(), first->native());
  EXPECT_EQ(shared_certificate(*Certificate::from_pem(pem)).native(), first->native());
  EXPECT_EQ(shared_certificate(first->der())->native(), first->native());
  EXPECT_TRUE(shared_certificate_of_pem("").status().is(error::malformed));
}

TEST(CertificateFactsTest, AreWhatTheCertificateSaysAndReadOnce) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const auto certificate = test_pki::make_user(ca).certificate;
  const auto facts = facts_of(certificate);
  EXPECT_EQ(facts->email, certificate.email());
  EXPECT_EQ(facts->subject, certificate.subject());
  EXPECT_EQ(facts->issuer, certificate.issuer());
  EXPECT_EQ(facts->serial_hex, certificate.serial_hex());
  EXPECT_EQ(facts->fingerprint_sha256, certificate.fingerprint_sha256());
  EXPECT_EQ(facts->not_before, certificate.not_before());
  EXPECT_EQ(facts->not_after, certificate.not_after());
  EXPECT_EQ(facts_of(certificate), facts);
  EXPECT_EQ(facts_of(ca.certificate)->subject, ca.certificate.subject());
}

/// A recipient's certificate comes from the server anew for every message: many objects, one memory of them.
TEST(CertificateFactsTest, OfTheSameBytesAreKeptOnce) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const std::string pem = test_pki::make_user(ca).certificate.pem();
  const auto first = Certificate::from_pem(pem).value();
  const auto second = Certificate::from_pem(pem).value();
  ASSERT_NE(first.native(), second.native());
  const auto facts = facts_of(first);
  EXPECT_EQ(facts_of(second), facts);
  EXPECT_EQ(facts_of(first), facts);
}

TEST(CertificateFactsTest, OfLargeCertificatesAreNotKept) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  auto recipe = test_pki::user_recipe({});
  recipe.extensions.emplace_back("nsComment", std::string(kKeptCertificateBytes, 'x'));
  const auto large = test_pki::issue(recipe, test_pki::key("large"), ca);
  ASSERT_GT(large.der().size(), kKeptCertificateBytes);
  EXPECT_NE(facts_of(large), facts_of(large));
  EXPECT_EQ(facts_of(large)->subject, large.subject());
}

/// What was found right once must not answer for another trust list, certificate or time.
TEST(KnownPaths, AnswerForNothingElse) {
  const auto root = test_pki::make_root();
  const auto other_root = test_pki::make_root({.name = "Test Root CA 1", .key_name = "other root"});
  const auto ca = test_pki::make_user_ca(root);
  const auto leaf = test_pki::make_user(ca).certificate;
  const auto trust = test_pki::trust({root}, {ca});
  for (int i = 0; i < 2; ++i) {
    const auto good = check_chain(trust, leaf, kThen);
    EXPECT_TRUE(good.trusted && good.in_validity) << good.reason;
    EXPECT_TRUE(good.issuer && *good.issuer == ca.certificate);
    EXPECT_FALSE(check_chain(test_pki::trust({other_root}, {ca}), leaf, kThen).trusted);
    EXPECT_FALSE(check_chain(test_pki::trust({root}, {}), leaf, kThen).trusted);
    EXPECT_FALSE(check_chain(test_pki::trust({}, {ca}), leaf, kThen).trusted);
    const auto late = check_chain(trust, leaf, day("2040-01-01"));
    EXPECT_TRUE(late.trusted);
    EXPECT_FALSE(late.in_validity);
    std::string forged = leaf.der();
    forged.back() = static_cast<char>(forged.back() ^ 1);
    EXPECT_FALSE(check_chain(trust, *Certificate::from_der(forged), kThen).trusted);
  }
}

/// A path is kept with its certificate, but not with every copy of it: a renewal a day would be copies without end.
TEST(KnownPaths, DoNotKeepCopies) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  const auto trust = test_pki::trust({test_pki::make_root()}, {ca});
  const std::string der = test_pki::make_user(ca).certificate.der();
  ASSERT_TRUE(check_chain(trust, shared_certificate(der).value(), kThen).trusted);
  std::weak_ptr<x509_st> memory;
  {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const std::shared_ptr<x509_st> copy(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())), X509_free);
    ASSERT_NE(copy, nullptr);
    memory = copy;
    EXPECT_TRUE(check_chain(trust, Certificate(copy), kThen).trusted);
  }
  EXPECT_TRUE(memory.expired());
}

/// Several CAs of one name: the one whose key signed counts, wherever it stands.
TEST(KnownPaths, NamesakesAreToldApartByTheirKey) {
  const auto root = test_pki::make_root();
  const auto old_ca = test_pki::make_user_ca(root, {.name = "Test User CA 1", .key_name = "old key"});
  const auto new_ca = test_pki::make_user_ca(root, {.name = "Test User CA 1", .key_name = "new key"});
  const auto leaf = test_pki::make_user(new_ca).certificate;
  for (int i = 0; i < 2; ++i) {
    for (const auto& trust : {test_pki::trust({root}, {old_ca, new_ca}), test_pki::trust({root}, {new_ca, old_ca})}) {
      const auto check = check_chain(trust, leaf, kThen);
      EXPECT_TRUE(check.trusted) << check.reason;
      EXPECT_TRUE(check.issuer && *check.issuer == new_ca.certificate);
    }
    EXPECT_FALSE(check_chain(test_pki::trust({root}, {old_ca}), leaf, kThen).trusted);
  }
}

}  // namespace
}  // namespace kvc::crypto
