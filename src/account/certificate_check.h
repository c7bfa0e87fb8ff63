// SPDX-License-Identifier: Apache-2.0
// Whether a certificate the server gave us may become the account's own (protocol B 3).
#pragma once

#include <string_view>

#include "base/env.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/trust_list.h"

namespace kvc::account {

/// Checks, in this order: our key (not_our_key), our address (certificate_foreign), chain to an allowed User CA
/// (certificate_untrusted), dates (certificate_expired), and what sending and receiving cannot do without
/// (certificate_profile): RSA of at least 2048 bits, no CA, key usage digitalSignature and keyEncipherment, and
/// emailProtection if there is an extended key usage at all. Other deviations from the documented profile are no
/// refusal: CAs have changed details before, and a refused certificate leaves a practice without mail. `now` may lie up
/// to ten minutes before the certificate's begin, since the clocks of practices differ from the CA's.
Status check_own_certificate(const crypto::Certificate& certificate, const crypto::PrivateKey& key,
                             std::string_view address, const crypto::TrustList& trust, TimePoint now);

}  // namespace kvc::account
