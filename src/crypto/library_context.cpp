// SPDX-License-Identifier: Apache-2.0
#include "crypto/library_context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <mutex>
#include <new>

#include "crypto/few_decoders.h"

namespace kvc::crypto {
namespace {

/// nullptr if one of the providers is missing. What was made is never freed: keys and certificates refer to it.
OSSL_LIB_CTX* new_legacy_context() {
  OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
  if (context == nullptr) {
    throw std::bad_alloc();
  }
  OSSL_PROVIDER* built_in = OSSL_PROVIDER_load(context, "default");
  if (built_in == nullptr || OSSL_PROVIDER_load(context, "legacy") == nullptr) {
    OSSL_PROVIDER_unload(built_in);
    OSSL_LIB_CTX_free(context);
    return nullptr;
  }
  return context;
}

}  // namespace

OSSL_LIB_CTX* library_context() {
  static OSSL_LIB_CTX* const context = [] {
    OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
    if (made == nullptr || !load_with_few_decoders(made)) {
      OSSL_LIB_CTX_free(made);
      throw std::bad_alloc();  // the default provider is compiled in: nothing else can be wrong
    }
    return made;
  }();
  return context;
}

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = [] {
    const EVP_MD* fetched = EVP_MD_fetch(library_context(), "SHA256", nullptr);
    if (fetched == nullptr) {
      throw std::bad_alloc();
    }
    return fetched;
  }();
  return algorithm;
}

Result<OSSL_LIB_CTX*> legacy_context() {
  static std::mutex mutex;
  static OSSL_LIB_CTX* context = nullptr;
  const std::lock_guard lock(mutex);
  if (context == nullptr) {
    const ErrorScope errors;
    context = new_legacy_context();
  }
  if (context == nullptr) {
    return Status(error::crypto_failed,
                  "OpenSSL's legacy provider (ossl-modules/legacy.so) cannot be loaded; without it RC2, RC4 and DES "
                  "cannot be read");
  }
  return context;
}

ContextScope::ContextScope(OSSL_LIB_CTX* context) : previous_(OSSL_LIB_CTX_set0_default(context)) {}

ContextScope::~ContextScope() {
  OSSL_LIB_CTX_set0_default(previous_);
}

ErrorScope::ErrorScope() {
  ERR_set_mark();
}

ErrorScope::~ErrorScope() {
  ERR_pop_to_mark();
}

std::string openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  if (code == 0) {
    return "no reason given";
  }
  const char* library = ERR_lib_error_string(code);
  const char* reason = ERR_reason_error_string(code);
  return std::string(library == nullptr ? "OpenSSL" : library) + ": " + (reason == nullptr ? "unknown reason" : reason);
}

Status openssl_status(const ErrorCode& code, const std::string& what) {
  return Status(code, what + " (" + openssl_error() + ")");
}

}  // namespace kvc::crypto
