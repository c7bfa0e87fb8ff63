// SPDX-License-Identifier: Apache-2.0
#include "crypto/library_context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <memory>
#include <mutex>
#include <new>

#include "crypto/few_keys.h"

namespace kvc::crypto {
namespace {

/// A context that is not used yet. The constructor throws std::bad_alloc.
class NewContext {
 public:
  NewContext() : context_(OSSL_LIB_CTX_new()) {
    if (!context_) {
      throw std::bad_alloc();
    }
    provider_ = load_with_few_keys(context_.get());
  }
  ~NewContext() {
    if (provider_ != nullptr) {
      OSSL_PROVIDER_unload(provider_);
    }
  }
  NewContext(const NewContext&) = delete;
  NewContext& operator=(const NewContext&) = delete;

  [[nodiscard]] OSSL_LIB_CTX* get() const { return context_.get(); }
  /// For use, and never freed from now on: keys and certificates refer to it.
  OSSL_LIB_CTX* keep() {
    provider_ = nullptr;
    return context_.release();
  }

 private:
  struct Free {
    void operator()(OSSL_LIB_CTX* context) const { OSSL_LIB_CTX_free(context); }
  };
  std::unique_ptr<OSSL_LIB_CTX, Free> context_;
  OSSL_PROVIDER* provider_ = nullptr;
};

}  // namespace

OSSL_LIB_CTX* library_context() {
  static OSSL_LIB_CTX* const context = NewContext().keep();
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
    NewContext made;
    context = OSSL_PROVIDER_load(made.get(), "legacy") == nullptr ? nullptr : made.keep();
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
