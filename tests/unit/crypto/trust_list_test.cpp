// SPDX-License-Identifier: Apache-2.0
#include "crypto/trust_list.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "paths.h"
#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using test_pki::Authority;
using test_pki::day;

const TimePoint kThen = day("2025-06-01");

/// Root, its User CA on the list, and a foreign User CA under the same root.
struct Network {
  Authority root = test_pki::make_root();
  Authority user_ca = test_pki::make_user_ca(root);
  Authority foreign_ca = test_pki::make_user_ca(root, {.name = "Test User CA other environment"});
  TrustList trust = test_pki::trust({root}, {user_ca});
};

TEST(Chain, DocumentedUserIsTrusted) {
  const Network net;
  const auto check = check_chain(net.trust, test_pki::make_user(net.user_ca).certificate, kThen);
  EXPECT_TRUE(check.trusted) << check.reason;
  EXPECT_TRUE(check.in_validity);
  EXPECT_TRUE(check.reason.empty());
  EXPECT_TRUE(check.weaknesses.empty());
  ASSERT_TRUE(check.issuer.has_value());
  EXPECT_TRUE(*check.issuer == net.user_ca.certificate);
}

TEST(Chain, ChainingToTheRootIsNotEnough) {
  const Network net;
  const auto check = check_chain(net.trust, test_pki::make_user(net.foreign_ca).certificate, kThen);
  EXPECT_FALSE(check.trusted);
  EXPECT_TRUE(check.in_validity);
  EXPECT_FALSE(check.issuer.has_value());
  EXPECT_NE(check.reason.find("Test User CA other environment"), std::string::npos) << check.reason;
}

TEST(Chain, ListedUserCaWithoutListedRootIsNotEnough) {
  const Network net;
  const auto leaf = test_pki::make_user(net.user_ca).certificate;
  EXPECT_FALSE(check_chain(test_pki::trust({}, {net.user_ca}), leaf, kThen).trusted);
  const auto other_root = test_pki::make_root({.name = "Test Root CA 2"});
  EXPECT_FALSE(check_chain(test_pki::trust({other_root}, {net.user_ca}), leaf, kThen).trusted);
  EXPECT_FALSE(check_chain(test_pki::trust({net.root}, {}), leaf, kThen).trusted);
  EXPECT_FALSE(check_chain({}, leaf, kThen).trusted);
}

TEST(Chain, SameNameWithOtherKeyIsNotTheCa) {
  const Network net;
  const auto impostor = test_pki::make_user_ca(net.root, {.name = "Test User CA 1", .key_name = "impostor"});
  EXPECT_FALSE(check_chain(net.trust, test_pki::make_user(impostor).certificate, kThen).trusted);
  // Both on the list, as after a change of the CA's key: each finds its own.
  for (const auto& list :
       {test_pki::trust({net.root}, {net.user_ca, impostor}), test_pki::trust({net.root}, {impostor, net.user_ca})}) {
    EXPECT_TRUE(check_chain(list, test_pki::make_user(impostor).certificate, kThen).trusted);
    const auto check = check_chain(list, test_pki::make_user(net.user_ca).certificate, kThen);
    ASSERT_TRUE(check.issuer.has_value());
    EXPECT_TRUE(*check.issuer == net.user_ca.certificate);
  }
}

TEST(Chain, RootWithOtherKeyIsNotTheRoot) {
  const Network net;
  const auto fake_root = test_pki::make_root({.name = "Test Root CA 1", .key_name = "fake root"});
  EXPECT_FALSE(
      check_chain(test_pki::trust({fake_root}, {net.user_ca}), test_pki::make_user(net.user_ca).certificate, kThen)
          .trusted);
}

TEST(Chain, CertificatesOfCasAndRootIssuedOnesAreNoUsers) {
  const Network net;
  EXPECT_FALSE(check_chain(net.trust, net.user_ca.certificate, kThen).trusted);
  EXPECT_FALSE(check_chain(net.trust, net.root.certificate, kThen).trusted);
  EXPECT_FALSE(check_chain(net.trust, test_pki::make_user(net.root).certificate, kThen).trusted);
  // A root that was put among the User CAs by mistake does not make its direct children users: no path of that length.
  const auto wrong = test_pki::trust({net.root}, {net.user_ca, net.root});
  EXPECT_FALSE(check_chain(wrong, net.foreign_ca.certificate, kThen).trusted);
}

TEST(Chain, UserActingAsCaIsRefused) {
  const Network net;
  const auto user = test_pki::make_user(net.user_ca);
  const Authority usurper{user.key, user.certificate};
  const auto victim = test_pki::make_user(usurper, {.address = "opfer@kv-safenet.de"}).certificate;
  EXPECT_FALSE(check_chain(net.trust, victim, kThen).trusted);
  // Even where somebody put the user's certificate on the list.
  const auto check = check_chain(test_pki::trust({net.root}, {net.user_ca, usurper}), victim, kThen);
  EXPECT_FALSE(check.trusted);
}

/// A User CA made from a changed recipe, with the same key, and a user under it.
ChainCheck check_with_ca(const std::function<void(test_pki::Recipe&)>& change) {
  const Network net;
  auto recipe = test_pki::user_ca_recipe({.name = "Test User CA 1"});
  change(recipe);
  const Authority ca{net.user_ca.key, test_pki::issue(recipe, net.user_ca.key, net.root)};
  return check_chain(test_pki::trust({net.root}, {ca}), test_pki::make_user(ca).certificate, kThen);
}

TEST(Chain, CaFlagsAreDemanded) {
  EXPECT_TRUE(check_with_ca([](auto&) {}).trusted);
  EXPECT_FALSE(check_with_ca([](auto& r) { r.extensions[0].second = "CA:FALSE"; }).trusted);
  EXPECT_FALSE(check_with_ca([](auto& r) { r.extensions.erase(r.extensions.begin()); }).trusted);
  EXPECT_FALSE(check_with_ca([](auto& r) { r.extensions[1].second = "critical,cRLSign"; }).trusted);
  EXPECT_FALSE(check_with_ca([](auto& r) {
                 r.version = 1;
                 r.extensions.clear();
                 r.authority_key_id = false;
               }).trusted);
}

TEST(Chain, UnknownCriticalExtensionIsRefused) {
  EXPECT_FALSE(check_with_ca([](auto& r) { r.extensions.emplace_back("1.2.3.4.5", "critical,DER:0500"); }).trusted);
  EXPECT_TRUE(check_with_ca([](auto& r) { r.extensions.emplace_back("1.2.3.4.5", "DER:0500"); }).trusted);
}

TEST(Chain, NameConstraintsOfACaHold) {
  EXPECT_FALSE(check_with_ca([](auto& r) {
                 r.extensions.emplace_back("nameConstraints", "critical,permitted;email:other.example");
               }).trusted);
}

TEST(Chain, PathLengthOfTheRootHolds) {
  const auto root = test_pki::make_root({.name = "Test Root CA short", .path_length = 0});
  const auto ca = test_pki::make_user_ca(root);
  const auto check = check_chain(test_pki::trust({root}, {ca}), test_pki::make_user(ca).certificate, kThen);
  EXPECT_FALSE(check.trusted);
  EXPECT_NE(check.reason.find("path length"), std::string::npos) << check.reason;
}

TEST(Chain, ChangedSignatureIsRefused) {
  const Network net;
  std::string der = test_pki::make_user(net.user_ca).certificate.der();
  der.back() = static_cast<char>(der.back() ^ 1);
  const auto changed = Certificate::from_der(der);
  ASSERT_TRUE(changed.ok());
  EXPECT_FALSE(check_chain(net.trust, changed.value(), kThen).trusted);
}

TEST(Chain, LeafIsJudgedAtTheReferenceTime) {
  const Network net;
  const auto leaf =
      test_pki::make_user(net.user_ca, {.not_before = day("2017-01-01"), .not_after = day("2019-01-01")}).certificate;
  EXPECT_TRUE(check_chain(net.trust, leaf, day("2018-01-01")).in_validity);
  const auto late = check_chain(net.trust, leaf, kThen);
  EXPECT_TRUE(late.trusted);
  EXPECT_FALSE(late.in_validity);
  EXPECT_NE(late.reason.find("expired"), std::string::npos);
  const auto early = check_chain(net.trust, leaf, day("2016-12-31"));
  EXPECT_TRUE(early.trusted);
  EXPECT_FALSE(early.in_validity);
  EXPECT_NE(early.reason.find("not yet"), std::string::npos);
}

TEST(Chain, ExpiredCasAreNoFaultOfTheArchive) {
  const auto root = test_pki::make_root(
      {.name = "Test Root CA old", .not_before = day("2010-01-01"), .not_after = day("2014-01-01")});
  const auto ca = test_pki::make_user_ca(
      root, {.name = "Test User CA old", .not_before = day("2012-01-01"), .not_after = day("2018-01-01")});
  const auto trust = test_pki::trust({root}, {ca});
  // Issued after the root expired, but while the User CA was valid: as in the production network since 2021.
  const auto leaf =
      test_pki::make_user(ca, {.not_before = day("2016-01-01"), .not_after = day("2020-01-01")}).certificate;
  const auto check = check_chain(trust, leaf, day("2019-01-01"));
  EXPECT_TRUE(check.trusted) << check.reason;
  EXPECT_TRUE(check.in_validity) << check.reason;
}

TEST(Chain, CaThatWasNotValidWhenItIssuedIsAFault) {
  const auto root = test_pki::make_root({.name = "Test Root CA 1"});
  const auto ca = test_pki::make_user_ca(
      root, {.name = "Test User CA old", .not_before = day("2016-01-01"), .not_after = day("2018-01-01")});
  const auto trust = test_pki::trust({root}, {ca});
  for (const auto& issued : {day("2018-01-02"), day("2015-12-31")}) {
    const auto leaf = test_pki::make_user(ca, {.not_before = issued, .not_after = day("2030-01-01")}).certificate;
    const auto check = check_chain(trust, leaf, kThen);
    EXPECT_TRUE(check.trusted);
    EXPECT_FALSE(check.in_validity);
    EXPECT_NE(check.reason.find("User CA was not valid"), std::string::npos) << check.reason;
  }
  const auto late_root = test_pki::make_root(
      {.name = "Test Root CA late", .not_before = day("2020-01-01"), .not_after = day("2030-01-01")});
  const auto early_ca = test_pki::make_user_ca(late_root, {.name = "Test User CA early"});
  const auto check =
      check_chain(test_pki::trust({late_root}, {early_ca}), test_pki::make_user(early_ca).certificate, kThen);
  EXPECT_FALSE(check.in_validity);
  EXPECT_NE(check.reason.find("root was not valid"), std::string::npos) << check.reason;
}

TEST(Chain, WeaknessesOfLeafAndCaAreNamed) {
  const auto check = check_with_ca([](auto& r) { r.digest = "SHA1"; });
  EXPECT_TRUE(check.trusted) << check.reason;
  ASSERT_EQ(check.weaknesses.size(), 1U);
  EXPECT_EQ(check.weaknesses.front(), "User CA: The certificate is signed with sha1.");
}

TEST(TrustListFiles, PemDerAndSeveralInOne) {
  const Network net;
  const test_pki::ScratchDirectory scratch;
  const auto root = scratch.put("root.der", net.root.certificate.der());
  const auto cas = scratch.put("cas.pem", "# two\n" + net.user_ca.certificate.pem() + net.foreign_ca.certificate.pem());
  const auto list = TrustList::load({root}, {cas});
  ASSERT_TRUE(list.ok()) << list.status().to_string();
  EXPECT_EQ(list->roots.size(), 1U);
  EXPECT_EQ(list->user_cas.size(), 2U);
}

TEST(TrustListFiles, FaultsNameTheFile) {
  const Network net;
  const test_pki::ScratchDirectory scratch;
  struct Fault {
    std::string content;
    bool as_root;
  };
  const Fault faults[] = {
      {"text", true},
      {"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", false},
      {std::string(3'000'000, 'x'), false},
      {test_pki::make_user(net.user_ca).certificate.pem(), false},
      {net.user_ca.certificate.pem(), true},
  };
  for (const auto& fault : faults) {
    const auto file = scratch.put("bad.pem", fault.content);
    const auto status = fault.as_root ? TrustList::load({file}, {}).status() : TrustList::load({}, {file}).status();
    ASSERT_TRUE(status.is(error::malformed)) << status.to_string();
    EXPECT_EQ(status.params().at(0).second, file);
  }
  for (const auto& file : {scratch.file("missing.pem"), scratch.path(), scratch.put("empty.pem", "")}) {
    const auto status = TrustList::load({file}, {}).status();
    ASSERT_TRUE(status.is(error::file_unreadable)) << status.to_string();
    EXPECT_EQ(status.params().at(0).second, file);
  }
}

// -------------------------------------------------------------------------------------- the real CAs

class RealCas : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(file("ref_root_ca_1"))) {
      GTEST_SKIP() << "the CA certificates of the network are not on this machine";
    }
  }
  static std::string file(const std::string& name) { return kvc::test::shared_data_dir() + "/ca/" + name + ".pem"; }
  static Certificate one(const std::string& name) { return TrustList::load({}, {file(name)})->user_cas.front(); }

  /// Is `ca` an acceptable User CA under `root`? Seen from outside: what does the check say of a certificate that
  /// claims to be from it - that the signature is wrong (CA unknown), never that the path is.
  static bool root_signed(const std::string& root, const std::string& ca) {
    // A CA's own certificate presented as a leaf of the root: issuer found means the root's signature is right.
    const auto list = TrustList::load({file(root)}, {file(root)});
    return list.ok() && check_chain(list.value(), one(ca), day("2018-01-01")).issuer.has_value();
  }
};

TEST_F(RealCas, LoadAsRootsAndUserCas) {
  for (const auto& [root, cas] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"ref_root_ca_1", {"ref1_user_ca_2", "ref2_user_ca_1", "ref_user_ca_1_expired", "ref_server_ca_2"}},
           {"prod_root_ca_1", {"prod_user_ca_3", "prod_server_ca_3"}}}) {
    ASSERT_TRUE(TrustList::load({file(root)}, {}).ok()) << root;
    for (const auto& ca : cas) {
      EXPECT_TRUE(TrustList::load({}, {file(ca)}).ok()) << ca;
      EXPECT_TRUE(TrustList::load({file(ca)}, {}).status().is(error::malformed)) << ca << " is no root";
      EXPECT_TRUE(root_signed(root, ca)) << ca;
      EXPECT_TRUE(weaknesses(one(ca)).empty()) << ca;
      EXPECT_EQ(one(ca).key_bits(), 4096);
      EXPECT_EQ(one(ca).signature_digest(), "sha512");
    }
  }
  EXPECT_FALSE(root_signed("prod_root_ca_1", "ref1_user_ca_2"));
  EXPECT_FALSE(root_signed("ref_root_ca_1", "prod_user_ca_3"));
}

TEST_F(RealCas, NoCaPassesAsUser) {
  const auto list = TrustList::load({file("ref_root_ca_1")}, {file("ref1_user_ca_2"), file("ref_root_ca_1")}).value();
  for (const char* name : {"ref_root_ca_1", "ref1_user_ca_2", "ref2_user_ca_1", "ref_server_ca_2"}) {
    EXPECT_FALSE(check_chain(list, one(name), day("2019-06-01")).trusted) << name;
  }
}

TEST_F(RealCas, RealSignerIsTrustedByTheRightListOnly) {
  const std::string mail = kvc::test::shared_data_dir() + "/mail/arztbrief_2019_nested.eml";
  if (test_pki::openssl_program().empty() || !std::filesystem::exists(mail)) {
    GTEST_SKIP() << "no openssl command line, or the archived mail is not on this machine";
  }
  const test_pki::ScratchDirectory scratch;
  const std::string key = kvc::test::shared_data_dir() + "/mail/arztbrief_2019_nested.key.pem";
  const auto opened =
      test_pki::openssl({"cms", "-decrypt", "-in", mail, "-inkey", key, "-out", "signed"}, scratch.path());
  ASSERT_EQ(opened.exit_code, 0) << opened.output;
  const auto shown = test_pki::openssl(
      {"cms", "-verify", "-noverify", "-in", "signed", "-signer", "signer.pem", "-out", "content"}, scratch.path());
  ASSERT_EQ(shown.exit_code, 0) << shown.output;
  const auto signer = Certificate::from_pem(scratch.get("signer.pem")).value();
  EXPECT_TRUE(user_profile_deviations(signer).empty()) << testing::PrintToString(user_profile_deviations(signer));
  EXPECT_TRUE(weaknesses(signer).empty());

  const auto right = TrustList::load({file("ref_root_ca_1")}, {file("ref1_user_ca_2")}).value();
  const auto check = check_chain(right, signer, day("2019-06-01"));
  EXPECT_TRUE(check.trusted && check.in_validity) << check.reason;
  const auto today = check_chain(right, signer, day("2026-01-01"));  // leaf, User CA and root have expired
  EXPECT_TRUE(today.trusted) << today.reason;
  EXPECT_FALSE(today.in_validity);
  const auto only_root = TrustList::load({file("ref_root_ca_1")}, {}).value();
  EXPECT_FALSE(check_chain(only_root, signer, day("2019-06-01")).trusted);
  const auto foreign = TrustList::load({file("ref_root_ca_1")}, {file("ref2_user_ca_1")}).value();
  EXPECT_FALSE(check_chain(foreign, signer, day("2019-06-01")).trusted);
  const auto production = TrustList::load({file("prod_root_ca_1")}, {file("ref1_user_ca_2")}).value();
  EXPECT_FALSE(check_chain(production, signer, day("2019-06-01")).trusted);
}

TEST_F(RealCas, ForgedUserUnderTheRealNameIsRefused) {
  // The forger has everything but the CA's key.
  const Authority forged{test_pki::key("forger"), one("ref1_user_ca_2")};
  auto recipe = test_pki::user_recipe({.not_before = day("2018-01-01"), .not_after = day("2020-01-01")});
  const auto leaf = test_pki::issue(recipe, test_pki::key("a"), forged);
  const auto list = TrustList::load({file("ref_root_ca_1")}, {file("ref1_user_ca_2")}).value();
  EXPECT_EQ(leaf.issuer(), one("ref1_user_ca_2").subject());
  const auto check = check_chain(list, leaf, day("2019-01-01"));
  EXPECT_FALSE(check.trusted);
  EXPECT_FALSE(check.issuer.has_value());
}

}  // namespace
}  // namespace kvc::crypto
