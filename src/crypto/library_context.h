// SPDX-License-Identifier: Apache-2.0
// The corner of OpenSSL that is ours. Internal to crypto/ and message/.
#pragma once

#include <openssl/types.h>

#include <string>

#include "base/status.h"

namespace kvc::crypto {

/// OpenSSL context of this library with nothing but the built-in default provider, of whose kinds of keys it has RSA
/// and elliptic curves (few_keys.h). The configuration file of the process (openssl.cnf) has no influence on it, and
/// nothing is changed for other users of OpenSSL in the process. Made at first use, never freed. Pass it wherever
/// OpenSSL takes an OSSL_LIB_CTX. Thread: [any]. Throws std::bad_alloc.
OSSL_LIB_CTX* library_context();

/// SHA-256 of library_context(), looked up once and never freed; not null. Thread: [any]. Throws std::bad_alloc.
const EVP_MD* sha256_algorithm();

/// The same with the "legacy" provider beside it, for RC2, RC4 and DES in old keystores; never for anything we write.
/// Loaded at first use. In a build that links libcrypto statically the provider brings a second libcrypto into the
/// process, therefore nothing asks for it but a file that needs it. Error: crypto_failed if the provider is not
/// installed. Throws std::bad_alloc.
Result<OSSL_LIB_CTX*> legacy_context();

/// Makes `context` what OpenSSL functions without a context parameter use on this thread, while it lives. No callback
/// into foreign code within.
class ContextScope {
 public:
  explicit ContextScope(OSSL_LIB_CTX* context);
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  OSSL_LIB_CTX* previous_;
};

/// Leaves the thread's OpenSSL error queue as it was found: errors of the host before us stay, ours go.
class ErrorScope {
 public:
  ErrorScope();
  ~ErrorScope();
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

/// What OpenSSL says of the last failure on this thread: library and reason in English ("CMS routines: no content"),
/// only OpenSSL's constant texts, so no key, no name and no content. "no reason given" for an empty queue.
std::string openssl_error();

/// `code` with `what` and openssl_error() as its detail.
Status openssl_status(const ErrorCode& code, const std::string& what);

}  // namespace kvc::crypto
