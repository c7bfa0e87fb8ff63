// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/smime.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>

#include "kvconnect_server/mail_header.h"
#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

using CertStack = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * s) { sk_X509_pop_free(s, X509_free); })>;

std::optional<MailHeader> header_of(std::string_view entity) {
  const std::optional<std::size_t> length = header_length(entity);
  return length ? MailHeader::parse(entity.substr(0, *length)) : std::nullopt;
}

std::string signer_address(CMS_ContentInfo* cms) {
  const std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * s) { sk_X509_free(s); })> signers(
      CMS_get0_signers(cms));
  if (!signers || sk_X509_num(signers.get()) != 1) {
    return {};
  }
  STACK_OF(OPENSSL_STRING)* emails = X509_get1_email(sk_X509_value(signers.get(), 0));
  std::string first = emails && sk_OPENSSL_STRING_num(emails) > 0 ? sk_OPENSSL_STRING_value(emails, 0) : "";
  X509_email_free(emails);
  return lower(first);
}

void note_envelope(CMS_ContentInfo* cms, std::vector<std::string>& notes) {
  STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(cms);
  if (sk_CMS_RecipientInfo_num(infos) != 2) {
    notes.emplace_back("not exactly one RecipientInfo each for recipient and sender");
  }
  for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); ++i) {
    CMS_RecipientInfo* info = sk_CMS_RecipientInfo_value(infos, i);
    ASN1_OCTET_STRING* key_id = nullptr;
    X509_NAME* issuer = nullptr;
    ASN1_INTEGER* serial = nullptr;
    const bool named = CMS_RecipientInfo_type(info) == CMS_RECIPINFO_TRANS &&
                       CMS_RecipientInfo_ktri_get0_signer_id(info, &key_id, &issuer, &serial) == 1 && issuer && serial;
    if (!named) {
      notes.emplace_back("a RecipientInfo does not name its certificate by issuer and serial number");
    }
  }
}

void note_signature(CMS_ContentInfo* cms, std::vector<std::string>& notes) {
  const CertStack certs(CMS_get1_certs(cms));
  if (!certs || sk_X509_num(certs.get()) != 1) {
    notes.emplace_back("not exactly the signer's certificate is embedded");
  }
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms);
  for (int i = 0; i < sk_CMS_SignerInfo_num(signers); ++i) {
    CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, i);
    X509_ALGOR* digest = nullptr;
    CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, nullptr);
    const ASN1_OBJECT* algorithm = nullptr;
    X509_ALGOR_get0(&algorithm, nullptr, nullptr, digest);
    if (OBJ_obj2nid(algorithm) != NID_sha256) {
      notes.emplace_back("the digest is not SHA-256");
    }
    if (CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1) < 0) {
      notes.emplace_back("no signingTime");
    }
  }
}

void note_outer_header(const MailHeader& header, std::vector<std::string>& notes) {
  for (const char* name : {"from", "to", "date", "subject", "message-id", "x-kvc-dienstkennung", "x-kvc-sendersystem",
                           "mime-version", "content-description"}) {
    if (header.count(name) != 1) {
      notes.push_back(std::string("outer header: ") + name + " is not there once");
    }
  }
}

X509StorePtr store_of(const X509* user_ca, std::time_t at) {
  X509StorePtr store(X509_STORE_new());
  ensure(store && X509_STORE_add_cert(store.get(), const_cast<X509*>(user_ca)) == 1, "out of memory");
  // The User CA itself is the anchor: the root would let in the users of every other CA below it.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_USE_CHECK_TIME);
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), at);
  return store;
}

std::string decrypt(std::string_view mail, const Identity& recipient, OpenedMail& result) {
  BioPtr in = bio_over(mail);
  CmsPtr cms(SMIME_read_CMS(in.get(), nullptr));
  if (!cms) {
    result.fault = "the envelope cannot be read";
    return {};
  }
  if (OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_enveloped) {
    result.fault = "not encrypted";
    return {};
  }
  note_envelope(cms.get(), result.notes);
  BioPtr out = bio_sink();
  if (CMS_decrypt(cms.get(), recipient.key.get(), recipient.cert.get(), nullptr, out.get(), 0) != 1) {
    result.fault = "cannot be decrypted with the current key";
    return {};
  }
  return bio_text(out.get());
}

void verify(const std::string& inner, const std::string& from, const X509* user_ca, std::time_t at,
            OpenedMail& result) {
  BioPtr in = bio_over(inner);
  BIO* raw_content = nullptr;
  CmsPtr cms(SMIME_read_CMS(in.get(), &raw_content));
  const BioPtr content(raw_content);
  if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) {
    result.fault = "not signed";
    return;
  }
  note_signature(cms.get(), result.notes);
  if (!content) {
    result.notes.emplace_back("opaque signature instead of multipart/signed");
  }
  BioPtr out = bio_sink();
  const X509StorePtr store = store_of(user_ca, at);
  if (CMS_verify(cms.get(), nullptr, store.get(), content.get(), out.get(), 0) != 1) {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    result.fault = std::string("signature: ") + (reason ? reason : "not valid");
    return;
  }
  if (signer_address(cms.get()) != from) {
    result.fault = "the signer is not the sender";
    return;
  }
  result.entity = bio_text(out.get());
}

std::string sign(const std::string& entity, const Identity& sender) {
  BioPtr in = bio_over(entity);
  CmsPtr cms(CMS_sign(nullptr, nullptr, nullptr, in.get(), CMS_DETACHED | CMS_BINARY | CMS_PARTIAL));
  ensure(cms && CMS_add1_signer(cms.get(), sender.cert.get(), sender.key.get(), EVP_sha256(), CMS_BINARY),
         "cannot sign");
  ensure(CMS_final(cms.get(), in.get(), nullptr, CMS_DETACHED | CMS_BINARY) == 1, "cannot sign");
  BioPtr out = bio_sink();
  ensure(i2d_CMS_bio(out.get(), cms.get()) == 1, "cannot sign");
  return bio_text(out.get());
}

std::string encrypt(const std::string& inner, X509* recipient, X509* sender, Dialect dialect) {
  const CertStack certs(sk_X509_new_null());
  for (X509* cert : {recipient, sender}) {
    X509_up_ref(cert);
    ensure(certs && sk_X509_push(certs.get(), cert) > 0, "out of memory");
  }
  const unsigned flags = CMS_BINARY | (dialect == Dialect::kLegacy ? CMS_STREAM : 0U);
  BioPtr in = bio_over(inner);
  CmsPtr cms(CMS_encrypt(certs.get(), in.get(), EVP_aes_256_cbc(), flags));
  ensure(cms != nullptr, "cannot encrypt");
  BioPtr out = bio_sink();
  ensure(i2d_CMS_bio_stream(out.get(), cms.get(), in.get(), static_cast<int>(flags)) == 1, "cannot encrypt");
  return bio_text(out.get());
}

}  // namespace

OpenedMail open_mail(std::string_view mail, const Identity& recipient, const X509* user_ca, std::time_t at) {
  OpenedMail result;
  const std::optional<MailHeader> header = header_of(mail);
  const auto from = header ? addresses(header->get("from")) : std::nullopt;
  if (!from || from->size() != 1) {
    result.fault = "the header cannot be read";
    return result;
  }
  note_outer_header(*header, result.notes);
  const std::string inner = decrypt(mail, recipient, result);
  if (result.fault.empty()) {
    verify(inner, lower(from->front()), user_ca, at, result);
  }
  ERR_clear_error();
  return result;
}

std::string seal_mail(const std::string& header, const std::string& entity, const Identity& sender, X509* recipient,
                      Dialect dialect) {
  const bool legacy = dialect == Dialect::kLegacy;
  const std::string x = legacy ? "x-" : "";
  const std::string signed_entity = legacy ? entity : header + entity;
  const std::string boundary = "signed-" + uuid_from(signed_entity);
  std::string inner = "MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/" + x +
                      "pkcs7-signature\"; micalg=\"sha-256\";\r\n boundary=\"" + boundary + "\"\r\n\r\n";
  inner += "--" + boundary + "\r\n" + signed_entity + "\r\n--" + boundary + "\r\nContent-Type: application/" + x +
           "pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n" +
           "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n" +
           base64_encode(sign(signed_entity, sender), true) + "--" + boundary + "--\r\n";
  return header + "Content-Type: application/" + x + "pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"\r\n" +
         "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7m\"\r\n" +
         "Content-Description: S/MIME Encrypted Message\r\n\r\n" +
         base64_encode(encrypt(inner, recipient, sender.cert.get(), dialect), true);
}

}  // namespace kvserver
