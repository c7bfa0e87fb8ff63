// SPDX-License-Identifier: Apache-2.0
#include <openssl/rsa.h>

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "crypto/library_context.h"
#include "message/cms_names.h"
#include "message/cms_oids.h"
#include "message/cms_write.h"
#include "message/der.h"

namespace kvc::message::cms {
namespace {

using der::element;
using AsnTimePtr = crypto::Owned<ASN1_TIME, ASN1_TIME_free>;
using Digest = std::array<unsigned char, 32>;

constexpr std::string_view kNull("\x05\x00", 2);
constexpr std::string_view kVersion1("\x02\x01\x01", 3);

Status failed(const char* what) {
  return crypto::openssl_status(error::crypto_failed, what);
}

std::string_view view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Result<crypto::DigestContextPtr> sha256() {
  crypto::DigestContextPtr context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex(context.get(), crypto::sha256_algorithm(), nullptr) != 1) {
    return failed("SHA-256 is not there");
  }
  return context;
}

Result<Digest> sha256_of(std::string_view bytes) {
  Digest value{};
  KVC_ASSIGN(const auto context, sha256());
  if (EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), value.data(), nullptr) != 1) {
    return failed("hashing failed");
  }
  return value;
}

/// Before 2050 a UTCTime, then a GeneralizedTime (RFC 5652 section 11.3): ASN1_TIME_set chooses so.
Result<std::string> time_der(TimePoint time) {
  const AsnTimePtr value(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(time)));
  unsigned char* bytes = nullptr;
  const int length = value ? i2d_ASN1_TIME(value.get(), &bytes) : -1;
  const std::unique_ptr<unsigned char, crypto::OpenSslFree> owner(bytes);
  if (length <= 0) {
    return failed("the signing time cannot be written");
  }
  return std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

/// ESSCertIDv2 of this certificate; SHA-256 is the default hash and not written (RFC 5035 section 4).
Result<std::string> signing_certificate(const std::string& certificate, const IssuerDer& issuer) {
  KVC_ASSIGN(const Digest hash, sha256_of(certificate));
  const std::string names = element(der::kSequence, element(der::kContext4, issuer.name));
  const std::string id =
      element(der::kSequence, {element(der::kOctets, view(hash)), element(der::kSequence, {names, issuer.serial})});
  return element(der::kSequence, element(der::kSequence, id));
}

std::string attribute(std::string_view oid, std::string_view value) {
  return element(der::kSequence, {oid, element(der::kSet, value)});
}

/// OpenSSL's own list offers 3DES and RC2 to whoever answers; ours offers what the policy reads.
std::string capabilities() {
  return element(der::kSequence, {element(der::kSequence, oid::kAes256Cbc), element(der::kSequence, oid::kAes256Gcm),
                                  element(der::kSequence, oid::kAes192Cbc), element(der::kSequence, oid::kAes128Cbc)});
}

Result<std::string> sign(EVP_PKEY* key, const Digest& digest) {
  const crypto::PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(crypto::library_context(), key, nullptr));
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = signature.size();
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), crypto::sha256_algorithm()) != 1 ||
      EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, digest.data(),
                    digest.size()) != 1 ||
      size != signature.size()) {
    return failed("signing failed");
  }
  return signature;
}

}  // namespace

Result<DetachedSigner> DetachedSigner::begin(crypto::PrivateKey key, const crypto::Certificate& certificate,
                                             TimePoint signing_time) {
  const crypto::ErrorScope errors;
  if (!certificate.carries_key_of(key) || EVP_PKEY_is_a(key.native(), "RSA") != 1) {
    return Status(error::crypto_failed, "the certificate is not one of the signing key");
  }
  KVC_ASSIGN(auto digest, sha256());
  DetachedSigner signer(std::move(key), std::move(digest));
  signer.certificate_ = certificate.der();
  KVC_ASSIGN(const IssuerDer issuer, issuer_der(certificate));
  signer.issuer_and_serial_ = element(der::kSequence, {issuer.name, issuer.serial});
  KVC_ASSIGN(signer.signing_time_, time_der(signing_time));
  KVC_ASSIGN(signer.signing_certificate_, signing_certificate(signer.certificate_, issuer));
  return signer;
}

void DetachedSigner::add(std::string_view piece) {
  if (EVP_DigestUpdate(digest_.get(), piece.data(), piece.size()) != 1) {
    throw std::bad_alloc();
  }
}

/// The attributes without the head of their set: that is [0] in the message and SET for the signature (RFC 5652
/// section 5.4).
std::string DetachedSigner::attributes(std::string_view digest) const {
  return der::sorted({attribute(oid::kContentType, oid::kData), attribute(oid::kSigningTime, signing_time_),
                      attribute(oid::kMessageDigest, element(der::kOctets, digest)),
                      attribute(oid::kCapabilities, capabilities()),
                      attribute(oid::kSigningCertificateV2, signing_certificate_)});
}

std::string DetachedSigner::structure(std::string_view attributes, std::string_view signature) const {
  const std::string digest_algorithm = element(der::kSequence, oid::kSha256);
  const std::string signer = element(
      der::kSequence, {kVersion1, issuer_and_serial_, digest_algorithm, element(der::kContext0, attributes),
                       element(der::kSequence, {oid::kRsaEncryption, kNull}), element(der::kOctets, signature)});
  const std::string data =
      element(der::kSequence, {kVersion1, element(der::kSet, digest_algorithm), element(der::kSequence, oid::kData),
                               element(der::kContext0, certificate_), element(der::kSet, signer)});
  return element(der::kSequence, {oid::kSignedData, element(der::kContext0, data)});
}

std::size_t DetachedSigner::size() const {
  const Digest digest{};
  const std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.native())), '\0');
  return structure(attributes(view(digest)), signature).size();
}

Result<std::string> DetachedSigner::finish() {
  const crypto::ErrorScope errors;
  Digest digest{};
  if (EVP_DigestFinal_ex(digest_.get(), digest.data(), nullptr) != 1) {
    return failed("hashing failed");
  }
  const std::string signed_attributes = attributes(view(digest));
  KVC_ASSIGN(const Digest to_sign, sha256_of(element(der::kSet, signed_attributes)));
  KVC_ASSIGN(const std::string signature, sign(key_.native(), to_sign));
  return structure(signed_attributes, signature);
}

}  // namespace kvc::message::cms
