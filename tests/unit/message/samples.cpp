// SPDX-License-Identifier: Apache-2.0
#include "unit/message/samples.h"

#include <openssl/ess.h>
#include <openssl/rsa.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"
#include "mime/transfer.h"

namespace kvc::message::samples {
namespace {

using crypto::BioPtr;
using crypto::CmsPtr;

/// A sample that cannot be made is a broken test program, not a failed test.
template <class T>
T need(T value, const char* what) {
  if (!value) {
    std::fprintf(stderr, "sample: %s: %s\n", what, crypto::openssl_error().c_str());
    std::abort();
  }
  return value;
}

BioPtr source(std::string_view content) {
  return need(BioPtr(BIO_new_mem_buf(content.data(), static_cast<int>(content.size()))), "BIO");
}

std::string der_of(CMS_ContentInfo* cms) {
  unsigned char* der = nullptr;
  const int length = i2d_CMS_ContentInfo(cms, &der);
  need(length > 0, "i2d");
  std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return text;
}

void set_signing_time(CMS_SignerInfo* signer) {
  ASN1_TIME* time = ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(signing_day()));
  need(CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, ASN1_STRING_type(time), time, -1) == 1, "time");
  ASN1_TIME_free(time);
}

void name_certificate(CMS_SignerInfo* signer, const crypto::Certificate& other) {
  ESS_SIGNING_CERT_V2* named = need(OSSL_ESS_signing_cert_v2_new_init(EVP_sha256(), other.native(), nullptr, 1), "ESS");
  unsigned char* der = nullptr;
  const int length = i2d_ESS_SIGNING_CERT_V2(named, &der);
  ESS_SIGNING_CERT_V2_free(named);
  ASN1_STRING* sequence = ASN1_STRING_new();
  ASN1_STRING_set(sequence, der, length);
  OPENSSL_free(der);
  need(CMS_signed_add1_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, V_ASN1_SEQUENCE, sequence, -1) == 1,
       "attribute");
  ASN1_STRING_free(sequence);
}

void add_signer(CMS_ContentInfo* cms, const crypto::Identity& who, const SignOptions& how, unsigned flags) {
  const crypto::DigestPtr digest(need(EVP_MD_fetch(crypto::library_context(), how.digest.c_str(), nullptr), "digest"));
  CMS_SignerInfo* signer =
      need(CMS_add1_signer(cms, who.certificate.native(), who.key.native(), digest.get(), flags), "signer");
  if (how.pss) {
    EVP_PKEY_CTX* context = need(CMS_SignerInfo_get0_pkey_ctx(signer), "key context");
    need(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1, "pss");
  }
  if (how.attributes) {
    set_signing_time(signer);
  }
  if (how.name_other) {
    name_certificate(signer, *how.name_other);
  }
}

}  // namespace

const World& world() {
  static const World instance = [] {
    using namespace test_pki;
    const auto root = make_root({.name = "Test Root CA 1"});
    const auto user_ca = make_user_ca(root, {.name = "Test User CA 1"});
    const auto foreign_ca = make_user_ca(root, {.name = "Test User CA 2 (Referenz)"});
    return World{root,
                 user_ca,
                 foreign_ca,
                 make_user(user_ca, {.address = "anna@kv-safenet.de", .name = "Anna Beispiel"}),
                 make_user(user_ca, {.address = "bernd@kv-safenet.de", .name = "Bernd Beispiel"}),
                 make_user(foreign_ca, {.address = "anna@kv-safenet.de", .name = "Anna Fremd", .key_name = "foreign"}),
                 make_user(user_ca, {.address = "anna@kv-safenet.de",
                                     .name = "Anna Alt",
                                     .not_before = day("2019-01-01"),
                                     .not_after = day("2020-01-01"),
                                     .key_name = "expired"}),
                 trust({root}, {user_ca})};
  }();
  return instance;
}

TimePoint signing_day() {
  return test_pki::day("2025-03-01T10:00:00");
}

Outgoing letter() {
  Outgoing outgoing;
  outgoing.from = "anna@kv-safenet.de";
  outgoing.to = "bernd@kv-safenet.de";
  outgoing.subject = "eNachricht";
  outgoing.service_id = {"eNachricht", "Lieferung", "V2.0"};
  outgoing.message_id = "11111111-2222-4333-8444-555555555555@kv-safenet.de";
  outgoing.date = signing_day();
  outgoing.sender_system = "KVConnectPlugin;V0.1";
  outgoing.text = "Guten Tag, Herr Kollege";
  return outgoing;
}

Attachment attachment(std::string name, std::string bytes, std::string type, std::string description) {
  return {std::move(name), std::move(type), std::move(description),
          [bytes = std::move(bytes)]() { return std::make_unique<std::istringstream>(bytes); }};
}

std::string sealed(const Outgoing& outgoing) {
  return sealed(outgoing, {world().anna.key, world().anna.certificate, world().bernd.certificate}, signing_day());
}

std::string sealed(const Outgoing& outgoing, const SealKeys& keys, TimePoint now) {
  FixedEnv env(now);
  std::ostringstream out;
  const Status status = seal(outgoing, keys, env, out);
  if (!status.ok()) {
    std::fprintf(stderr, "sample: seal: %s\n", status.to_string().c_str());
    std::abort();
  }
  return out.str();
}

OpenOptions options() {
  OpenOptions result;
  result.keys.push_back({world().bernd.key, world().bernd.certificate, "bernd"});
  result.trust = world().trust;
  result.now = signing_day();
  return result;
}

OpenedMessage opened(const std::string& mail, const OpenOptions& with) {
  std::istringstream in(mail);
  auto result = open(in, with);
  if (!result.ok()) {
    std::fprintf(stderr, "sample: open: %s\n", result.status().to_string().c_str());
    std::abort();
  }
  return *result;
}

std::string signature(std::string_view content, const crypto::Identity& signer, const SignOptions& how) {
  const crypto::ContextScope scope(crypto::library_context());
  const unsigned flags =
      CMS_PARTIAL | CMS_BINARY | (how.opaque ? 0U : unsigned{CMS_DETACHED}) | (how.pss ? unsigned{CMS_KEY_PARAM} : 0U) |
      (how.embed_certificate ? 0U : unsigned{CMS_NOCERTS}) | (how.attributes ? 0U : unsigned{CMS_NOATTR});
  const CmsPtr cms(
      need(CMS_sign_ex(nullptr, nullptr, nullptr, nullptr, flags, crypto::library_context(), nullptr), "sign"));
  add_signer(cms.get(), signer, how, flags);
  for (const auto& other : how.more_signers) {
    // OpenSSL refuses to embed one certificate twice.
    const bool embedded = other.certificate.der() == signer.certificate.der();
    add_signer(cms.get(), other, how, flags | (embedded ? unsigned{CMS_NOCERTS} : 0U));
  }
  need(CMS_final(cms.get(), source(content).get(), nullptr, flags) == 1, "final");
  return der_of(cms.get());
}

std::string envelope(std::string_view content, const std::vector<crypto::Certificate>& recipients,
                     const EncryptOptions& how) {
  const bool old = how.cipher.find("RC2") != std::string::npos || how.cipher == "DES-CBC";
  OSSL_LIB_CTX* context = old ? *crypto::legacy_context() : crypto::library_context();
  const crypto::ContextScope scope(context);
  const crypto::CipherPtr cipher(need(EVP_CIPHER_fetch(context, how.cipher.c_str(), nullptr), "cipher"));
  const unsigned flags = CMS_PARTIAL | CMS_BINARY | (how.by_key_id ? unsigned{CMS_USE_KEYID} : 0U) |
                         (how.indefinite ? unsigned{CMS_STREAM} : 0U) | (how.oaep ? unsigned{CMS_KEY_PARAM} : 0U);
  const CmsPtr cms(need(CMS_encrypt_ex(nullptr, nullptr, cipher.get(), flags, context, nullptr), "encrypt"));
  for (const auto& recipient : recipients) {
    CMS_RecipientInfo* info = need(CMS_add1_recipient_cert(cms.get(), recipient.native(), flags), "recipient");
    if (how.oaep) {
      need(EVP_PKEY_CTX_set_rsa_padding(CMS_RecipientInfo_get0_pkey_ctx(info), RSA_PKCS1_OAEP_PADDING) == 1, "oaep");
    }
  }
  const auto in = source(content);
  if (!how.indefinite) {
    need(CMS_final(cms.get(), in.get(), nullptr, flags) == 1, "final");
    return der_of(cms.get());
  }
  const BioPtr out(need(BIO_new(BIO_s_mem()), "BIO"));
  need(i2d_CMS_bio_stream(out.get(), cms.get(), in.get(), static_cast<int>(flags)) == 1, "stream");
  char* data = nullptr;
  const long length = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string base64(std::string_view bytes) {
  std::string out;
  mime::Base64Writer writer([&](std::string_view piece) {
    out += piece;
    return Status();
  });
  need(writer.write(bytes).ok() && writer.finish().ok(), "base64");
  return out;
}

std::string multipart_signed(std::string_view part, std::string_view signature_der, std::string_view prefix) {
  const std::string x(prefix);
  return "Content-Type: multipart/signed; protocol=\"application/" + x +
         "pkcs7-signature\"; micalg=\"sha-256\"; boundary=\"SIG\"\r\n\r\n--SIG\r\n" + std::string(part) +
         "\r\n--SIG\r\nContent-Type: application/" + x +
         "pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64(signature_der) +
         "\r\n--SIG--\r\n";
}

std::string pkcs7_mime(std::string_view der, std::string_view smime_type, std::string_view prefix) {
  return "Content-Type: application/" + std::string(prefix) + "pkcs7-mime; smime-type=" + std::string(smime_type) +
         "; name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64(der);
}

std::string mail_fields(std::string_view from) {
  return "From: " + std::string(from) +
         "\r\nTo: bernd@kv-safenet.de\r\nDate: Sat, 01 Mar 2025 10:00:00 +0000\r\nSubject: eNachricht\r\n"
         "Message-ID: <sample@kv-safenet.de>\r\nX-KVC-Dienstkennung: eNachricht;Lieferung;V2.0\r\nMIME-Version: "
         "1.0\r\n";
}

std::string text_entity(std::string_view text) {
  return "Content-Type: text/plain; charset=utf-8\r\n\r\n" + std::string(text);
}

std::string enveloped_mail(std::string_view entity, std::string_view from, const EncryptOptions& how) {
  return mail_fields(from) +
         pkcs7_mime(envelope(entity, {world().bernd.certificate, world().anna.certificate}, how), "enveloped-data");
}

std::string signed_entity(const crypto::Identity& signer, const SignOptions& how) {
  return multipart_signed(text_entity(), signature(text_entity(), signer, how));
}

}  // namespace kvc::message::samples
