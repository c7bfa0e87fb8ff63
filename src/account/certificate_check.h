// SPDX-License-Identifier: Apache-2.0
// Whether a certificate from the server or a keystore file may become the account's own (protocol B 3 and 7).
#pragma once

#include <string_view>

#include "base/env.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/trust_list.h"

namespace kvc::account {

/// What sending and receiving cannot do without: RSA of at least 2048 bits, no CA, key usage digitalSignature and
/// keyEncipherment, and emailProtection if there is an extended key usage at all. Other deviations from the documented
/// profile are no refusal: CAs have changed details before, and a refused certificate leaves a practice without mail.
/// Error: certificate_profile.
Status check_certificate_use(const crypto::Certificate& certificate);

/// Checks, in this order: our key (not_our_key), our address (certificate_foreign), chain to an allowed User CA
/// (certificate_untrusted), dates (certificate_expired), and check_certificate_use(). `now` may lie up to ten minutes
/// before the certificate's begin, since the clocks of practices differ from the CA's.
Status check_own_certificate(const crypto::Certificate& certificate, const crypto::PrivateKey& key,
                             std::string_view address, const crypto::TrustList& trust, TimePoint now);

}  // namespace kvc::account
