// SPDX-License-Identifier: Apache-2.0
// OpenSSL's default provider with few kinds of keys. OpenSSL 3.0 decodes the public key of a certificate by asking each
// of its 40 decoders and 18 kinds of keys whether it is theirs, which takes as long as half a private RSA operation.
// The network knows RSA and, in time to come, elliptic curves; what is not offered cannot be attacked through a
// certificate either: DSA, DH, SM2, Edwards curves, Microsoft's key blobs. Internal to crypto/.
#pragma once

#include <openssl/types.h>

namespace kvc::crypto {

/// Loads it into `context`, under the name kFewKeys; what else the default provider has is there unchanged. It
/// stays loaded as long as the caller does not unload it; what it needs stays until the end of the process. Thread:
/// [any]. Throws std::bad_alloc, the only thing that can go wrong: the default provider is compiled in.
OSSL_PROVIDER* load_with_few_keys(OSSL_LIB_CTX* context);

inline constexpr const char* kFewKeys = "kvconnect-default";

}  // namespace kvc::crypto
