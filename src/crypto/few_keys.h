// SPDX-License-Identifier: Apache-2.0
// OpenSSL's default provider with few of its decoders. OpenSSL 3.0 decodes the public key of a certificate by asking
// every decoder in its context what it decodes, 40 of them, which takes as long as half a private RSA operation. The
// network knows RSA and, in time to come, elliptic curves; decoders that are not offered cannot be attacked through a
// certificate either: DSA, DH, SM2, Edwards curves, Microsoft's key blobs. Internal to crypto/.
#pragma once

#include <openssl/types.h>

namespace kvc::crypto {

/// Loads it into `context`, under the name kFewDecoders; what else the default provider has is there unchanged. It
/// stays loaded, and so does what it needs, until the end of the process. Thread: [any]. Throws std::bad_alloc, the
/// only thing that can go wrong: the default provider is compiled in.
void load_with_few_decoders(OSSL_LIB_CTX* context);

inline constexpr const char* kFewDecoders = "kvconnect-default";

}  // namespace kvc::crypto
