// SPDX-License-Identifier: Apache-2.0
#include <openssl/ess.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/time.h"
#include "crypto/asn1_time.h"
#include "crypto/library_context.h"
#include "unit/message/oracle/oracle_cms.h"

namespace kvc::message::oracle {
namespace {

using crypto::BioPtr;

using AttributeSigningCertificate = crypto::Owned<ESS_SIGNING_CERT_V2, ESS_SIGNING_CERT_V2_free>;
using PssParameters = crypto::Owned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>;

struct CertificateStackFree {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_pop_free(stack, X509_free); }
};
using CertificateStack = std::unique_ptr<STACK_OF(X509), CertificateStackFree>;

Status broken(const char* what) {
  return Status(error::malformed, what);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += {kHex[byte >> 4], kHex[byte & 15]};
  }
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  return text.empty() ? "0" : text;
}

std::string name_text(const X509_NAME* issuer) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), issuer, 0,
                                 XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB)) < 0) {
    return {};
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

crypto::IssuerAndSerial recipient_id(CMS_RecipientInfo* recipient) {
  ASN1_OCTET_STRING* key_id = nullptr;
  X509_NAME* issuer = nullptr;
  ASN1_INTEGER* serial = nullptr;
  crypto::IssuerAndSerial id;
  if (CMS_RecipientInfo_ktri_get0_signer_id(recipient, &key_id, &issuer, &serial) != 1) {
    return id;
  }
  if (issuer == nullptr || serial == nullptr) {
    id.issuer = "(subject key identifier)";
    id.serial_hex = key_id == nullptr
                        ? std::string()
                        : hex({ASN1_STRING_get0_data(key_id), static_cast<std::size_t>(ASN1_STRING_length(key_id))});
    return id;
  }
  id.issuer = name_text(issuer);
  id.serial_hex = hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
  unsigned char* der = nullptr;
  const int length = i2d_X509_NAME(issuer, &der);
  const std::unique_ptr<unsigned char, crypto::OpenSslFree> owner(der);
  if (length > 0) {
    id.issuer_der.assign(der, der + length);
  }
  return id;
}

constexpr std::size_t kReadStep = 256UL * 1024;

/// Reads a filter chain to its end; false when a read failed.
bool drain(BIO* chain, mime::WipedBytes& out) {
  for (;;) {
    const std::size_t have = out.size();
    out.resize(have + kReadStep);
    const int got = BIO_read(chain, out.data() + have, static_cast<int>(kReadStep));
    out.resize(have + static_cast<std::size_t>(std::max(got, 0)));
    if (got <= 0) {
      return got == 0;
    }
  }
}

/// A random key opens CBC padding once in 256 tries and leaves noise. What begins like no header was not opened.
bool begins_like_mime(std::string_view content) {
  const auto line = content.substr(0, content.find('\n'));
  if (line.empty() || line == "\r") {
    return !content.empty();
  }
  const auto name = line.substr(0, line.find(':'));
  return name.size() < line.size() && !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// One attempt. The content is decrypted even when the key was not recovered: OpenSSL then uses a random one.
bool try_open(CMS_ContentInfo* cms, CMS_RecipientInfo* recipient, const crypto::PrivateKey& key, std::size_t size_hint,
              Decrypted& result) {
  if (EVP_PKEY_up_ref(key.native()) != 1) {
    return false;
  }
  CMS_RecipientInfo_set0_pkey(recipient, key.native());
  const bool key_recovered = CMS_RecipientInfo_decrypt(cms, recipient) > 0;
  CMS_RecipientInfo_set0_pkey(recipient, nullptr);
  const BioPtr chain(CMS_dataInit(cms, nullptr));
  BIO* cipher = chain ? BIO_find_type(chain.get(), BIO_TYPE_CIPHER) : nullptr;
  if (cipher == nullptr) {
    return false;
  }
  EVP_CIPHER_CTX* context = nullptr;
  BIO_get_cipher_ctx(cipher, &context);
  result.cipher = lower(EVP_CIPHER_get0_name(EVP_CIPHER_CTX_get0_cipher(context)));
  mime::WipedBytes content;
  content.reserve(size_hint + kReadStep);
  const bool read = drain(chain.get(), content);
  const bool opened = BIO_get_cipher_status(cipher) > 0;
  if (!read || !opened || !key_recovered || !begins_like_mime(mime::view(content))) {
    return false;
  }
  result.content = std::move(content);
  return true;
}

bool is_rsa_recipient(CMS_RecipientInfo* recipient) {
  return CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_TRANS;
}

bool open_with_any(CMS_ContentInfo* cms, std::span<const DecryptionKey> keys, std::size_t size_hint,
                   Decrypted& result) {
  STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(cms);
  for (const bool by_name : {true, false}) {
    for (const auto& key : keys) {
      for (int i = 0; key.certificate.has_value() == by_name && i < sk_CMS_RecipientInfo_num(infos); ++i) {
        CMS_RecipientInfo* info = sk_CMS_RecipientInfo_value(infos, i);
        if (!is_rsa_recipient(info) ||
            (by_name && CMS_RecipientInfo_ktri_cert_cmp(info, key.certificate->native()) != 0)) {
          continue;
        }
        if (try_open(cms, info, key.key, size_hint, result)) {
          result.key_label = key.label;
          return true;
        }
      }
    }
  }
  return false;
}

bool is_policy_cipher(const std::string& name) {
  constexpr std::array kAllowed = {"aes-128-cbc", "aes-192-cbc", "aes-256-cbc",
                                   "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"};
  return std::find(kAllowed.begin(), kAllowed.end(), name) != kAllowed.end();
}

Status list_recipients(CMS_ContentInfo* cms, Decrypted& result) {
  STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(cms);
  if (infos == nullptr || sk_CMS_RecipientInfo_num(infos) == 0) {
    return broken("the envelope names no recipient");
  }
  if (sk_CMS_RecipientInfo_num(infos) > kMaxRecipients) {
    return broken("the envelope names too many recipients");
  }
  for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); ++i) {
    CMS_RecipientInfo* info = sk_CMS_RecipientInfo_value(infos, i);
    if (is_rsa_recipient(info)) {
      result.recipients.push_back(recipient_id(info));
    }
  }
  return {};
}

Decrypted decrypt_in(OSSL_LIB_CTX* context, std::string_view ber, std::span<const DecryptionKey> keys) {
  const crypto::ContextScope scope(context);
  Decrypted result;
  auto parsed = parse(ber, context);
  if (!parsed.ok()) {
    result.status = parsed.status();
    return result;
  }
  result.trailing_bytes = parsed->trailing_bytes;
  result.status = list_recipients(parsed->cms.get(), result);
  if (result.status.ok() && !open_with_any(parsed->cms.get(), keys, ber.size(), result)) {
    result.status = Status(error::decrypt_failed, "no key at hand opens the envelope");
  }
  result.weak = !result.cipher.empty() && !is_policy_cipher(result.cipher);
  return result;
}

std::optional<TimePoint> time_of(const ASN1_TYPE* value) {
  if (value == nullptr || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME)) {
    return std::nullopt;
  }
  const auto time = crypto::seconds_of(value->value.asn1_string);
  return time ? std::optional(saturated(*time)) : std::nullopt;
}

std::optional<TimePoint> signing_time(const CMS_SignerInfo* signer) {
  const int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
  X509_ATTRIBUTE* attribute = at < 0 ? nullptr : CMS_signed_get_attr(signer, at);
  return attribute == nullptr ? std::nullopt : time_of(X509_ATTRIBUTE_get0_type(attribute, 0));
}

std::string digest_name(int nid) {
  switch (nid) {
    case NID_sha256:
      return "sha-256";
    case NID_sha384:
      return "sha-384";
    case NID_sha512:
      return "sha-512";
    case NID_sha1:
      return "sha-1";
    case NID_sha224:
      return "sha-224";
    case NID_undef:
      return "unknown";
    default:
      return lower(OBJ_nid2sn(nid));
  }
}

bool is_policy_digest(int nid) {
  return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

/// The hash a signature algorithm names itself: sha1WithRSAEncryption, or the parameters of RSASSA-PSS (SHA-1 when
/// absent, RFC 4055 section 3.1). NID_undef when it names none.
int signature_digest(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  int type = V_ASN1_UNDEF;
  const void* value = nullptr;
  X509_ALGOR_get0(&object, &type, &value, algorithm);
  const int nid = OBJ_obj2nid(object);
  if (nid != NID_rsassaPss) {
    int digest = NID_undef, key = NID_undef;
    OBJ_find_sigid_algs(nid, &digest, &key);
    return digest;
  }
  const PssParameters parameters(algorithm->parameter == nullptr
                                     ? nullptr
                                     : static_cast<RSA_PSS_PARAMS*>(ASN1_TYPE_unpack_sequence(
                                           ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm->parameter)));
  if (!parameters || parameters->hashAlgorithm == nullptr) {
    return NID_sha1;
  }
  X509_ALGOR_get0(&object, nullptr, nullptr, parameters->hashAlgorithm);
  return OBJ_obj2nid(object);
}

void judge_algorithms(CMS_SignerInfo* signer, Signature& result) {
  EVP_PKEY* key = nullptr;
  X509_ALGOR *digest = nullptr, *algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, &key, nullptr, &digest, &algorithm);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, digest);
  const int digest_nid = OBJ_obj2nid(object);
  result.digest = digest_name(digest_nid);
  const int named = signature_digest(algorithm);
  if (!is_policy_digest(digest_nid)) {
    result.weakness = "signed with " + result.digest;
  } else if (named != NID_undef && !is_policy_digest(named)) {
    result.weakness = "signed with " + digest_name(named);
  } else if (key != nullptr && !EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "RSA-PSS")) {
    result.weakness = "the signer's key is not RSA";
  } else if (key != nullptr && EVP_PKEY_get_bits(key) < 2048) {
    result.weakness = "the signer's key has less than 2048 bits";
  }
}

/// signingCertificateV2 (RFC 5035) binds the signature to one certificate; absent is allowed, wrong is not.
bool names_its_certificate(CMS_SignerInfo* signer, X509* certificate) {
  const int at = CMS_signed_get_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, -1);
  X509_ATTRIBUTE* attribute = at < 0 ? nullptr : CMS_signed_get_attr(signer, at);
  if (attribute == nullptr) {
    return true;
  }
  const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(attribute, 0);
  if (value == nullptr || value->type != V_ASN1_SEQUENCE) {
    return false;
  }
  const unsigned char* der = value->value.sequence->data;
  const AttributeSigningCertificate named(d2i_ESS_SIGNING_CERT_V2(nullptr, &der, value->value.sequence->length));
  const crypto::BorrowedX509Stack chain(sk_X509_new_null());
  if (!named || !chain || sk_X509_push(chain.get(), certificate) == 0) {
    return false;
  }
  return OSSL_ESS_check_signing_certs(nullptr, named.get(), chain.get(), 1) > 0;
}

/// The certificate of one signer, from those in the message. The message's own certificates serve for nothing else.
Status attach_certificate(CMS_SignerInfo* signer, STACK_OF(X509) * embedded, Signature& result) {
  for (int i = 0; i < sk_X509_num(embedded); ++i) {
    X509* candidate = sk_X509_value(embedded, i);
    if (CMS_SignerInfo_cert_cmp(signer, candidate) != 0) {
      continue;
    }
    CMS_SignerInfo_set1_signer_cert(signer, candidate);
    unsigned char* der = nullptr;
    const int length = i2d_X509(candidate, &der);
    const std::unique_ptr<unsigned char, crypto::OpenSslFree> owner(der);
    if (length <= 0) {
      return broken("the signer's certificate is not readable");
    }
    KVC_ASSIGN(auto certificate,
               crypto::Certificate::from_der({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)}));
    result.certificate = std::move(certificate);
    result.signature_good = names_its_certificate(signer, candidate);
    return {};
  }
  return {};
}

/// Runs `content` through the message's digests and asks every signer. Sets digest_good, and never takes it back.
Status check_content(CMS_ContentInfo* cms, std::string_view content, Signatures& result) {
  BioPtr source(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  if (!source) {
    return broken("the signed content cannot be read");
  }
  const BioPtr chain(CMS_dataInit(cms, source.get()));
  if (!chain) {
    return broken("the signature uses a digest that is not supported");
  }
  static_cast<void>(source.release());  // the chain owns it now
  mime::WipedBytes sink(64UL * 1024);
  while (BIO_read(chain.get(), sink.data(), static_cast<int>(sink.size())) > 0) {
  }
  STACK_OF(CMS_SignerInfo)* infos = CMS_get0_SignerInfos(cms);
  for (int i = 0; i < sk_CMS_SignerInfo_num(infos); ++i) {
    auto& signer = result.signers[static_cast<std::size_t>(i)];
    if (signer.certificate && CMS_SignerInfo_verify_content(sk_CMS_SignerInfo_value(infos, i), chain.get()) == 1) {
      signer.digest_good = true;
    }
  }
  return {};
}

bool all_digests_good(const Signatures& signatures) {
  return std::all_of(signatures.signers.begin(), signatures.signers.end(), [](const auto& s) { return s.digest_good; });
}

/// Every line end as CRLF; nothing when it already is.
std::optional<mime::WipedBytes> canonical(std::string_view content) {
  mime::WipedBytes out;
  std::size_t from = 0;
  for (auto at = content.find('\n'); at != std::string_view::npos; at = content.find('\n', at + 1)) {
    if (at > 0 && content[at - 1] == '\r') {
      continue;
    }
    if (out.empty()) {
      out.reserve(content.size() + content.size() / 32 + 2);
    }
    mime::append(out, content.substr(from, at - from));
    mime::append(out, "\r\n");
    from = at + 1;
  }
  if (from == 0) {
    return std::nullopt;
  }
  mime::append(out, content.substr(from));
  return out;
}

}  // namespace

Result<Parsed> parse(std::string_view ber, OSSL_LIB_CTX* context) {
  const crypto::ErrorScope errors;
  Parsed result;
  crypto::CmsPtr fresh(CMS_ContentInfo_new_ex(context, nullptr));
  if (!fresh) {
    throw std::bad_alloc();
  }
  CMS_ContentInfo* cms = fresh.release();
  const auto* at = reinterpret_cast<const unsigned char*>(ber.data());
  const auto* end = at + ber.size();
  // d2i frees the object it was given when it fails.
  result.cms.reset(d2i_CMS_ContentInfo(&cms, &at, static_cast<long>(ber.size())));
  if (!result.cms) {
    return broken("the CMS structure is broken or cut off");
  }
  result.trailing_bytes = std::any_of(at, end, [](unsigned char c) { return c != '\r' && c != '\n' && c != 0; });
  switch (OBJ_obj2nid(CMS_get0_type(result.cms.get()))) {
    case NID_pkcs7_enveloped:
    case NID_id_smime_ct_authEnvelopedData:
      result.kind = Kind::enveloped;
      break;
    case NID_pkcs7_signed:
      result.kind = Kind::signed_data;
      break;
    default:
      break;
  }
  return result;
}

Decrypted decrypt(std::string_view ber, std::span<const DecryptionKey> keys) {
  const crypto::ErrorScope errors;
  Decrypted result = decrypt_in(crypto::library_context(), ber, keys);
  // A cipher of the "legacy" provider (RC2, DES) shows as no cipher at all; archived mail may have one.
  if (result.status.is(error::decrypt_failed) && result.cipher.empty() && !keys.empty()) {
    auto legacy = crypto::legacy_context();
    if (legacy.ok()) {
      Decrypted again = decrypt_in(*legacy, ber, keys);
      if (!again.cipher.empty()) {
        return again;
      }
    }
  }
  return result;
}

Result<Signatures> verify(CMS_ContentInfo* cms, std::string_view content, bool canonical_too) {
  const crypto::ErrorScope errors;
  const crypto::ContextScope scope(crypto::library_context());
  if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data) {
    return broken("the signature is not of plain data");
  }
  if (content.size() > INT_MAX) {
    return broken("the signed content is too large");
  }
  Signatures result;
  const CertificateStack embedded(CMS_get1_certs(cms));
  result.certificates = embedded ? sk_X509_num(embedded.get()) : 0;
  STACK_OF(CMS_SignerInfo)* infos = CMS_get0_SignerInfos(cms);
  if (sk_CMS_SignerInfo_num(infos) > kMaxSigners) {
    return broken("the signature has too many signers");
  }
  for (int i = 0; i < sk_CMS_SignerInfo_num(infos); ++i) {
    CMS_SignerInfo* info = sk_CMS_SignerInfo_value(infos, i);
    Signature& signature = result.signers.emplace_back();
    KVC_TRY(attach_certificate(info, embedded.get(), signature));
    signature.signing_time = signing_time(info);
    judge_algorithms(info, signature);
    // Without signed attributes the signature is over the content itself and check_content() verifies it.
    if (signature.signature_good && CMS_signed_get_attr_count(info) > 0) {
      signature.signature_good = CMS_SignerInfo_verify(info) == 1;
    }
  }
  KVC_TRY(check_content(cms, content, result));
  if (canonical_too && !all_digests_good(result)) {
    if (const auto crlf = canonical(content)) {
      KVC_TRY(check_content(cms, mime::view(*crlf), result));
    }
  }
  return result;
}

Result<mime::WipedBytes> take_content(CMS_ContentInfo* cms) {
  ASN1_OCTET_STRING** content = CMS_get0_content(cms);
  if (content == nullptr || *content == nullptr) {
    return broken("the signed data holds no content");
  }
  const auto length = static_cast<std::size_t>(ASN1_STRING_length(*content));
  mime::WipedBytes out(length);
  std::copy_n(ASN1_STRING_get0_data(*content), length, out.data());
  OPENSSL_cleanse((*content)->data, length);
  return out;
}

}  // namespace kvc::message::oracle
