// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_cache.h"

#include <string>

#include "base/guard.h"
#include "crypto/recent.h"

namespace kvc::crypto {
namespace {

Recent<std::string, Certificate>& certificates() {
  // Never destroyed: worker threads may still ask while statics go.
  static auto* const kept = new Recent<std::string, Certificate>(kKeptCertificates);
  return *kept;
}

/// Keeps the certificate alive, so that no other one gets its address.
struct Known {
  Certificate certificate;
  CertificateFacts facts;
};

Recent<const void*, std::shared_ptr<const Known>>& known_facts() {
  static auto* const kept = new Recent<const void*, std::shared_ptr<const Known>>(kKeptCertificates);
  return *kept;
}

}  // namespace

Result<Certificate> shared_certificate(std::string_view der) {
  if (der.size() > kKeptCertificateBytes) {
    return Certificate::from_der(der);
  }
  return guarded([&]() -> Result<Certificate> {
    if (auto known = certificates().find(der)) {
      return std::move(*known);
    }
    KVC_ASSIGN(auto certificate, Certificate::from_der(der));
    return certificates().keep(std::string(der), std::move(certificate));
  });
}

std::shared_ptr<const CertificateFacts> facts_of(const Certificate& certificate) {
  const void* const object = certificate.native();
  auto known = known_facts().find(object).value_or(nullptr);
  if (!known) {
    known = std::make_shared<const Known>(
        Known{certificate,
              {certificate.email(), certificate.subject(), certificate.issuer(), certificate.serial_hex(),
               certificate.fingerprint_sha256(), certificate.not_before(), certificate.not_after()}});
    // Strangers send large ones to fill the memory.
    if (certificate.der().size() <= kKeptCertificateBytes) {
      known = known_facts().keep(object, std::move(known));
    }
  }
  return {known, &known->facts};
}

}  // namespace kvc::crypto
