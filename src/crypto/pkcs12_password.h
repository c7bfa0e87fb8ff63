// SPDX-License-Identifier: Apache-2.0
// How programs turn the characters of a keystore's password into bytes. Internal to crypto/.
//
// RFC 7292 appendix B.1 has the password as UTF-16 with a zero character behind it, for the MAC and the old
// encryptions; OpenSSL's functions make that from UTF-8. PBKDF2 (RFC 8018) takes any bytes and the RFC for keystores
// says UTF-8. Real files deviate for other than ASCII characters:
//  - OpenSSL before 1.1.0 took each byte of a UTF-8 password for a Latin-1 character when it made UTF-16;
//  - OpenSSL in a Latin-1 terminal gives PBKDF2 the Latin-1 bytes;
//  - NSS before 3.36 gave PBKDF2 the UTF-16 text, ASCII or not.
#pragma once

#include <vector>

#include "base/secret.h"

namespace kvc::crypto {

/// What to give OpenSSL (as UTF-8) to check a MAC, most likely first; one form for an ASCII password.
std::vector<Secret> mac_forms(const Secret& password);

/// What to give OpenSSL to decrypt a file whose MAC `mac_form` opened, most likely first, each once.
std::vector<Secret> content_forms(const Secret& password, const Secret& mac_form);

}  // namespace kvc::crypto
