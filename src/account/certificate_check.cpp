// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_check.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>

namespace kvc::account {
namespace {

constexpr std::chrono::minutes kClockDifference{10};
constexpr int kFewestBits = 2048;

Status profile(const char* sentence) {
  return {error::certificate_profile, sentence};
}

}  // namespace

Status check_certificate_use(const crypto::Certificate& certificate) {
  X509* x509 = certificate.native();
  const EVP_PKEY* key = X509_get0_pubkey(x509);
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < kFewestBits) {
    return profile("the certificate's key is not RSA of at least 2048 bits");
  }
  const std::uint32_t flags = X509_get_extension_flags(x509);
  if ((flags & EXFLAG_INVALID) != 0) {
    return profile("an extension of the certificate cannot be read");
  }
  if ((flags & EXFLAG_CA) != 0) {
    return profile("the certificate is a CA's");
  }
  constexpr std::uint32_t kUsage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT;
  if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(x509) & kUsage) != kUsage) {
    return profile("the certificate's key usage lacks digitalSignature or keyEncipherment");
  }
  if ((flags & EXFLAG_XKUSAGE) != 0 &&
      (X509_get_extended_key_usage(x509) & static_cast<std::uint32_t>(XKU_SMIME | XKU_ANYEKU)) == 0) {
    return profile("the certificate's extended key usage lacks emailProtection");
  }
  return {};
}

Status check_own_certificate(const crypto::Certificate& certificate, const crypto::PrivateKey& key,
                             std::string_view address, const crypto::TrustList& trust, TimePoint now) {
  if (!certificate.carries_key_of(key)) {
    return {error::not_our_key, "the certificate carries another public key than ours"};
  }
  if (!crypto::same_address(certificate.email(), address)) {
    return {error::certificate_foreign, "the certificate names another mail address"};
  }
  const TimePoint begin = certificate.not_before();
  const bool clocks_differ = begin > now && begin - now <= kClockDifference;
  const crypto::ChainCheck chain = crypto::check_chain(trust, certificate, clocks_differ ? begin : now);
  if (!chain.trusted) {
    return {error::certificate_untrusted, chain.reason};
  }
  if (!chain.in_validity) {
    return {error::certificate_expired, chain.reason};
  }
  return check_certificate_use(certificate);
}

}  // namespace kvc::account
