// SPDX-License-Identifier: Apache-2.0
// What `openssl cms` and `openssl smime` write, opened by us: text and binary mode, DER and BER, LF and CRLF, detached
// and opaque, old and new media types.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "unit/crypto/openssl_tool.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using samples::world;

std::string with_line_ends(const std::string& text, bool crlf) {
  std::string result;
  for (const char c : text) {
    if (c == '\n' && crlf && (result.empty() || result.back() != '\r')) {
      result += '\r';
    }
    if (c != '\r' || crlf) {
      result += c;
    }
  }
  return result;
}

std::string with_old_types(std::string text) {
  for (const char* type : {"application/pkcs7-mime", "application/pkcs7-signature"}) {
    for (auto at = text.find(type); at != std::string::npos; at = text.find(type, at + 20)) {
      text.insert(at + 12, "x-");
    }
  }
  return text;
}

/// command, binary mode, CRLF content, opaque, streaming (BER), old media types
using Shape = std::tuple<const char*, bool, bool, bool, bool, bool>;

class OpenSslSeals : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    if (test_pki::openssl_program().empty()) {
      GTEST_SKIP() << "there is no openssl command line";
    }
    scratch_.put("bernd.pem", world().bernd.certificate.pem());
    scratch_.put("anna.key", test_pki::key_pem(world().anna.key));
    scratch_.put("anna.pem", world().anna.certificate.pem());
  }
  void openssl(const std::vector<std::string>& arguments) {
    const auto result = test_pki::openssl(arguments, scratch_.path());
    ASSERT_EQ(result.exit_code, 0) << result.output;
  }
  test_pki::ScratchDirectory scratch_;
};

TEST_P(OpenSslSeals, IsOpenedByUs) {
  const auto& [command, binary, crlf, opaque, streaming, old_types] = GetParam();
  scratch_.put(
      "content",
      with_line_ends("Content-Type: multipart/mixed; boundary=M\n\n--M\nContent-Type: text/plain; charset=utf-8\n\n"
                     "Grüße\nzweite Zeile\n\n--M\nContent-Type: application/pdf; name=a.pdf\n"
                     "Content-Transfer-Encoding: base64\n\nSGFsbG8=\n--M--\n",
                     crlf));
  std::vector<std::string> sign{command,  "-sign",    "-in", "content", "-signer", "anna.pem",
                                "-inkey", "anna.key", "-md", "sha256",  "-out",    "signed"};
  std::vector<std::string> encrypt{command,
                                   "-encrypt",
                                   "-aes-256-cbc",
                                   "-in",
                                   "signed",
                                   "-out",
                                   "mail.eml",
                                   "-from",
                                   "anna@kv-safenet.de",
                                   "-to",
                                   "bernd@kv-safenet.de",
                                   "-subject",
                                   "eNachricht"};
  if (binary) {
    sign.emplace_back("-binary");
  }
  encrypt.emplace_back("-binary");
  if (opaque) {
    sign.emplace_back("-nodetach");
  }
  for (auto* arguments : {&sign, &encrypt}) {
    arguments->emplace_back(streaming ? "-indef" : "-noindef");  // BER or DER
  }
  encrypt.insert(encrypt.end(), {"bernd.pem", "anna.pem"});
  openssl(sign);
  scratch_.put("signed", old_types ? with_old_types(scratch_.get("signed")) : scratch_.get("signed"));
  openssl(encrypt);
  const auto mail = old_types ? with_old_types(scratch_.get("mail.eml")) : scratch_.get("mail.eml");
  auto with = samples::options();
  with.at = samples::signing_day();  // openssl signs with the clock of the machine
  for (const bool mail_crlf : {false, true}) {
    const auto message = samples::opened(with_line_ends(mail, mail_crlf), with);
    ASSERT_EQ(message.verdict, Verdict::valid) << message.layers[0].reason << '\n' << scratch_.get("signed");
    ASSERT_EQ(message.parts.size(), 2U);
    EXPECT_THAT(message.text(), testing::StartsWith("Grüße"));
    EXPECT_EQ(message.parts[1].size, 5U);
    EXPECT_EQ(message.layers[0].content_cipher, "aes-256-cbc");
    EXPECT_EQ(message.layers[0].digest, "sha-256");
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, OpenSslSeals,
                         testing::Combine(testing::Values("cms", "smime"), testing::Bool(), testing::Bool(),
                                          testing::Bool(), testing::Bool(), testing::Bool()));

/// Algorithms the command line chooses by options; one shape each.
class OpenSslAlgorithms
    : public testing::TestWithParam<std::tuple<std::vector<std::string>, std::vector<std::string>, Verdict>> {};

TEST_P(OpenSslAlgorithms, AreReadByThePolicy) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "there is no openssl command line";
  }
  const auto& [sign_options, encrypt_options, verdict] = GetParam();
  const test_pki::ScratchDirectory scratch;
  scratch.put("bernd.pem", world().bernd.certificate.pem());
  scratch.put("anna.key", test_pki::key_pem(world().anna.key));
  scratch.put("anna.pem", world().anna.certificate.pem());
  scratch.put("content", "Content-Type: text/plain\n\nGuten Tag\n");
  std::vector<std::string> sign{"cms",    "-sign",   "-in",      "content", "-out",
                                "signed", "-signer", "anna.pem", "-inkey",  "anna.key"};
  sign.insert(sign.end(), sign_options.begin(), sign_options.end());
  std::vector<std::string> encrypt{"cms",      "-encrypt", "-binary",           "-in", "signed", "-out",
                                   "mail.eml", "-from",    "anna@kv-safenet.de"};
  encrypt.insert(encrypt.end(), encrypt_options.begin(), encrypt_options.end());
  auto result = test_pki::openssl(sign, scratch.path());
  ASSERT_EQ(result.exit_code, 0) << result.output;
  result = test_pki::openssl(encrypt, scratch.path());
  ASSERT_EQ(result.exit_code, 0) << result.output;
  auto with = samples::options();
  with.at = samples::signing_day();
  const auto message = samples::opened(scratch.get("mail.eml"), with);
  EXPECT_EQ(message.verdict, verdict) << message.layers[0].reason;
  EXPECT_THAT(message.text(), testing::StartsWith("Guten Tag"));
}

using Words = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(
    Choices, OpenSslAlgorithms,
    testing::Values(
        std::make_tuple(Words{"-md", "sha512", "-keyopt", "rsa_padding_mode:pss"}, Words{"-aes128", "bernd.pem"},
                        Verdict::valid),
        std::make_tuple(Words{"-md", "sha384"},
                        Words{"-aes-192-cbc", "-recip", "bernd.pem", "-keyopt", "rsa_padding_mode:oaep"},
                        Verdict::valid),
        std::make_tuple(Words{"-md", "sha256", "-cades"}, Words{"-aes-256-gcm", "bernd.pem"}, Verdict::valid),
        std::make_tuple(Words{"-md", "sha256", "-keyid"}, Words{"-aes256", "-keyid", "bernd.pem"}, Verdict::valid),
        std::make_tuple(Words{"-md", "sha1"}, Words{"-aes256", "bernd.pem"}, Verdict::weak_algorithm),
        std::make_tuple(Words{"-md", "md5"}, Words{"-aes256", "bernd.pem"}, Verdict::weak_algorithm),
        std::make_tuple(Words{"-md", "sha256"}, Words{"-des3", "bernd.pem"}, Verdict::weak_algorithm),
        std::make_tuple(Words{"-md", "sha256"},
                        Words{"-rc2-128", "-provider", "legacy", "-provider", "default", "bernd.pem"},
                        Verdict::weak_algorithm)));

}  // namespace
}  // namespace kvc::message
