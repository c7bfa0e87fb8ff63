// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/x509.h>

#include <string>

namespace kvc::crypto {

/// A distinguished name as people read it (RFC 2253), UTF-8; empty for none and for one that cannot be written. Thread:
/// [any].
std::string name_text(const X509_NAME* name);

}  // namespace kvc::crypto
