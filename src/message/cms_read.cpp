// SPDX-License-Identifier: Apache-2.0
#include <openssl/ess.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/time.h"
#include "crypto/asn1_time.h"
#include "crypto/library_context.h"
#include "message/cms.h"
#include "message/cms_names.h"

namespace kvc::message::cms {
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

/// The message's digests as OpenSSL sets them up: a chain of filters that ends in an empty source. Null if one is not
/// supported.
BioPtr digest_chain(CMS_ContentInfo* cms) {
  BioPtr nothing(BIO_new(BIO_s_null()));
  BioPtr chain(nothing ? CMS_dataInit(cms, nothing.get()) : nullptr);
  if (chain) {
    static_cast<void>(nothing.release());  // the chain owns it now
  }
  return chain;
}

/// Calls `action` with every digest context of a chain, until it says no.
template <class Action>
bool for_each_digest(BIO* chain, Action action) {
  for (BIO* filter = BIO_find_type(chain, BIO_TYPE_MD); filter != nullptr;
       filter = BIO_next(filter) == nullptr ? nullptr : BIO_find_type(BIO_next(filter), BIO_TYPE_MD)) {
    EVP_MD_CTX* digest = nullptr;
    if (BIO_get_md_ctx(filter, &digest) != 1 || !action(digest)) {
      return false;
    }
  }
  return true;
}

/// Reads the content for the digests that were not computed yet.
Status complete(BIO* chain, const Text& content, ContentDigests& digests) {
  ContentDigests missing;
  for_each_digest(chain, [&](EVP_MD_CTX* wanted) {
    if (digests.find(EVP_MD_CTX_get0_md(wanted), false) == nullptr) {
      missing.want(EVP_MD_CTX_get0_md(wanted));
    }
    return true;
  });
  if (missing.empty()) {
    return {};
  }
  // The known ones are computed again: both forms must be of one reading.
  for_each_digest(chain, [&](EVP_MD_CTX* wanted) {
    missing.want(EVP_MD_CTX_get0_md(wanted));
    return true;
  });
  KVC_ASSIGN(const auto in, content->open());
  for (;;) {
    KVC_ASSIGN(const std::string_view piece, in->next());
    if (piece.empty()) {
      digests = std::move(missing);
      return {};
    }
    missing.add(piece);
  }
}

/// Puts the digests into the chain and asks every signer. Sets digest_good, and never takes it back.
Status check_content(CMS_ContentInfo* cms, const ContentDigests& digests, bool canonical, Signatures& result) {
  const BioPtr chain = digest_chain(cms);
  const bool set = chain && for_each_digest(chain.get(), [&](EVP_MD_CTX* digest) {
                     const EVP_MD_CTX* computed = digests.find(EVP_MD_CTX_get0_md(digest), canonical);
                     return computed != nullptr && EVP_MD_CTX_copy_ex(digest, computed) == 1;
                   });
  if (!set) {
    return broken("the signature uses a digest that is not supported");
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

}  // namespace

Result<Parsed> parse(const Text& ber, OSSL_LIB_CTX* context) {
  const crypto::ErrorScope errors;
  Parsed result;
  result.ber = ber;
  KVC_ASSIGN(result.outline, outline(ber));
  crypto::CmsPtr fresh(CMS_ContentInfo_new_ex(context, nullptr));
  if (!fresh) {
    throw std::bad_alloc();
  }
  CMS_ContentInfo* cms = fresh.release();
  const auto* at = reinterpret_cast<const unsigned char*>(result.outline.ber.data());
  // d2i frees the object it was given when it fails.
  result.cms.reset(d2i_CMS_ContentInfo(&cms, &at, static_cast<long>(result.outline.ber.size())));
  if (!result.cms) {
    return broken("the CMS structure is broken or cut off");
  }
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

Result<Signatures> verify(CMS_ContentInfo* cms, const Text& content, ContentDigests digests, bool canonical_too) {
  const crypto::ErrorScope errors;
  const crypto::ContextScope scope(crypto::library_context());
  if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data) {
    return broken("the signature is not of plain data");
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
  const BioPtr chain = digest_chain(cms);
  if (!chain) {
    return broken("the signature uses a digest that is not supported");
  }
  KVC_TRY(complete(chain.get(), content, digests));
  KVC_TRY(check_content(cms, digests, false, result));
  if (canonical_too && digests.canonical_differs() && !all_digests_good(result)) {
    KVC_TRY(check_content(cms, digests, true, result));
  }
  return result;
}

Result<Text> opaque_content(Parsed& parsed) {
  if (parsed.outline.content_apart) {
    return content(parsed.ber);
  }
  ASN1_OCTET_STRING** content = CMS_get0_content(parsed.cms.get());
  if (content == nullptr || *content == nullptr) {
    return broken("the signed data holds no content");
  }
  return octets(*content);
}

}  // namespace kvc::message::cms
