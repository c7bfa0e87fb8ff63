// SPDX-License-Identifier: Apache-2.0
// Certificates come with every mail and from every server.
#include "crypto/certificate.h"

#include "fuzz/target.h"
#include "fuzz/world.h"
#include "unit/crypto/test_pki.h"

namespace kvc::fuzz {
namespace {

void check(const crypto::Certificate& certificate) {
  const auto again = crypto::Certificate::from_der(certificate.der());
  require(again.ok() && *again == certificate, "a certificate survives its own DER");
  const auto text = crypto::Certificate::from_pem(certificate.pem());
  require(text.ok() && *text == certificate, "a certificate survives its own PEM");
  require(certificate.fingerprint_sha256().size() == 64, "a fingerprint has 64 digits");
  require(!certificate.serial_hex().empty(), "a serial number is never empty");
  require(certificate.issuer_and_serial() == again->issuer_and_serial(), "a certificate is found by its own name");
  require(certificate.not_before() > certificate.not_after() || certificate.valid_at(certificate.not_before()),
          "both ends of the validity belong to it");
  for (const auto& fact : {certificate.subject(), certificate.issuer(), certificate.email(), certificate.common_name(),
                           certificate.uid(), certificate.signature_digest()}) {
    require(fact.find('\0') == std::string::npos, "no name hides its end behind a NUL");
  }
  static_cast<void>(certificate.key_bits());
  static_cast<void>(certificate.is_ca());
  static_cast<void>(certificate.carries_key_of(world().bernd.key));
  static_cast<void>(crypto::user_profile_deviations(certificate));
  static_cast<void>(crypto::weaknesses(certificate));
  const auto chain = crypto::check_chain(world().trust, certificate, certificate.not_before());
  require((chain.trusted && chain.in_validity) || !chain.reason.empty(), "distrust has a reason");
}

}  // namespace

void certificate_parse(std::string_view input) {
  if (const auto der = crypto::Certificate::from_der(input); der.ok()) {
    require(der->der() == input, "no byte of a DER certificate is passed over");
    check(*der);
  }
  const auto first = crypto::Certificate::from_pem(input);
  const auto all = crypto::Certificate::all_from_pem(input);
  if (!all.ok()) {
    return;
  }
  require(!all->empty() && first.ok() && *first == all->front(), "the first certificate is the first of all");
  for (const auto& certificate : *all) {
    check(certificate);
  }
}

std::vector<std::string> certificate_parse_seeds() {
  using namespace test_pki;
  const auto& [anna, bernd, trust] = world();
  Recipe odd = user_recipe({.address = "bernd@kv-safenet.de"});
  odd.extensions = {{"subjectAltName", "email:b@x.example,DNS:x.example"}, {"basicConstraints", "critical,CA:TRUE"}};
  odd.version = 1;
  odd.digest = "SHA1";
  return {
      anna.certificate.der(),
      anna.certificate.pem(),
      trust.user_cas.front().der(),
      trust.roots.front().der(),
      issue(odd, bernd.key, std::nullopt).der(),
      world_pem(),
      "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
  };
}

}  // namespace kvc::fuzz
