// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "crypto/key.h"

namespace kvc::crypto {

/// PEM PKCS#10 request whose subject is only x500UniqueIdentifier=<username> (2.5.4.45), signed with SHA-256
/// (protocol A, "CSR content"); the CA fills the rest.
Result<std::string> make_csr(const PrivateKey& key, std::string_view username);

}  // namespace kvc::crypto
