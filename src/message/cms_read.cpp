// SPDX-License-Identifier: Apache-2.0
#include <openssl/ess.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/time.h"
#include "crypto/asn1_time.h"
#include "crypto/certificate_cache.h"
#include "crypto/library_context.h"
#include "message/cms.h"
#include "message/cms_names.h"
#include "message/der.h"
#include "message/der_read.h"

namespace kvc::message::cms {
namespace {

using crypto::BioPtr;

using AttributeSigningCertificate = crypto::Owned<ESS_SIGNING_CERT_V2, ESS_SIGNING_CERT_V2_free>;
using PssParameters = crypto::Owned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>;

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

/// What is weak about a signer's key, one sentence; empty if nothing.
std::string key_weakness(const EVP_PKEY* key) {
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_RSA_PSS) {
    return "the signer's key is not RSA";
  }
  return EVP_PKEY_get_bits(key) < 2048 ? "the signer's key has less than 2048 bits" : std::string();
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
  } else if (key != nullptr) {
    result.weakness = key_weakness(key);
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

/// The certificates in a message, of either place.
struct Embedded {
  std::vector<crypto::Certificate> certificates;
  bool judged = true;  ///< they are as Certificate::from_der() gives them
};

Embedded embedded_in(const Parsed& parsed) {
  if (!parsed.certificates.empty()) {
    return {parsed.certificates, true};
  }
  Embedded result{{}, false};
  STACK_OF(X509)* stack = CMS_get1_certs(parsed.cms.get());
  while (sk_X509_num(stack) > 0) {
    result.certificates.emplace_back(std::shared_ptr<X509>(sk_X509_shift(stack), X509_free));
  }
  sk_X509_free(stack);
  return result;
}

/// The certificate of one signer, from those in the message. The message's own certificates serve for nothing else.
Status attach_certificate(CMS_SignerInfo* signer, const Embedded& embedded, Signature& result) {
  for (const auto& candidate : embedded.certificates) {
    if (CMS_SignerInfo_cert_cmp(signer, candidate.native()) != 0) {
      continue;
    }
    CMS_SignerInfo_set1_signer_cert(signer, candidate.native());
    if (embedded.judged) {
      result.certificate = candidate;
    } else {
      const std::string der = candidate.der();
      if (der.empty()) {
        return broken("the signer's certificate is not readable");
      }
      KVC_ASSIGN(auto certificate, crypto::shared_certificate(der));
      result.certificate = std::move(certificate);
    }
    result.signature_good = names_its_certificate(signer, candidate.native());
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
Status complete(std::span<const EVP_MD* const> wanted, const Text& content, ContentDigests& digests) {
  if (std::ranges::all_of(wanted, [&](const EVP_MD* one) { return digests.find(one, false) != nullptr; })) {
    return {};
  }
  // The known ones are computed again: both forms must be of one reading.
  ContentDigests computed;
  for (const EVP_MD* one : wanted) {
    computed.want(one);
  }
  KVC_ASSIGN(const auto in, content->open());
  for (;;) {
    KVC_ASSIGN(const std::string_view piece, in->next());
    if (piece.empty()) {
      digests = std::move(computed);
      return {};
    }
    computed.add(piece);
  }
}

Status complete(BIO* chain, const Text& content, ContentDigests& digests) {
  std::vector<const EVP_MD*> wanted;
  for_each_digest(chain, [&](EVP_MD_CTX* digest) {
    wanted.push_back(EVP_MD_CTX_get0_md(digest));
    return true;
  });
  return complete(wanted, content, digests);
}

/// Puts the digests into the chain and asks every signer. Sets digest_good, and never takes it back.
Status check_content(CMS_ContentInfo* cms, BIO* chain, const ContentDigests& digests, bool canonical,
                     Signatures& result) {
  const bool set = for_each_digest(chain, [&](EVP_MD_CTX* digest) {
    const EVP_MD_CTX* computed = digests.find(EVP_MD_CTX_get0_md(digest), canonical);
    return computed != nullptr && EVP_MD_CTX_copy_ex(digest, computed) == 1;
  });
  if (!set) {
    return broken("the signature uses a digest that is not supported");
  }
  STACK_OF(CMS_SignerInfo)* infos = CMS_get0_SignerInfos(cms);
  for (int i = 0; i < sk_CMS_SignerInfo_num(infos); ++i) {
    auto& signer = result.signers[static_cast<std::size_t>(i)];
    if (signer.certificate && CMS_SignerInfo_verify_content(sk_CMS_SignerInfo_value(infos, i), chain) == 1) {
      signer.digest_good = true;
    }
  }
  return {};
}

bool is_digest(const EVP_MD_CTX* computed, std::string_view expected) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  const crypto::DigestContextPtr copy(EVP_MD_CTX_new());
  if (computed == nullptr || !copy || EVP_MD_CTX_copy_ex(copy.get(), computed) != 1 ||
      EVP_DigestFinal_ex(copy.get(), bytes.data(), &size) != 1) {
    return false;
  }
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), size) == expected;
}

Result<Signatures> verify_usual(const Parsed& parsed, const Text& content, ContentDigests digests, bool canonical_too) {
  const UsualSigned& usual = *parsed.usual;
  KVC_TRY(complete(std::span(&usual.digest, 1), content, digests));
  Signature signature;
  signature.certificate = usual.certificate;
  signature.digest = digest_name(EVP_MD_get_type(usual.digest));
  signature.weakness = key_weakness(X509_get0_pubkey(usual.certificate.native()));
  signature.signing_time = usual.signing_time;
  signature.signature_good = signature_is_good(usual);
  signature.digest_good = is_digest(digests.find(usual.digest, false), usual.message_digest) ||
                          (canonical_too && digests.canonical_differs() &&
                           is_digest(digests.find(usual.digest, true), usual.message_digest));
  Signatures result;
  result.signers.push_back(std::move(signature));
  result.certificates = static_cast<int>(parsed.certificates.size());
  return result;
}

bool all_digests_good(const Signatures& signatures) {
  return std::all_of(signatures.signers.begin(), signatures.signers.end(), [](const auto& s) { return s.digest_good; });
}

/// The certificates of a SignedData, if all are plain X.509 and good; else none, and OpenSSL says what it makes of
/// them. OpenSSL would decode every public key each time.
std::vector<crypto::Certificate> plain_certificates(std::string_view ber) {
  constexpr std::size_t kMost = 10;
  std::vector<crypto::Certificate> found;
  const auto all = der::take(ber, der::kContext0);
  if (!all || !ber.empty()) {
    return {};
  }
  for (std::string_view rest = all->content; !rest.empty();) {
    const auto one = der::take(rest, der::kSequence);
    if (!one || found.size() == kMost) {
      return {};
    }
    auto certificate = crypto::shared_certificate(one->whole);
    if (!certificate.ok()) {
      return {};
    }
    found.push_back(std::move(certificate).value());
  }
  return found;
}

}  // namespace

Result<Parsed> parse(const Text& text, OSSL_LIB_CTX* context) {
  const crypto::ErrorScope errors;
  Parsed result;
  result.ber = text;
  KVC_ASSIGN(result.outline, cms::outline(text));
  const Outline& outline = result.outline;
  result.certificates =
      plain_certificates(std::string_view(outline.ber).substr(outline.certificates_at, outline.certificates_size));
  result.usual = usual_signed(outline, result.certificates);
  if (result.usual) {
    result.kind = Kind::signed_data;
    return result;
  }
  std::string rest;
  if (!result.certificates.empty()) {
    rest = outline.ber;
    rest.erase(outline.certificates_at, outline.certificates_size);
  }
  const std::string& ber = result.certificates.empty() ? outline.ber : rest;
  CMS_ContentInfo* cms = CMS_ContentInfo_new_ex(context, nullptr);
  if (cms == nullptr) {
    throw std::bad_alloc();
  }
  const auto* at = reinterpret_cast<const unsigned char*>(ber.data());
  // d2i frees the object it was given when it fails.
  result.cms.reset(d2i_CMS_ContentInfo(&cms, &at, static_cast<long>(ber.size())));
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

Result<Signatures> verify(const Parsed& parsed, const Text& content, ContentDigests digests, bool canonical_too) {
  const crypto::ErrorScope errors;
  if (parsed.usual) {
    return verify_usual(parsed, content, std::move(digests), canonical_too);
  }
  CMS_ContentInfo* cms = parsed.cms.get();
  const crypto::ContextScope scope(crypto::library_context());
  if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data) {
    return broken("the signature is not of plain data");
  }
  Signatures result;
  const Embedded embedded = embedded_in(parsed);
  result.certificates = static_cast<int>(embedded.certificates.size());
  STACK_OF(CMS_SignerInfo)* infos = CMS_get0_SignerInfos(cms);
  if (sk_CMS_SignerInfo_num(infos) > kMaxSigners) {
    return broken("the signature has too many signers");
  }
  for (int i = 0; i < sk_CMS_SignerInfo_num(infos); ++i) {
    CMS_SignerInfo* info = sk_CMS_SignerInfo_value(infos, i);
    Signature& signature = result.signers.emplace_back();
    KVC_TRY(attach_certificate(info, embedded, signature));
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
  KVC_TRY(check_content(cms, chain.get(), digests, false, result));
  if (canonical_too && digests.canonical_differs() && !all_digests_good(result)) {
    KVC_TRY(check_content(cms, chain.get(), digests, true, result));
  }
  return result;
}

Result<Text> opaque_content(Parsed& parsed) {
  if (parsed.outline.content_apart) {
    return content(parsed.ber);
  }
  ASN1_OCTET_STRING** content = parsed.usual ? nullptr : CMS_get0_content(parsed.cms.get());
  if (content == nullptr || *content == nullptr) {
    return broken("the signed data holds no content");
  }
  return octets(*content);
}

}  // namespace kvc::message::cms
