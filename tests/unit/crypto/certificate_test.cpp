// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using test_pki::day;

Identity user(const test_pki::UserOptions& options = {}) {
  return test_pki::make_user(test_pki::make_user_ca(test_pki::make_root()), options);
}

TEST(Certificate, Fields) {
  const auto anna =
      user({.address = "Praxis.Test@kv-safenet.de", .name = "Dr. Änne Übel", .organisation = "Praxis, Süd"});
  const auto& certificate = anna.certificate;
  EXPECT_EQ(certificate.email(), "Praxis.Test@kv-safenet.de");
  EXPECT_EQ(certificate.common_name(), "Dr. Änne Übel");
  EXPECT_EQ(certificate.uid(), "01234567-89ab-cdef-0123-456789abcdef@20");
  EXPECT_EQ(certificate.subject(),
            "C=DE,O=Praxis\\, Süd,CN=Dr. Änne Übel,UID=01234567-89ab-cdef-0123-456789abcdef@20,"
            "emailAddress=Praxis.Test@kv-safenet.de");
  EXPECT_EQ(certificate.issuer(), "CN=Test User CA 1,O=Testnetz,C=DE");
  EXPECT_EQ(certificate.not_before(), day("2024-01-01"));
  EXPECT_EQ(certificate.not_after(), day("2039-01-01"));
  EXPECT_EQ(certificate.key_bits(), 2048);
  EXPECT_EQ(certificate.signature_digest(), "sha512");
  EXPECT_TRUE(certificate.carries_key_of(anna.key));
  EXPECT_FALSE(certificate.carries_key_of(test_pki::key("somebody else")));
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_TRUE(test_pki::make_root().certificate.is_ca());
}

TEST(Certificate, AgreesWithOpenssl) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const test_pki::ScratchDirectory scratch;
  const auto certificate = user().certificate;
  scratch.put("c.pem", certificate.pem());
  scratch.put("c.der", certificate.der());
  const auto shown = test_pki::openssl(
      {"x509", "-in", "c.pem", "-noout", "-serial", "-fingerprint", "-sha256", "-email"}, scratch.path());
  ASSERT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_NE(shown.output.find("serial=" + certificate.serial_hex()), std::string::npos) << shown.output;
  EXPECT_NE(shown.output.find(certificate.email()), std::string::npos);
  std::string fingerprint;
  for (const char c : shown.output.substr(shown.output.find("Fingerprint=") + 12, 95)) {
    fingerprint += c == ':' ? std::string() : std::string(1, static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
  }
  EXPECT_EQ(certificate.fingerprint_sha256(), fingerprint);
  EXPECT_TRUE(Certificate::from_der(scratch.get("c.der")).value() == certificate);
}

TEST(Certificate, SerialsAsPeopleAndPeersWriteThem) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const test_pki::ScratchDirectory scratch;
  scratch.put("key.pem", test_pki::key_pem(test_pki::key("a")));
  const std::pair<std::string, std::string> cases[] = {
      {"0", "0"},
      {"0x0a", "A"},
      {"0x00c8", "C8"},
      {"-5", "-5"},
      {"0x0102030405060708090a0b0c0d0e0f1011121314", "102030405060708090A0B0C0D0E0F1011121314"}};
  for (const auto& [given, expected] : cases) {
    const auto made = test_pki::openssl(
        {"req", "-x509", "-key", "key.pem", "-subj", "/CN=x", "-set_serial", given, "-out", "c.pem"}, scratch.path());
    ASSERT_EQ(made.exit_code, 0) << made.output;
    EXPECT_EQ(Certificate::from_pem(scratch.get("c.pem")).value().serial_hex(), expected);
  }
}

TEST(Certificate, IssuerAndSerialComparesTheBytes) {
  const auto root = test_pki::make_root();
  const auto ca = test_pki::make_user_ca(root);
  const auto a = test_pki::make_user(ca).certificate;
  const auto b = test_pki::make_user(ca).certificate;
  EXPECT_TRUE(a.issuer_and_serial() == Certificate::from_pem(a.pem()).value().issuer_and_serial());
  EXPECT_FALSE(a.issuer_and_serial() == b.issuer_and_serial());
  EXPECT_EQ(a.issuer_and_serial().issuer, a.issuer());
  EXPECT_FALSE(a.issuer_and_serial().issuer_der.empty());
}

TEST(Certificate, ReadsSeveralFromOneText) {
  const auto root = test_pki::make_root();
  const auto ca = test_pki::make_user_ca(root);
  const std::string text =
      "comment\r\n" + root.certificate.pem() + "\n# other\n" + test_pki::key_pem(ca.key) + ca.certificate.pem();
  const auto all = Certificate::all_from_pem(text);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2U);
  EXPECT_TRUE((*all)[0] == root.certificate);
  EXPECT_TRUE((*all)[1] == ca.certificate);
  EXPECT_TRUE(Certificate::from_pem(text).value() == root.certificate);
}

TEST(Certificate, RefusesGarbage) {
  const std::string pem = user().certificate.pem();
  const std::string der = user().certificate.der();
  for (const auto& text : {std::string(), std::string("text"),
                           std::string("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
                           std::string("-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n"),
                           pem.substr(0, pem.size() / 2), std::string(2'000'000, 'A'), std::string(100, '\0'),
                           pem + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"}) {
    EXPECT_TRUE(Certificate::all_from_pem(text).status().is(error::malformed)) << text.substr(0, 50);
  }
  EXPECT_TRUE(Certificate::from_der("").status().is(error::malformed));
  EXPECT_TRUE(Certificate::from_der(der + "x").status().is(error::malformed));
  EXPECT_TRUE(Certificate::from_der(std::string(2'000'000, '\x30')).status().is(error::malformed));
  for (std::size_t size = 0; size < der.size(); size += 11) {
    EXPECT_TRUE(Certificate::from_der(der.substr(0, size)).status().is(error::malformed)) << size;
  }
}

// Found by fuzzing: OpenSSL reads such bytes and writes others, so that one certificate would have two fingerprints.
TEST(Certificate, RefusesWhatIsNotDer) {
  const std::string der = user().certificate.der();
  constexpr std::size_t kSignature = 256;
  const std::size_t unused = der.size() - kSignature - 1;
  ASSERT_EQ(der.substr(unused - 4, 5), std::string("\x03\x82\x01\x01\x00", 5)) << "a BIT STRING of 2048 bits";
  std::string bits = der;
  bits[unused] = 1;
  bits.back() = static_cast<char>(static_cast<unsigned char>(bits.back()) | 1U);
  EXPECT_TRUE(Certificate::from_der(bits).status().is(error::malformed)) << "a bit that is not used is set";
  ASSERT_EQ(der.substr(0, 2), "\x30\x82");
  const std::string long_length = std::string("\x30\x83\x00", 3) + der.substr(2);
  EXPECT_TRUE(Certificate::from_der(long_length).status().is(error::malformed))
      << "a length in more bytes than it needs";
  const std::string no_length = "\x30\x80" + der.substr(4) + std::string(2, '\0');
  EXPECT_TRUE(Certificate::from_der(no_length).status().is(error::malformed)) << "a length that is not told";
  EXPECT_TRUE(Certificate::from_der(der).ok());
}

TEST(Certificate, FlippedBytesNeverCrash) {
  const auto original = user().certificate;
  const std::string der = original.der();
  int parsed = 0;
  for (std::size_t at = 0; at < der.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U}) {
      std::string changed = der;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
      const auto certificate = Certificate::from_der(changed);
      if (certificate.ok()) {
        ++parsed;
        EXPECT_FALSE(certificate.value() == original);
        static_cast<void>(certificate->subject() + certificate->email() + certificate->serial_hex() +
                          certificate->uid());
        static_cast<void>(user_profile_deviations(certificate.value()));
        static_cast<void>(weaknesses(certificate.value()));
      }
    }
  }
  EXPECT_GT(parsed, 0);  // changes in the signature still parse
}

TEST(Certificate, EmailOfTheSubjectComesFirst) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  auto recipe = test_pki::user_recipe({.address = "first@example.org"});
  recipe.subject.emplace_back("emailAddress", "second@example.org");
  recipe.extensions.emplace_back("subjectAltName", "email:third@example.org");
  EXPECT_EQ(test_pki::issue(recipe, test_pki::key("a"), ca).email(), "first@example.org");
  std::erase_if(recipe.subject, [](const auto& entry) { return entry.first == "emailAddress"; });
  EXPECT_EQ(test_pki::issue(recipe, test_pki::key("a"), ca).email(), "third@example.org");
  recipe.extensions.pop_back();
  EXPECT_EQ(test_pki::issue(recipe, test_pki::key("a"), ca).email(), "");
}

TEST(Certificate, AddressWithControlCharactersIsNone) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  auto recipe = test_pki::user_recipe({});
  recipe.subject[0].second = std::string("chef@kv-safenet.de\0@evil.example", 32);
  EXPECT_EQ(test_pki::issue(recipe, test_pki::key("a"), ca).email(), "");
}

TEST(Certificate, FarTimesAreCut) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  auto recipe = test_pki::user_recipe({});
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  // RFC 5280 section 4.1.2.5: 99991231235959Z means "no end".
  const test_pki::ScratchDirectory scratch;
  scratch.put("key.pem", test_pki::key_pem(test_pki::key("a")));
  ASSERT_EQ(test_pki::openssl({"req", "-new", "-key", "key.pem", "-subj", "/CN=x", "-out", "r.pem"}, scratch.path())
                .exit_code,
            0);
  scratch.put("index.txt", "");
  scratch.put("serial", "01\n");
  scratch.put("ca.cnf",
              "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy="
              "p\n[p]\ncommonName=supplied\n");
  const auto made =
      test_pki::openssl({"ca", "-config", "ca.cnf", "-batch", "-selfsign", "-keyfile", "key.pem", "-in", "r.pem",
                         "-out", "c.pem", "-startdate", "19000101000000Z", "-enddate", "99991231235959Z", "-notext"},
                        scratch.path());
  ASSERT_EQ(made.exit_code, 0) << made.output;
  const auto certificate = Certificate::from_pem(scratch.get("c.pem"));
  ASSERT_TRUE(certificate.ok()) << certificate.status().to_string();
  EXPECT_EQ(certificate->not_after(), TimePoint::max());
  EXPECT_TRUE(certificate->valid_at(day("2026-01-01")));
  EXPECT_TRUE(certificate->valid_at(TimePoint::max()));
  EXPECT_FALSE(certificate->valid_at(TimePoint::min())) << "what a signing time of the year 1600 becomes";
  EXPECT_EQ(certificate->not_before(), day("1900-01-01"));
}

TEST(Certificate, ValidityIncludesBothEnds) {
  const auto certificate = user({.not_before = day("2024-01-01"), .not_after = day("2024-02-01")}).certificate;
  EXPECT_FALSE(certificate.valid_at(day("2024-01-01") - std::chrono::seconds(1)));
  EXPECT_TRUE(certificate.valid_at(day("2024-01-01")));
  EXPECT_TRUE(certificate.valid_at(day("2024-02-01") + std::chrono::milliseconds(900)));
  EXPECT_FALSE(certificate.valid_at(day("2024-02-01") + std::chrono::seconds(1)));
}

TEST(Certificate, Weaknesses) {
  const auto ca = test_pki::make_user_ca(test_pki::make_root());
  auto recipe = test_pki::user_recipe({});
  EXPECT_TRUE(weaknesses(test_pki::issue(recipe, test_pki::key("a"), ca)).empty());
  EXPECT_EQ(weaknesses(test_pki::issue(recipe, test_pki::key("small", 1024), ca)).size(), 1U);
  recipe.digest = "SHA1";
  EXPECT_EQ(weaknesses(test_pki::issue(recipe, test_pki::key("a"), ca)),
            std::vector<std::string>{"The certificate is signed with sha1."});
  recipe.digest = "MD5";
  EXPECT_EQ(weaknesses(test_pki::issue(recipe, test_pki::key("small", 1024), ca)).size(), 2U);
  auto root = test_pki::root_recipe({.name = "Test Root CA 1"});
  root.digest = "SHA1";
  EXPECT_TRUE(weaknesses(test_pki::issue(root, test_pki::key("Test Root CA 1"), std::nullopt)).empty());
}

TEST(Certificate, HostsErrorQueueIsLeftAlone) {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 77);
  const unsigned long before = ERR_peek_last_error();
  ASSERT_NE(before, 0UL);
  EXPECT_FALSE(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n").ok());
  EXPECT_FALSE(Certificate::from_der("x").ok());
  EXPECT_FALSE(PrivateKey::from_pem(Secret(std::string_view("x")), Secret()).ok());
  EXPECT_FALSE(read_pkcs12("x", Secret()).ok());
  EXPECT_EQ(ERR_peek_last_error(), before);
  ERR_clear_error();
}

TEST(SameAddress, ComparesAsciiWithoutCase) {
  EXPECT_TRUE(same_address("Praxis@KV-SafeNet.de", "praxis@kv-safenet.DE"));
  EXPECT_FALSE(same_address("praxis@kv-safenet.de", "praxis@kv-safenet.de "));
  EXPECT_FALSE(same_address("Ärzte@x.de", "ärzte@x.de"));
  EXPECT_TRUE(same_address("", ""));
  EXPECT_FALSE(same_address("a", ""));
  EXPECT_FALSE(same_address("[@x", "{@x"));
}

}  // namespace
}  // namespace kvc::crypto
