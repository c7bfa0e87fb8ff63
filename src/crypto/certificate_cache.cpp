// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_cache.h"

#include <optional>
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

std::shared_ptr<const Known> read_facts(const Certificate& certificate) {
  return std::make_shared<const Known>(
      Known{certificate,
            {certificate.email(), certificate.subject(), certificate.issuer(), certificate.serial_hex(),
             certificate.fingerprint_sha256(), certificate.not_before(), certificate.not_after()}});
}

/// Nothing for a large one: strangers send them to fill the memory.
std::optional<Certificate> kept_one(const Certificate& certificate) {
  const std::string der = certificate.der();
  if (der.size() > kKeptCertificateBytes) {
    return std::nullopt;
  }
  auto shared = shared_certificate(der);
  return shared.ok() ? std::optional(std::move(*shared)) : std::nullopt;
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

Certificate shared_certificate(const Certificate& certificate) {
  return kept_one(certificate).value_or(certificate);
}

Result<Certificate> shared_certificate_of_pem(std::string_view pem) {
  KVC_ASSIGN(const auto certificate, Certificate::from_pem(pem));
  return guarded([&]() -> Result<Certificate> { return shared_certificate(certificate); });
}

std::shared_ptr<const CertificateFacts> facts_of(const Certificate& certificate) {
  auto known = known_facts().find(certificate.native()).value_or(nullptr);
  if (!known) {
    if (const auto one = kept_one(certificate)) {
      known = known_facts().find(one->native()).value_or(nullptr);
      known = known ? known : known_facts().keep(one->native(), read_facts(*one));
    } else {
      known = read_facts(certificate);
    }
  }
  return {known, &known->facts};
}

}  // namespace kvc::crypto
