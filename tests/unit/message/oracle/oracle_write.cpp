// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <climits>
#include <memory>

#include "crypto/library_context.h"
#include "unit/message/oracle/oracle_cms.h"

namespace kvc::message::oracle {
namespace {

using crypto::BioPtr;
using crypto::CmsPtr;

struct AlgorithmStackFree {
  void operator()(STACK_OF(X509_ALGOR) * stack) const noexcept { sk_X509_ALGOR_pop_free(stack, X509_ALGOR_free); }
};
using AsnTimePtr = crypto::Owned<ASN1_TIME, ASN1_TIME_free>;

Status failed(const char* what) {
  return crypto::openssl_status(error::crypto_failed, what);
}

bool add_signing_time(CMS_SignerInfo* signer, TimePoint time) {
  // Before 2050 a UTCTime, then a GeneralizedTime (RFC 5652 section 11.3): ASN1_TIME_set chooses so.
  const AsnTimePtr value(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(time)));
  return value && CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, ASN1_STRING_type(value.get()), value.get(),
                                              -1) == 1;
}

/// OpenSSL's own list offers 3DES and RC2 to whoever answers; ours offers what the policy reads.
bool add_capabilities(CMS_SignerInfo* signer) {
  STACK_OF(X509_ALGOR)* list = nullptr;
  bool good = true;
  for (const int cipher : {NID_aes_256_cbc, NID_aes_256_gcm, NID_aes_192_cbc, NID_aes_128_cbc}) {
    good = good && CMS_add_simple_smimecap(&list, cipher, -1) == 1;
  }
  const std::unique_ptr<STACK_OF(X509_ALGOR), AlgorithmStackFree> owner(list);
  return good && CMS_add_smimecap(signer, list) == 1;
}

Result<BioPtr> memory_source(std::string_view content) {
  if (content.size() > INT_MAX) {
    return Status(error::too_large, "the message is too large to be sealed in one piece");
  }
  BioPtr source(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  if (!source) {
    return failed("no memory for the content");
  }
  return source;
}

Result<std::string> der_of(CMS_ContentInfo* cms) {
  unsigned char* der = nullptr;
  const int length = i2d_CMS_ContentInfo(cms, &der);
  const std::unique_ptr<unsigned char, crypto::OpenSslFree> owner(der);
  if (length <= 0) {
    return failed("the CMS structure cannot be written");
  }
  return std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
}

}  // namespace

Result<std::string> sign_detached(std::string_view content, const crypto::PrivateKey& key,
                                  const crypto::Certificate& certificate, TimePoint signing_time) {
  const crypto::ErrorScope errors;
  OSSL_LIB_CTX* context = crypto::library_context();
  const crypto::ContextScope scope(context);
  constexpr unsigned kFlags = CMS_PARTIAL | CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES;
  KVC_ASSIGN(const BioPtr source, memory_source(content));
  const CmsPtr cms(CMS_sign_ex(nullptr, nullptr, nullptr, nullptr, kFlags, context, nullptr));
  if (!cms) {
    return failed("no signature could be begun");
  }
  CMS_SignerInfo* signer = CMS_add1_signer(cms.get(), certificate.native(), key.native(), EVP_sha256(), kFlags);
  if (signer == nullptr || !add_signing_time(signer, signing_time) || !add_capabilities(signer)) {
    return failed("the signer cannot be added");
  }
  if (CMS_final(cms.get(), source.get(), nullptr, kFlags) != 1) {
    return failed("signing failed");
  }
  return der_of(cms.get());
}

Result<std::string> encrypt(std::string_view content, std::span<const crypto::Certificate> recipients) {
  const crypto::ErrorScope errors;
  OSSL_LIB_CTX* context = crypto::library_context();
  const crypto::ContextScope scope(context);
  constexpr unsigned kFlags = CMS_PARTIAL | CMS_BINARY;
  KVC_ASSIGN(const BioPtr source, memory_source(content));
  const CmsPtr cms(CMS_encrypt_ex(nullptr, nullptr, EVP_aes_256_cbc(), kFlags, context, nullptr));
  if (!cms) {
    return failed("no envelope could be begun");
  }
  for (const auto& recipient : recipients) {
    if (CMS_add1_recipient_cert(cms.get(), recipient.native(), kFlags) == nullptr) {
      return failed("a recipient cannot be added");
    }
  }
  if (CMS_final(cms.get(), source.get(), nullptr, kFlags) != 1) {
    return failed("encrypting failed");
  }
  return der_of(cms.get());
}

}  // namespace kvc::message::oracle
