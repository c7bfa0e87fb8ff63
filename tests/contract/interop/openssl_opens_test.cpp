// SPDX-License-Identifier: Apache-2.0
// What seal() writes, opened by `openssl cms` and `openssl smime`, in text and in binary mode.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/crypto/openssl_tool.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using samples::world;

class OpenSslOpens : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (test_pki::openssl_program().empty()) {
      GTEST_SKIP() << "there is no openssl command line";
    }
    scratch_.put("trust.pem", world().root.certificate.pem() + world().user_ca.certificate.pem());
    scratch_.put("bernd.key", test_pki::key_pem(world().bernd.key));
    scratch_.put("bernd.pem", world().bernd.certificate.pem());
    scratch_.put("anna.key", test_pki::key_pem(world().anna.key));
    scratch_.put("anna.pem", world().anna.certificate.pem());
  }
  test_pki::ToolResult openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), GetParam());
    return test_pki::openssl(arguments, scratch_.path());
  }
  /// Decrypts as `who`, verifies in text or binary mode, and gives the verified content.
  std::string open_both(const std::string& who, bool binary) {
    const auto decrypted =
        openssl({"-decrypt", "-in", "mail.eml", "-recip", who + ".pem", "-inkey", who + ".key", "-out", "signed"});
    EXPECT_EQ(decrypted.exit_code, 0) << decrypted.output;
    std::vector<std::string> verify{
        "-verify", "-in",        "signed",
        "-CAfile", "trust.pem",  "-purpose",
        "any",     "-attime",    std::to_string(std::chrono::system_clock::to_time_t(samples::signing_day())),
        "-signer", "signer.pem", "-out",
        "content"};
    if (binary) {
      verify.emplace_back("-binary");
    }
    const auto verified = openssl(verify);
    EXPECT_EQ(verified.exit_code, 0) << verified.output << scratch_.get("signed").substr(0, 600);
    return scratch_.get("content");
  }
  test_pki::ScratchDirectory scratch_;
};

TEST_P(OpenSslOpens, ALetterWithAttachments) {
  auto outgoing = samples::letter();
  outgoing.text = "Grüße\n\nFrom hier an\n.\n Blanks am Ende  \n";
  outgoing.attachments = {
      samples::attachment("Befund Müller.pdf", std::string(5000, '\n') + std::string(100, '\r'), "application/pdf")};
  scratch_.put("mail.eml", samples::sealed(outgoing));
  const auto text = open_both("bernd", false);
  EXPECT_NE(text.find("Content-Type: multipart/mixed"), std::string::npos);
  EXPECT_NE(text.find("X-KVC-Dienstkennung: eNachricht;Lieferung;V2.0"), std::string::npos);
  const auto binary = open_both("bernd", true);
  EXPECT_EQ(binary, text);
}

TEST_P(OpenSslOpens, APlainTextAsTheSender) {
  scratch_.put("mail.eml", samples::sealed(samples::letter()));
  EXPECT_NE(open_both("anna", false).find("Guten Tag, Herr Kollege"), std::string::npos);
  EXPECT_NE(open_both("anna", true).find("Guten Tag, Herr Kollege"), std::string::npos);
}

TEST_P(OpenSslOpens, TextsWithEveryEnd) {
  for (const char* text : {"", "x", "x\n", "x\n\n", "\n", "x\r\n\r\n", "x "}) {
    auto outgoing = samples::letter();
    outgoing.text = text;
    scratch_.put("mail.eml", samples::sealed(outgoing));
    open_both("bernd", false);
    open_both("bernd", true);
  }
}

TEST_P(OpenSslOpens, AReceipt) {
  auto outgoing = samples::letter();
  outgoing.receipt = Receipt{"abc@kv-safenet.de", "anna@kv-safenet.de", false};
  scratch_.put("mail.eml", samples::sealed(outgoing));
  EXPECT_NE(open_both("bernd", false).find("Original-Message-ID: <abc@kv-safenet.de>"), std::string::npos);
  open_both("bernd", true);
}

TEST_P(OpenSslOpens, AMailWhoseLineEndsATransportChanged) {
  std::string lf;
  for (const char c : samples::sealed(samples::letter())) {
    if (c != '\r') {
      lf += c;
    }
  }
  scratch_.put("mail.eml", lf);
  open_both("bernd", false);
  open_both("bernd", true);
}

INSTANTIATE_TEST_SUITE_P(Commands, OpenSslOpens, testing::Values("cms", "smime"));

}  // namespace
}  // namespace kvc::message
