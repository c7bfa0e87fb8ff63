// SPDX-License-Identifier: Apache-2.0
#include "crypto/pkcs12.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "crypto/openssl_ptr.h"
#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

using test_pki::day;
using test_pki::ScratchDirectory;

constexpr std::string_view kPassword = "Schlüssel-Passwort 1";

Secret password() {
  return Secret(kPassword);
}

/// Three generations, made once.
const std::vector<Identity>& all_generations() {
  static const std::vector<Identity> all = [] {
    const auto ca = test_pki::make_user_ca(test_pki::make_root());
    std::vector<Identity> list;
    for (const std::string year : {"2021", "2019", "2017"}) {
      list.push_back(test_pki::make_user(ca, {.not_before = day(year + "-01-01"), .key_name = "generation " + year}));
    }
    return list;
  }();
  return all;
}

/// The oldest `count` generations, newest first.
std::vector<Identity> generations(std::size_t count) {
  const auto& all = all_generations();
  return {all.end() - static_cast<std::ptrdiff_t>(count), all.end()};
}

void expect_same(const std::vector<Identity>& found, const std::vector<Identity>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(found[i].certificate == expected[i].certificate) << i;
    EXPECT_EQ(found[i].key.public_key_info(), expected[i].key.public_key_info()) << i;
    EXPECT_TRUE(found[i].certificate.carries_key_of(found[i].key)) << i;
  }
}

/// One file for all tests that only read: writing costs a key derivation per generation.
const std::string& three_generations() {
  static const std::string file = write_pkcs12(generations(3), password(), "praxis").value();
  return file;
}

TEST(Pkcs12, RoundTripOfAllGenerations) {
  const auto found = read_pkcs12(three_generations(), password());
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  expect_same(found.value(), generations(3));
}

TEST(Pkcs12, OlderGenerationsFirstComeOutNewestFirst) {
  auto list = generations(2);
  std::reverse(list.begin(), list.end());
  const auto found = read_pkcs12(write_pkcs12(list, password(), "x").value(), password());
  ASSERT_TRUE(found.ok());
  expect_same(found.value(), generations(2));
}

TEST(Pkcs12, OpensslReadsIt) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const ScratchDirectory scratch;
  scratch.put("k.p12", three_generations());
  scratch.put("pass", std::string(kPassword) + "\n");
  const auto info =
      test_pki::openssl({"pkcs12", "-in", "k.p12", "-passin", "file:pass", "-info", "-nodes"}, scratch.path());
  ASSERT_EQ(info.exit_code, 0) << info.output;
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (auto at = info.output.find(part); at != std::string::npos; at = info.output.find(part, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("BEGIN PRIVATE KEY"), 3U);
  EXPECT_EQ(count("BEGIN CERTIFICATE"), 3U);
  EXPECT_EQ(count("friendlyName: praxis #3"), 2U);
  EXPECT_EQ(count("friendlyName: praxis #1"), 2U);
  EXPECT_EQ(count("localKeyID: 02"), 2U);
  EXPECT_NE(info.output.find("MAC: sha256, Iteration 600000"), std::string::npos) << info.output.substr(0, 300);
  EXPECT_EQ(count("PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256"), 4U);
}

/// A keystore made by the openssl command line.
std::string tool_file(const ScratchDirectory& scratch, const std::vector<std::string>& options) {
  const auto identity = generations(1).front();
  scratch.put("key.pem", test_pki::key_pem(identity.key));
  scratch.put("cert.pem", identity.certificate.pem());
  scratch.put("ca.pem", test_pki::make_root().certificate.pem());
  scratch.put("pass", std::string(kPassword) + "\n");
  std::vector<std::string> arguments = {"pkcs12",    "-export", "-inkey",   "key.pem",   "-in",  "cert.pem",
                                        "-certfile", "ca.pem",  "-passout", "file:pass", "-out", "k.p12"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const auto made = test_pki::openssl(arguments, scratch.path());
  EXPECT_EQ(made.exit_code, 0) << made.output;
  return scratch.get("k.p12");
}

TEST(Pkcs12, ReadsWhatOpensslWrites) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const ScratchDirectory scratch;
  const std::vector<std::vector<std::string>> forms = {
      {},
      {"-legacy"},  // RC2-40 for certificates, 3DES for the key, SHA-1 MAC
      {"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"},
      {"-legacy", "-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC4-128"},
      {"-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC", "-macalg", "sha512"},
      {"-keypbe", "NONE", "-certpbe", "NONE"},
      {"-keyex"},
      {"-iter", "1", "-nomaciter"},
  };
  for (const auto& form : forms) {
    SCOPED_TRACE(testing::PrintToString(form));
    const auto file = tool_file(scratch, form);
    const auto found = read_pkcs12(file, password());
    ASSERT_TRUE(found.ok()) << found.status().to_string();
    expect_same(found.value(), generations(1));
    EXPECT_TRUE(read_pkcs12(file, Secret(std::string_view("falsch"))).status().is(error::wrong_passphrase));
    EXPECT_TRUE(read_pkcs12(file, Secret()).status().is(error::wrong_passphrase));
  }
}

TEST(Pkcs12, EmptyPasswordFilesOpenWithAnEmptyPassword) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const ScratchDirectory scratch;
  static_cast<void>(tool_file(scratch, {}));
  const auto made = test_pki::openssl(
      {"pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", "pass:", "-out", "k.p12"},
      scratch.path());
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_TRUE(read_pkcs12(scratch.get("k.p12"), Secret()).ok());
  EXPECT_TRUE(read_pkcs12(scratch.get("k.p12"), password()).status().is(error::wrong_passphrase));
}

TEST(Pkcs12, FilesWithoutMacOrWithoutPairAreRefused) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const ScratchDirectory scratch;
  EXPECT_TRUE(read_pkcs12(tool_file(scratch, {"-nomac"}), password()).status().is(error::malformed));
  const auto made = test_pki::openssl(
      {"pkcs12", "-export", "-nokeys", "-in", "cert.pem", "-passout", "file:pass", "-out", "k.p12"}, scratch.path());
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_TRUE(read_pkcs12(scratch.get("k.p12"), password()).status().is(error::malformed));
}

TEST(Pkcs12, EveryTruncationIsRefused) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const ScratchDirectory scratch;
  const auto file = tool_file(scratch, {"-iter", "1", "-nomaciter"});
  for (std::size_t size = 0; size < file.size(); size += 3) {
    EXPECT_TRUE(read_pkcs12(file.substr(0, size), password()).status().is(error::malformed)) << size;
  }
  EXPECT_TRUE(read_pkcs12(file + "x", password()).status().is(error::malformed));
}

TEST(Pkcs12, ChangedBytesAreNoticed) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const ScratchDirectory scratch;
  const auto file = tool_file(scratch, {"-iter", "1", "-nomaciter"});
  int harmless = 0;
  for (std::size_t at = 0; at < file.size(); at += 5) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    const auto found = read_pkcs12(changed, password());
    if (found.ok()) {
      // Bytes that mean nothing (the parameters of the MAC's digest) may change; what is read may not.
      expect_same(found.value(), generations(1));
      ++harmless;
    }
  }
  EXPECT_LE(harmless, 2);
}

TEST(Pkcs12, GarbageIsRefused) {
  for (const auto& text :
       {std::string(), std::string("text"), std::string(5'000'000, '\x30'), std::string(100, '\0'),
        std::string(100, '\xff'), std::string("\x30\x84\x7f\xff\xff\xff", 6), std::string(20'000, '\x30'),
        generations(1).front().certificate.der(), generations(1).front().certificate.pem()}) {
    EXPECT_TRUE(read_pkcs12(text, password()).status().is(error::malformed)) << text.size();
  }
}

TEST(Pkcs12, DeeplyNestedBerIsRefused) {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) {
    nested += std::string("\x30\x80", 2);
  }
  EXPECT_TRUE(read_pkcs12(nested, password()).status().is(error::malformed));
}

TEST(Pkcs12, AbsurdRoundsAreRefusedAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  for (const int rounds : {2'147'483'647, 64'000'001, 0, -1}) {
    const unsigned char* at = reinterpret_cast<const unsigned char*>(three_generations().data());
    const Pkcs12Ptr file(d2i_PKCS12(nullptr, &at, static_cast<long>(three_generations().size())));
    ASSERT_TRUE(file);
    const ASN1_INTEGER* count = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &count, file.get());
    ASSERT_EQ(ASN1_INTEGER_set(const_cast<ASN1_INTEGER*>(count), rounds), 1);
    unsigned char* bytes = nullptr;
    const int size = i2d_PKCS12(file.get(), &bytes);
    const std::unique_ptr<unsigned char, OpenSslFree> owner(bytes);
    const std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    EXPECT_TRUE(read_pkcs12(der, password()).status().is(error::malformed)) << rounds;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Pkcs12, WritesNothingUnusable) {
  const auto list = generations(2);
  EXPECT_TRUE(write_pkcs12({}, password(), "x").status().is(error::bad_request));
  EXPECT_TRUE(write_pkcs12(list, Secret(), "x").status().is(error::bad_request));
  EXPECT_TRUE(write_pkcs12({{list[0].key, list[1].certificate}}, password(), "x").status().is(error::bad_request));
}

TEST(Pkcs12, FileHoldsNoPlainKey) {
  const auto der = generations(3)[0].key.to_der().value();
  EXPECT_EQ(three_generations().find(der.reveal().substr(200, 32)), std::string::npos);
  EXPECT_EQ(three_generations().find(generations(3)[0].certificate.der().substr(100, 32)), std::string::npos);
}

}  // namespace
}  // namespace kvc::crypto
