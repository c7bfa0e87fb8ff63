// SPDX-License-Identifier: Apache-2.0
// The configuration of the process must have no influence on our cryptography: the same tests once more in a process
// whose openssl.cnf lets every fetch from the default context fail.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <cstdio>
#include <cstdlib>

#include "crypto/few_keys.h"
#include "crypto/library_context.h"
#include "crypto/pkcs12.h"
#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

constexpr const char* kDirectory = "KVC_TEST_ISOLATION_DIRECTORY";

std::string read(const std::string& name) {
  std::string content;
  if (FILE* file = std::fopen((std::string(std::getenv(kDirectory)) + "/" + name).c_str(), "rb")) {
    char buffer[4096];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof(buffer), file)) > 0;) {
      content.append(buffer, got);
    }
    std::fclose(file);
  }
  return content;
}

/// Runs in the child only.
TEST(IsolationChild, ReadsFilesOfTheTool) {
  if (std::getenv(kDirectory) == nullptr) {
    GTEST_SKIP() << "part of Isolation.HostileConfiguration";
  }
  EVP_MD* md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EXPECT_EQ(md, nullptr) << "the configuration is not hostile";
  EVP_MD_free(md);
  const Secret password(std::string_view("Test-Passwort"));
  EXPECT_TRUE(PrivateKey::from_pem(Secret(read("traditional.pem")), password).ok());
  EXPECT_TRUE(PrivateKey::from_pem(Secret(read("pkcs8.pem")), password).ok());
  const auto modern = read_pkcs12(read("modern.p12"), password);
  EXPECT_TRUE(modern.ok()) << modern.status().to_string();
  const auto legacy = read_pkcs12(read("legacy.p12"), password);
  EXPECT_TRUE(legacy.ok()) << legacy.status().to_string();
}

TEST(Isolation, HostileConfiguration) {
  if (test_pki::openssl_program().empty() || std::getenv(kDirectory) != nullptr) {
    GTEST_SKIP() << "no openssl command line, or inside the child";
  }
  const test_pki::ScratchDirectory scratch;
  const auto user = test_pki::make_user(test_pki::make_user_ca(test_pki::make_root()));
  scratch.put("key.pem", test_pki::key_pem(user.key));
  scratch.put("cert.pem", user.certificate.pem());
  const std::vector<std::vector<std::string>> commands = {
      {"rsa", "-in", "key.pem", "-traditional", "-aes256", "-passout", "pass:Test-Passwort", "-out", "traditional.pem"},
      {"pkcs8", "-in", "key.pem", "-topk8", "-passout", "pass:Test-Passwort", "-out", "pkcs8.pem"},
      {"pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", "pass:Test-Passwort", "-out",
       "modern.p12"},
      {"pkcs12", "-export", "-legacy", "-inkey", "key.pem", "-in", "cert.pem", "-passout", "pass:Test-Passwort", "-out",
       "legacy.p12"}};
  for (const auto& command : commands) {
    const auto made = test_pki::openssl(command, scratch.path());
    ASSERT_EQ(made.exit_code, 0) << made.output;
  }
  const auto configuration = scratch.put("openssl.cnf",
                                         "openssl_conf = start\n[start]\nalg_section = algorithms\n"
                                         "[algorithms]\ndefault_properties = fips=yes\n");
  const auto result = test_pki::run(
      {"/proc/self/exe",
       "--gtest_filter=IsolationChild.*:Aead.*:Scrypt.*:X25519.*:SealedBox.*:Chain.*:Key.DerRoundTrip:Key.Generates*:"
       "Key.FindsTheKey*:Certificate.Fields:Certificate.Weaknesses:Csr.RefusesUnusableNames:Pkcs12.RoundTrip*"},
      scratch.path(), {{"OPENSSL_CONF", configuration}, {kDirectory, scratch.path()}});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_NE(result.output.find("[       OK ] IsolationChild.ReadsFilesOfTheTool"), std::string::npos) << result.output;
}

TEST(Isolation, OwnContextHasOnlyTheDefaultProvider) {
  EXPECT_EQ(OSSL_PROVIDER_available(library_context(), "default"), 0) << "with all its decoders";
  EXPECT_EQ(OSSL_PROVIDER_available(library_context(), kFewKeys), 1);
  EXPECT_EQ(OSSL_PROVIDER_available(library_context(), "legacy"), 0);
  const auto legacy = legacy_context();
  ASSERT_TRUE(legacy.ok()) << legacy.status().to_string();
  EXPECT_NE(legacy.value(), library_context());
  EXPECT_EQ(OSSL_PROVIDER_available(legacy.value(), "legacy"), 1);
  EXPECT_EQ(OSSL_PROVIDER_available(library_context(), "legacy"), 0);
  EXPECT_EQ(OSSL_PROVIDER_available(nullptr, "legacy"), 0) << "the process got a provider it did not ask for";
}

TEST(Isolation, MissingLegacyProviderIsSaidClearly) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  if (std::getenv("KVC_TEST_NO_LEGACY") != nullptr) {
    const auto status = legacy_context().status();
    ASSERT_TRUE(status.is(error::crypto_failed));
    EXPECT_NE(status.detail().find("legacy provider"), std::string::npos) << status.detail();
    EXPECT_EQ(OSSL_PROVIDER_available(library_context(), kFewKeys), 1);
    return;
  }
  const test_pki::ScratchDirectory empty;
  const auto result = test_pki::run({"/proc/self/exe", "--gtest_filter=Isolation.MissingLegacy*"}, empty.path(),
                                    {{"OPENSSL_MODULES", empty.path()}, {"KVC_TEST_NO_LEGACY", "1"}});
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST(Isolation, ScopeRestoresTheThreadsDefault) {
  OSSL_LIB_CTX* before = OSSL_LIB_CTX_set0_default(nullptr);
  {
    const ContextScope scope(library_context());
    EXPECT_EQ(OSSL_LIB_CTX_set0_default(nullptr), library_context());
  }
  EXPECT_EQ(OSSL_LIB_CTX_set0_default(nullptr), before);
}

}  // namespace
}  // namespace kvc::crypto
