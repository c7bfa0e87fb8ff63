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

}  // namespace kvc::crypto
