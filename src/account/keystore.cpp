// SPDX-License-Identifier: Apache-2.0
#include "account/keystore.h"

#include <algorithm>
#include <utility>

#include "account/certificate_check.h"
#include "base/guard.h"
#include "crypto/certificate.h"

namespace kvc::account {
namespace {

/// RFC 5321 section 4.5.3.1.3: longer ones can be nobody's address, and would fill a user's screen.
constexpr std::size_t kLongestAddress = 254;
/// In the text of an error; the list in Keystore is complete.
constexpr std::size_t kNamedAddresses = 5;

/// The address, or what else tells a person whose certificate it is.
std::string owner_of(const crypto::Certificate& certificate) {
  for (std::string name : {certificate.email(), certificate.common_name(), certificate.serial_hex()}) {
    if (!name.empty() && name.size() <= kLongestAddress) {
      return name;
    }
  }
  return "?";
}

void add_foreign(std::vector<std::string>& addresses, const crypto::Certificate& certificate) {
  std::string owner = owner_of(certificate);
  const bool known = std::any_of(addresses.begin(), addresses.end(),
                                 [&](const std::string& other) { return crypto::same_address(other, owner); });
  if (!known) {
    addresses.push_back(std::move(owner));
  }
}

std::string listed(const std::vector<std::string>& addresses) {
  std::string text;
  for (std::size_t i = 0; i < std::min(addresses.size(), kNamedAddresses); ++i) {
    text += (i == 0 ? "" : ", ") + addresses[i];
  }
  return addresses.size() > kNamedAddresses ? text + ", ..." : text;
}

/// The CA may have ended since (certificate.h), so that the certificate's own begin is the time that counts.
Status check_usable(const crypto::Certificate& certificate, const crypto::TrustList& trust) {
  const crypto::ChainCheck chain = crypto::check_chain(trust, certificate, certificate.not_before());
  if (!chain.trusted || !chain.in_validity) {
    return Status(error::certificate_untrusted, chain.reason).with("issuer", certificate.issuer());
  }
  return check_certificate_use(certificate);
}

}  // namespace

Result<Keystore> read_keystore(std::string_view der, const Secret& password, std::string_view address,
                               const crypto::TrustList& trust, TimePoint now) {
  return guarded([&]() -> Result<Keystore> {
    if (address.empty()) {
      return Status(error::bad_request, "a keystore is judged for one address");
    }
    KVC_ASSIGN(auto pairs, crypto::read_pkcs12(der, password));
    Keystore result;
    Status newest_refusal;
    for (crypto::Identity& pair : pairs) {
      if (!crypto::same_address(pair.certificate.email(), address)) {
        add_foreign(result.foreign_addresses, pair.certificate);
        continue;
      }
      Status usable = check_usable(pair.certificate, trust);
      if (usable.ok()) {
        result.identities.push_back(std::move(pair));
      } else if (++result.refused == 1) {
        newest_refusal = std::move(usable);
      }
    }
    if (!result.identities.empty()) {
      result.current_is_valid = result.identities.front().certificate.valid_at(now);
      return result;
    }
    if (!newest_refusal.ok()) {
      return newest_refusal;
    }
    return Status(error::certificate_foreign, "the keys in the keystore belong to other addresses")
        .with("addresses", listed(result.foreign_addresses));
  });
}

}  // namespace kvc::account
