// SPDX-License-Identifier: Apache-2.0
#include "message/seal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "message/cms.h"
#include "message/cms_write.h"
#include "mime/header.h"
#include "mime/split.h"
#include "unit/message/oracle/oracle_cms.h"
#include "unit/message/samples.h"

namespace kvc::message {
namespace {

using namespace samples;

SealKeys keys() {
  return {world().anna.key, world().anna.certificate, world().bernd.certificate};
}

/// The clear header as name -> value.
std::vector<std::string> names_of_clear_header(const std::string& mail) {
  const auto header = mime::Header::parse(mime::split_entity(mail).header);
  EXPECT_TRUE(header.ok());
  std::vector<std::string> names;
  for (const auto& field : header->fields()) {
    names.push_back(field.name);
  }
  return names;
}

TEST(Seal, TheClearHeaderHoldsTheListedFieldsOnly) {
  auto outgoing = letter();
  EXPECT_THAT(names_of_clear_header(sealed(outgoing)),
              testing::ElementsAre("From", "To", "Date", "Subject", "Message-ID", "X-KVC-Dienstkennung",
                                   "X-KVC-Sendersystem", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
                                   "Content-Disposition", "Content-Description"));
  outgoing.in_reply_to = "vorher@kv-safenet.de";
  outgoing.request_receipt = true;
  EXPECT_THAT(names_of_clear_header(sealed(outgoing)),
              testing::IsSupersetOf({"In-Reply-To", "Disposition-Notification-To", "Return-Path"}));
}

TEST(Seal, TheClearHeaderIsAsTheProtocolSays) {
  const auto mail = sealed(letter());
  const auto header = *mime::Header::parse(mime::split_entity(mail).header);
  EXPECT_EQ(header.get("Content-Type"), "application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"");
  EXPECT_EQ(header.get("Content-Transfer-Encoding"), "base64");
  EXPECT_EQ(header.get("Content-Disposition"), "attachment; filename=\"smime.p7m\"");
  EXPECT_EQ(header.get("Content-Description"), "S/MIME Encrypted Message");
  EXPECT_EQ(header.get("Message-ID"), "<11111111-2222-4333-8444-555555555555@kv-safenet.de>");
  EXPECT_EQ(header.get("Date"), "Sat, 01 Mar 2025 10:00:00 +0000");
}

TEST(Seal, WhatTheUserTypedNeverLeavesTheEnvelope) {
  auto outgoing = letter();
  outgoing.user_subject = "Befund Erika Mustermann";
  outgoing.text = "Erika Mustermann, geb. 1.1.1970";
  outgoing.attachments = {attachment("Mustermann.pdf", "Mustermann")};
  const auto mail = sealed(outgoing);
  EXPECT_EQ(mail.find("Mustermann"), std::string::npos);
  EXPECT_EQ(mail.find("TXVzdGVybWFub"), std::string::npos) << "base64 of the name";
  const auto message = opened(mail);
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_EQ(message.layers[0].subject, "Befund Erika Mustermann");
  EXPECT_THAT(message.layers[0].warnings, testing::IsEmpty());
}

TEST(Seal, EveryLineEndsInCrlfAndIsShort) {
  auto outgoing = letter();
  outgoing.sender_system = "Ein sehr langer Name eines Systems mit vielen Wörtern, der nicht in eine Zeile paßt;V1.0";
  const auto mail = sealed(outgoing);
  std::size_t from = 0;
  for (auto at = mail.find('\n'); at != std::string::npos; at = mail.find('\n', from)) {
    ASSERT_GT(at, 0U);
    ASSERT_EQ(mail[at - 1], '\r');
    EXPECT_LE(at - from, 79U);
    from = at + 1;
  }
  EXPECT_EQ(from, mail.size());
}

TEST(Seal, TheSignedEntityCarriesTheMailsFields) {
  auto outgoing = letter();
  outgoing.user_subject = "Rückfrage";
  const auto message = opened(sealed(outgoing));
  std::set<std::string> names;
  for (const auto& field : message.layers[0].signed_header) {
    names.insert(field.name);
  }
  for (const char* name : {"From", "To", "Date", "Subject", "Message-ID", "X-KVC-Dienstkennung", "MIME-Version"}) {
    EXPECT_TRUE(names.count(name)) << name;
  }
}

TEST(Seal, OneCertificateAndSignedAttributes) {
  auto detached = cms::DetachedSigner::begin(world().anna.key, world().anna.certificate, signing_day());
  ASSERT_TRUE(detached.ok());
  detached->add("x");
  const auto der = detached->finish();
  ASSERT_TRUE(der.ok());
  const auto ours = cms::parse(in_memory(mime::WipedBytes(der->begin(), der->end())), nullptr);
  ASSERT_TRUE(ours.ok());
  ASSERT_EQ(ours->certificates.size(), 1U);
  EXPECT_TRUE(ours->certificates[0] == world().anna.certificate);
  EXPECT_TRUE(ours->usual) << "what we write is the form that is read without OpenSSL's CMS code";
  const auto parsed = oracle::parse(*der, nullptr);
  ASSERT_TRUE(parsed.ok());
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(parsed->cms.get());
  ASSERT_EQ(sk_CMS_SignerInfo_num(signers), 1);
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, 0);
  for (const int nid : {NID_pkcs9_contentType, NID_pkcs9_signingTime, NID_pkcs9_messageDigest, NID_SMIMECapabilities,
                        NID_id_smime_aa_signingCertificateV2}) {
    EXPECT_GE(CMS_signed_get_attr_by_NID(signer, nid, -1), 0) << OBJ_nid2sn(nid);
  }
  EXPECT_EQ(CMS_get0_content(parsed->cms.get())[0], nullptr) << "detached";
}

TEST(Seal, TheSigningTimeIsTheClocks) {
  const auto message = opened(sealed(letter(), keys(), test_pki::day("2026-11-23T15:35:28")));
  EXPECT_EQ(message.layers[0].signing_time, test_pki::day("2026-11-23T15:35:28"));
}

TEST(Seal, ToOneselfIsOneRecipient) {
  auto outgoing = letter();
  outgoing.to = outgoing.from;
  auto with = options();
  with.keys = {{world().anna.key, world().anna.certificate, "anna"}};
  const auto message = opened(
      sealed(outgoing, {world().anna.key, world().anna.certificate, world().anna.certificate}, signing_day()), with);
  EXPECT_EQ(message.verdict, Verdict::valid);
  EXPECT_EQ(message.layers[0].recipients.size(), 1U);
}

TEST(Seal, TextsOfAllKindsArriveUnchanged) {
  for (const std::string& text :
       {std::string(""), std::string("ein Wort"), std::string("Umlaute äöüß €"), std::string("Zeile 1\nZeile 2\n"),
        std::string("Zeile 1\r\nZeile 2\r\n"), std::string("From hier\nFrom dort"), std::string(".\n.\n"),
        std::string("Blanks am Ende   \n\t\n"), std::string(5000, 'x'), std::string("--=_x\n--x--\n"),
        std::string("\x01 Steuerzeichen \r allein"), std::string("= =3D =\n")}) {
    auto outgoing = letter();
    outgoing.text = text;
    std::string expected;
    for (std::size_t i = 0; i < text.size(); ++i) {
      expected += text[i] == '\n' && (i == 0 || text[i - 1] != '\r') ? "\r\n" : std::string(1, text[i]);
    }
    const auto message = opened(sealed(outgoing));
    ASSERT_EQ(message.verdict, Verdict::valid) << message.layers[0].reason;
    EXPECT_EQ(message.text(), expected);
  }
}

TEST(Seal, RefusesWhatIsNoAddressOrId) {
  using Change = void (*)(Outgoing&);
  const std::pair<const char*, Change> cases[] = {
      {"From", [](Outgoing& o) { o.from = "anna"; }},
      {"From", [](Outgoing& o) { o.from = "Anna <anna@kv-safenet.de>"; }},
      {"From", [](Outgoing& o) { o.from = "a@b, c@d"; }},
      {"From", [](Outgoing& o) { o.from = "anna@kv-safenet.de\r\nBcc: x@y"; }},
      {"To", [](Outgoing& o) { o.to = ""; }},
      {"To", [](Outgoing& o) { o.to = "müller@kv-safenet.de"; }},
      {"Subject", [](Outgoing& o) { o.subject = "a\r\nBcc: x@y"; }},
      {"Message-ID", [](Outgoing& o) { o.message_id = "<a@b>"; }},
      {"Message-ID", [](Outgoing& o) { o.message_id = ""; }},
      {"In-Reply-To", [](Outgoing& o) { o.in_reply_to = "a@b\nX: y"; }},
      {"X-KVC-Dienstkennung", [](Outgoing& o) { o.service_id.type = "a\r\nb"; }},
      {"X-KVC-Dienstkennung", [](Outgoing& o) { o.service_id = {}; }},
      {"X-KVC-Sendersystem", [](Outgoing& o) { o.sender_system = "a\nb"; }},
      {"Subject", [](Outgoing& o) { o.user_subject = "a\r\nb"; }},
      {"text", [](Outgoing& o) { o.text = "\xff"; }},
      {"filename", [](Outgoing& o) { o.attachments = {attachment("../x", "")}; }},
      {"filename", [](Outgoing& o) { o.attachments = {attachment("", "")}; }},
      {"Content-Type", [](Outgoing& o) { o.attachments = {attachment("x", "", "a/b\r\nX: y")}; }},
      {"Content-Type", [](Outgoing& o) { o.attachments = {attachment("x", "", "multipart/mixed")}; }},
      {"Content-Type", [](Outgoing& o) { o.attachments = {attachment("x", "", "nonsense")}; }},
      {"Content-Description", [](Outgoing& o) { o.attachments = {attachment("x", "", "a/b", "a\r\nb")}; }},
  };
  for (const auto& [field, change] : cases) {
    auto outgoing = letter();
    change(outgoing);
    FixedEnv env(signing_day());
    std::ostringstream out;
    const Status status = seal(outgoing, keys(), env, out);
    ASSERT_TRUE(status.is(error::invalid_field)) << field << ": " << status.to_string();
    ASSERT_FALSE(status.params().empty());
    EXPECT_EQ(status.params()[0], std::make_pair(std::string("field"), std::string(field)));
    EXPECT_EQ(out.str(), "") << "something was written";
  }
}

TEST(Seal, UnreadableAttachmentsAndFullDisks) {
  FixedEnv env(signing_day());
  auto outgoing = letter();
  outgoing.attachments = {attachment("x", "")};
  outgoing.attachments[0].open = [] { return nullptr; };
  std::ostringstream out;
  EXPECT_TRUE(seal(outgoing, keys(), env, out).is(error::file_unreadable));
  outgoing.attachments[0].open = nullptr;
  EXPECT_TRUE(seal(outgoing, keys(), env, out).is(error::file_unreadable));
  outgoing.attachments[0].open = [] {
    auto in = std::make_unique<std::istringstream>("x");
    in->setstate(std::ios::badbit);
    return in;
  };
  EXPECT_TRUE(seal(outgoing, keys(), env, out).is(error::file_unreadable));
  EXPECT_EQ(out.str(), "");
  out.setstate(std::ios::badbit);
  EXPECT_TRUE(seal(letter(), keys(), env, out).is(error::file_unwritable));
}

TEST(Seal, AKeyThatIsNotTheCertificatesFails) {
  FixedEnv env(signing_day());
  std::ostringstream out;
  const auto status =
      seal(letter(), {world().bernd.key, world().anna.certificate, world().bernd.certificate}, env, out);
  EXPECT_TRUE(status.is(error::crypto_failed)) << status.to_string();
  EXPECT_EQ(out.str(), "");
}

TEST(Seal, AnExceptionOfAnAttachmentStaysInside) {
  FixedEnv env(signing_day());
  std::ostringstream out;
  auto outgoing = letter();
  outgoing.attachments = {attachment("x", "")};
  outgoing.attachments[0].open = []() -> std::unique_ptr<std::istream> { throw std::runtime_error("patient data"); };
  const auto status = seal(outgoing, keys(), env, out);
  EXPECT_TRUE(status.is(error::internal));
  EXPECT_EQ(status.to_string().find("patient"), std::string::npos);
}

}  // namespace
}  // namespace kvc::message
