// SPDX-License-Identifier: Apache-2.0
#include "crypto/csr.h"

#include <gtest/gtest.h>

#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::crypto {
namespace {

TEST(Csr, IsWhatTheProtocolSays) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "no openssl command line";
  }
  const test_pki::ScratchDirectory scratch;
  scratch.put("r.pem", make_csr(test_pki::key("a"), "praxis.müller").value());
  const auto shown = test_pki::openssl(
      {"req", "-in", "r.pem", "-noout", "-verify", "-text", "-nameopt", "RFC2253,-esc_msb"}, scratch.path());
  ASSERT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_NE(shown.output.find("self-signature verify OK"), std::string::npos) << shown.output;
  EXPECT_NE(shown.output.find("Subject: x500UniqueIdentifier=praxis.müller\n"), std::string::npos) << shown.output;
  EXPECT_NE(shown.output.find("sha256WithRSAEncryption"), std::string::npos);
  EXPECT_NE(shown.output.find("Public-Key: (2048 bit)"), std::string::npos);
  EXPECT_NE(shown.output.find("Version: 1 (0x0)"), std::string::npos);
  EXPECT_NE(shown.output.find("(none)"), std::string::npos) << "no attributes, no extensions";
}

TEST(Csr, RefusesUnusableNames) {
  const auto key = test_pki::key("a");
  for (const auto& name : {std::string(), std::string(201, 'x'), std::string("a\0b", 3), std::string("a\nb")}) {
    const auto status = make_csr(key, name).status();
    ASSERT_TRUE(status.is(error::invalid_field));
    EXPECT_EQ(status.params().at(0).second, "username");
  }
}

}  // namespace
}  // namespace kvc::crypto
