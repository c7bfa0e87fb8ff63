// SPDX-License-Identifier: Apache-2.0
#include "crypto/key.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <chrono>

#include "crypto/openssl_ptr.h"

#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using test_pki::ScratchDirectory;

Secret secret(std::string_view text) {
  return Secret(text);
}

/// Makes a key with the openssl command line, in the given form.
std::string tool_key(const ScratchDirectory& scratch, const std::vector<std::string>& conversion) {
  scratch.put("key.pem", test_pki::key_pem(test_pki::key("tool")));
  std::vector<std::string> arguments = conversion;
  arguments.insert(arguments.end(), {"-in", "key.pem", "-out", "out.pem"});
  const auto result = test_pki::openssl(arguments, scratch.path());
  EXPECT_EQ(result.exit_code, 0) << result.output;
  return scratch.get("out.pem");
}

void expect_is_tool_key(const Result<PrivateKey>& key) {
  ASSERT_TRUE(key.ok()) << key.status().to_string();
  EXPECT_EQ(key->public_key_info(), test_pki::key("tool").public_key_info());
}

TEST(Key, GeneratesDifferentKeys) {
  const auto a = PrivateKey::generate().value();
  const auto b = PrivateKey::generate().value();
  EXPECT_EQ(a.bits(), 2048);
  EXPECT_NE(a.public_key_info(), b.public_key_info());
  EXPECT_TRUE(PrivateKey::generate(100).status().is(error::bad_request));
  EXPECT_TRUE(PrivateKey::generate(1'000'000).status().is(error::bad_request));
}

TEST(Key, DerRoundTrip) {
  const auto key = test_pki::key("a");
  const auto der = key.to_der().value();
  const auto again = PrivateKey::from_der(der);
  ASSERT_TRUE(again.ok()) << again.status().to_string();
  EXPECT_EQ(again->public_key_info(), key.public_key_info());
  EXPECT_TRUE(again->to_der().value() == der);
}

TEST(Key, DerRefusesGarbage) {
  EXPECT_TRUE(PrivateKey::from_der(Secret()).status().is(error::malformed));
  EXPECT_TRUE(PrivateKey::from_der(secret("no DER at all")).status().is(error::malformed));
  EXPECT_TRUE(PrivateKey::from_der(secret(std::string(3'000'000, '\x30'))).status().is(error::malformed));
  const auto der = test_pki::key("a").to_der().value();
  EXPECT_TRUE(PrivateKey::from_der(secret(std::string(der.reveal()) + "x")).status().is(error::malformed));
  for (std::size_t size = 0; size < der.size(); size += 7) {
    EXPECT_TRUE(PrivateKey::from_der(secret(der.reveal().substr(0, size))).status().is(error::malformed)) << size;
  }
}

TEST(Key, ReadsWhatOpensslWrites) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const ScratchDirectory scratch;
  struct Form {
    std::vector<std::string> conversion;
    std::string password;
  };
  const Form forms[] = {
      {{"pkey"}, ""},
      {{"rsa", "-traditional"}, ""},
      {{"rsa", "-traditional", "-aes256", "-passout", "pass:Test-Passwort"}, "Test-Passwort"},
      {{"rsa", "-traditional", "-des3", "-passout", "pass:Test-Passwort"}, "Test-Passwort"},
      {{"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:Test-Passwort"}, "Test-Passwort"},
      {{"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1", "-passout", "pass:Test-Passwort"},
       "Test-Passwort"},
      {{"pkcs8", "-topk8", "-scrypt", "-passout", "pass:Test-Passwort"}, "Test-Passwort"},
      {{"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-passout", "pass:Test-Passwort"}, "Test-Passwort"},
      {{"pkcs8", "-topk8", "-v1", "PBE-SHA1-RC2-40", "-provider", "legacy", "-provider", "default", "-passout",
        "pass:Test-Passwort"},
       "Test-Passwort"},
      {{"pkcs8", "-topk8", "-v1", "PBE-MD5-DES", "-provider", "legacy", "-provider", "default", "-passout",
        "pass:Test-Passwort"},
       "Test-Passwort"},
  };
  for (const auto& form : forms) {
    SCOPED_TRACE(form.conversion.back() + " " + form.conversion[1 % form.conversion.size()]);
    const auto pem = tool_key(scratch, form.conversion);
    expect_is_tool_key(PrivateKey::from_pem(secret(pem), secret(form.password)));
    if (!form.password.empty()) {
      EXPECT_TRUE(PrivateKey::from_pem(secret(pem), secret("wrong")).status().is(error::wrong_passphrase));
      EXPECT_TRUE(PrivateKey::from_pem(secret(pem), Secret()).status().is(error::wrong_passphrase));
    }
  }
}

TEST(Key, FindsTheKeyAmongOtherBlocks) {
  const auto root = test_pki::make_root();
  const std::string pem = "Bag Attributes\n  friendlyName: x\n" + root.certificate.pem() + "text between\r\n" +
                          test_pki::key_pem(test_pki::key("tool")) + "more text";
  expect_is_tool_key(PrivateKey::from_pem(secret(pem), Secret()));
}

TEST(Key, PemRefusesGarbage) {
  const std::string pem = test_pki::key_pem(test_pki::key("tool"));
  const std::string texts[] = {
      "",
      "\n\n",
      "-----BEGIN PRIVATE KEY-----",
      "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
      "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
      "-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n",
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: NO-SUCH-CIPHER,00\n\nMAA=\n"
      "-----END RSA PRIVATE KEY-----\n",
      pem.substr(0, pem.size() / 2),
      std::string(2'000'000, 'A'),
      std::string(1000, '\0'),
      test_pki::make_root().certificate.pem()};
  for (const auto& text : texts) {
    const auto key = PrivateKey::from_pem(secret(text), secret("irrelevant"));
    EXPECT_TRUE(key.status().is(error::malformed)) << text.substr(0, 60) << ": " << key.status().to_string();
  }
}

TEST(Key, RefusesKeysOfOtherKinds) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const ScratchDirectory scratch;
  ASSERT_EQ(test_pki::openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ec.pem"},
                              scratch.path())
                .exit_code,
            0);
  EXPECT_TRUE(PrivateKey::from_pem(secret(scratch.get("ec.pem")), Secret()).status().is(error::malformed));
}

/// An encrypted key whose algorithm is `algorithm`; nobody gets as far as decrypting it.
std::string encrypted_key_with(X509_ALGOR* algorithm) {
  const Owned<X509_ALGOR, X509_ALGOR_free> owner(algorithm);
  const X509SigPtr encrypted(X509_SIG_new());
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_ALGOR* field = nullptr;
  ASN1_OCTET_STRING* bytes = nullptr;
  X509_SIG_getm(encrypted.get(), &field, &bytes);
  EXPECT_EQ(X509_ALGOR_copy(field, algorithm), 1);
  EXPECT_EQ(ASN1_OCTET_STRING_set(bytes, reinterpret_cast<const unsigned char*>("0123456789abcdef"), 16), 1);
  EXPECT_EQ(PEM_write_bio_PKCS8(out.get(), encrypted.get()), 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST(Key, RefusesAbsurdDerivationRoundsAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  for (const int rounds : {2'147'483'647, 64'000'001}) {
    const auto pem = encrypted_key_with(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), rounds, nullptr, 16, nullptr, -1));
    const auto key = PrivateKey::from_pem(secret(pem), secret("Test-Passwort"));
    EXPECT_TRUE(key.status().is(error::malformed)) << key.status().to_string();
  }
  const auto old = encrypted_key_with(PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 2'000'000'000, nullptr, 8));
  EXPECT_TRUE(PrivateKey::from_pem(secret(old), secret("Test-Passwort")).status().is(error::malformed));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  // The same with a sensible number is only a wrong password.
  const auto sane = encrypted_key_with(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 2048, nullptr, 16, nullptr, -1));
  EXPECT_TRUE(PrivateKey::from_pem(secret(sane), secret("Test-Passwort")).status().is(error::wrong_passphrase));
}

TEST(Key, DetailsHoldNoSecret) {
  const auto status =
      PrivateKey::from_pem(secret("-----BEGIN PRIVATE KEY-----\nR2VoZWltbmlz\n-----END PRIVATE KEY-----\n"),
                           secret("Passwort-im-Klartext"))
          .status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.to_string().find("Geheimnis"), std::string::npos);
  EXPECT_EQ(status.to_string().find("R2VoZWltbmlz"), std::string::npos);
  EXPECT_EQ(status.to_string().find("Klartext"), std::string::npos);
}

}  // namespace
}  // namespace kvc::crypto
