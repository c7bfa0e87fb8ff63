// SPDX-License-Identifier: Apache-2.0
// The reader that streams says exactly what the reader on whole buffers says (oracle/), whatever the mail.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "message/cms_write.h"
#include "paths.h"
#include "unit/message/oracle/differential.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;
using oracle::difference;

std::string file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    c = static_cast<char>(random());
  }
  return bytes;
}

/// Mails of every shape the reader knows.
std::vector<std::string> shapes() {
  auto report = letter();
  report.receipt = Receipt{"orig@kv-safenet.de", "bernd@kv-safenet.de", false};
  auto with_file = letter();
  with_file.attachments = {attachment("Befund.pdf", noise(3000, 1), "application/pdf", "eAB-PDF-unsigned"),
                           attachment("leer.bin", "")};
  const auto& anna = world().anna;
  const std::string text = text_entity();
  const std::string entity = signed_entity(anna);
  const std::string lf = "Content-Type: text/plain\n\nZeile 1\nZeile 2\n";
  std::string crlf = lf;
  for (std::size_t at = crlf.find('\n'); at != std::string::npos; at = crlf.find('\n', at + 2)) {
    crlf.insert(at, "\r");
  }
  std::vector<std::string> list = {
      sealed(letter()),
      sealed(with_file),
      sealed(report),
      enveloped_mail(entity),
      enveloped_mail(text),
      mail_fields() + entity,
      mail_fields() + text,
      mail_fields() + multipart_signed(lf, signature(crlf, anna)),
      mail_fields() + multipart_signed(lf, signature(lf, anna)),
      enveloped_mail(pkcs7_mime(signature(text, anna, {.opaque = true}), "signed-data")),
      mail_fields() + pkcs7_mime(signature(text, anna, {.opaque = true}), "signed-data"),
      enveloped_mail("Content-Type: application/pkcs7-mime\r\n\r\n" + sealed(letter())),
      enveloped_mail(
          multipart_signed("Content-Type: application/pkcs7-mime\r\n\r\n" + sealed(letter()),
                           signature("Content-Type: application/pkcs7-mime\r\n\r\n" + sealed(letter()), anna))),
      sealed(letter()) + "\r\n--trailing",
  };
  for (const auto& how : std::vector<EncryptOptions>{{.cipher = "AES-128-GCM"},
                                                     {.cipher = "DES-EDE3-CBC"},
                                                     {.cipher = "AES-256-GCM", .oaep = true},
                                                     {.by_key_id = true},
                                                     {.indefinite = true}}) {
    list.push_back(enveloped_mail(entity, "anna@kv-safenet.de", how));
  }
  for (const auto& how : std::vector<SignOptions>{{.digest = "SHA1"},
                                                  {.digest = "SHA512"},
                                                  {.digest = "MD5"},
                                                  {.attributes = false},
                                                  {.embed_certificate = false},
                                                  {.pss = true},
                                                  {.name_other = world().bernd.certificate},
                                                  {.more_signers = {world().bernd}}}) {
    list.push_back(enveloped_mail(signed_entity(anna, how)));
  }
  return list;
}

TEST(Differential, EveryShape) {
  for (const auto& mail : shapes()) {
    EXPECT_EQ(difference(mail, options()), "") << mail.substr(0, 600);
  }
}

TEST(Differential, KeysWithoutCertificatesAndWrongKeys) {
  auto bare = options();
  bare.keys = {{test_pki::key("stranger"), std::nullopt, "stranger"}, {world().bernd.key, std::nullopt, "bernd"}};
  auto wrong = options();
  wrong.keys = {{test_pki::key("stranger"), world().bernd.certificate, "wrong"}};
  auto none = options();
  none.keys.clear();
  for (const auto& mail : shapes()) {
    EXPECT_EQ(difference(mail, bare), "");
    EXPECT_EQ(difference(mail, wrong), "");
    EXPECT_EQ(difference(mail, none), "");
  }
}

TEST(Differential, EveryVector) {
  const std::string folder = test::source_dir() + "/tests/vectors/messages/";
  const std::string pem = file(folder + "TEST_ONLY_bernd.pem");
  OpenOptions with;
  with.keys = {{*crypto::PrivateKey::from_pem(Secret(pem), Secret()), *crypto::Certificate::from_pem(pem), "bernd"}};
  with.trust = *crypto::TrustList::load({folder + "TEST_ONLY_root.pem"}, {folder + "TEST_ONLY_user_ca.pem"});
  with.now = signing_day();
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".eml") {
      EXPECT_EQ(difference(file(entry.path()), with), "") << entry.path();
      ++count;
    }
  }
  EXPECT_GT(count, 30);
}

TEST(Differential, TheRealMail) {
  const std::string folder = test::shared_data_dir();
  if (!std::filesystem::exists(folder + "/mail/arztbrief_2019_nested.eml")) {
    GTEST_SKIP() << "the real mail is not at hand (" << folder << "/mail)";
  }
  OpenOptions with;
  with.keys = {{*crypto::PrivateKey::from_pem(Secret(file(folder + "/mail/arztbrief_2019_nested.key.pem")), Secret()),
                std::nullopt, "key"}};
  with.trust = *crypto::TrustList::load({folder + "/ca/ref_root_ca_1.pem"}, {folder + "/ca/ref1_user_ca_2.pem"});
  with.now = signing_day();
  const std::string mail = file(folder + "/mail/arztbrief_2019_nested.eml");
  EXPECT_EQ(difference(mail, with), "");
  std::mt19937 random(3);
  for (int i = 0; i < 60; ++i) {
    auto changed = mail;
    changed[random() % changed.size()] = static_cast<char>(random());
    EXPECT_EQ(difference(changed, with), "") << i;
    EXPECT_EQ(difference(mail.substr(0, random() % mail.size()), with), "") << i;
  }
}

TEST(Differential, TruncatedAtEveryByte) {
  const std::string mail = mail_fields() + signed_entity(world().anna);
  for (std::size_t length = 0; length < mail.size(); ++length) {
    ASSERT_EQ(difference(mail.substr(0, length), options()), "") << length;
  }
}

TEST(Differential, AnEnvelopeTruncatedAtEveryByte) {
  for (const bool indefinite : {false, true}) {
    const std::string der = envelope(text_entity(), {world().bernd.certificate}, {.indefinite = indefinite});
    for (std::size_t length = 0; length < der.size(); ++length) {
      ASSERT_EQ(difference(mail_fields() + pkcs7_mime(der.substr(0, length), "enveloped-data"), options()), "")
          << length;
    }
  }
}

TEST(Differential, EveryByteOfAStructureChanged) {
  std::mt19937 random(11);
  const auto check = [&](const std::string& der, auto mail_of) {
    for (std::size_t at = 0; at < der.size(); ++at) {
      auto changed = der;
      const auto value = static_cast<unsigned char>(der[at]);
      changed[at] = static_cast<char>(random() % 4 == 0 ? random() & 0xffU : value ^ (1U << (random() % 8)));
      ASSERT_EQ(difference(mail_of(changed), options()), "") << at;
    }
  };
  const auto enveloped = [](const std::string& der) { return mail_fields() + pkcs7_mime(der, "enveloped-data"); };
  for (const auto& how : std::vector<EncryptOptions>{{}, {.cipher = "AES-256-GCM"}, {.indefinite = true}}) {
    check(envelope(text_entity(), {world().bernd.certificate}, how), enveloped);
  }
  check(signature(text_entity(), world().anna, {.opaque = true}),
        [](const std::string& der) { return mail_fields() + pkcs7_mime(der, "signed-data"); });
  const auto detached = [](const std::string& der) { return mail_fields() + multipart_signed(text_entity(), der); };
  check(signature(text_entity(), world().anna), detached);
  // What we write ourselves has every attribute; each byte three times.
  auto signer = cms::DetachedSigner::begin(world().anna.key, world().anna.certificate, signing_day()).value();
  signer.add(text_entity());
  const std::string ours = signer.finish().value();
  for (int i = 0; i < 3; ++i) {
    check(ours, detached);
  }
}

TEST(Differential, MutatedMimeTrees) {
  const std::string tree =
      "Content-Type: multipart/mixed; boundary=M\r\n\r\npreamble\r\n--M\r\n\r\ngood\r\n--M\r\nContent-Type: "
      "multipart/alternative; boundary=A\r\n\r\n--A\r\nContent-Transfer-Encoding: base64\r\n\r\nSGFsbG8=\r\n--A \t\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n=48allo=\r\n=20\r\n--A--\r\nepilogue\r\n--M\r\nContent-Type: "
      "application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nSGFsbG8\r\n--M\n\nline\n--M--\r\nafter";
  const std::vector<std::string> pieces = {"\r\n--M\r\n", "--M--",         "\n",       "\r", "-",
                                           "--A",         "\r\n--A--\r\n", "\r\n\r\n", "=",  " "};
  std::mt19937 random(5);
  for (int i = 0; i < 1500; ++i) {
    std::string changed = tree;
    for (std::size_t n = random() % 4; n > 0; --n) {
      const std::size_t at = random() % changed.size();
      switch (random() % 3) {
        case 0:
          changed.insert(at, pieces[random() % pieces.size()]);
          break;
        case 1:
          changed.erase(at, random() % 20);
          break;
        default:
          changed[at] = static_cast<char>(random());
          break;
      }
      changed += changed.empty() ? "x" : "";
    }
    ASSERT_EQ(difference(mail_fields() + multipart_signed(changed, signature(changed, world().anna)), options()), "")
        << changed;
  }
}

/// Sizes around every buffer, so that delimiters, line ends and groups of base64 fall across pieces.
TEST(Differential, ContentAcrossPieces) {
  for (const std::size_t size : {65000UL, 65500UL, 65530UL, 65536UL, 131000UL, 262144UL, 400000UL}) {
    for (std::size_t more = 0; more < 12; ++more) {
      const std::string body =
          "Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\n\r\n" + std::string(size + more * 7, 'x') +
          "\r\n--M\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64(noise(more * 31, 2)) + "--M--";
      ASSERT_EQ(difference(enveloped_mail(multipart_signed(body, signature(body, world().anna))), options()), "")
          << size << " " << more;
    }
  }
}

}  // namespace
}  // namespace kvc::message
