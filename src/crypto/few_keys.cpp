// SPDX-License-Identifier: Apache-2.0
#include "crypto/few_keys.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <array>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

namespace kvc::crypto {
namespace {

bool is_wanted(const OSSL_ALGORITHM& algorithm, int operation) {
  const std::string_view names(algorithm.algorithm_names), properties(algorithm.property_definition);
  const std::string_view name = names.substr(0, names.find(':'));
  if (name == "X25519") {
    return operation == OSSL_OP_KEYMGMT;  // for sealed_box.h, whose keys are in no certificate
  }
  return (name == "RSA" || name == "RSA-PSS" || name == "EC") &&
         properties.find("input=msblob") == std::string_view::npos &&
         properties.find("input=pvk") == std::string_view::npos;
}

/// The wanted ones among what `provider` has for `operation`, with the end of such a list. Throws std::bad_alloc.
std::vector<OSSL_ALGORITHM> wanted(const OSSL_PROVIDER* provider, int operation) {
  std::vector<OSSL_ALGORITHM> found;
  int no_cache = 0;
  const OSSL_ALGORITHM* all = OSSL_PROVIDER_query_operation(provider, operation, &no_cache);
  for (; all != nullptr && all->algorithm_names != nullptr; ++all) {
    if (is_wanted(*all, operation)) {
      found.push_back(*all);
    }
  }
  found.push_back({});
  return found;
}

struct ContextFree {
  void operator()(OSSL_LIB_CTX* context) const { OSSL_LIB_CTX_free(context); }
};

/// The default provider in a context of its own, to which all work is given on.
struct Whole {
  OSSL_PROVIDER* provider = nullptr;
  std::vector<OSSL_ALGORITHM> decoders, key_kinds;

  /// Throws std::bad_alloc.
  Whole() {
    std::unique_ptr<OSSL_LIB_CTX, ContextFree> context(OSSL_LIB_CTX_new());
    provider = context ? OSSL_PROVIDER_load(context.get(), "default") : nullptr;
    if (provider == nullptr) {
      throw std::bad_alloc();
    }
    decoders = wanted(provider, OSSL_OP_DECODER);
    key_kinds = wanted(provider, OSSL_OP_KEYMGMT);
    static_cast<void>(context.release());
  }
};

/// Never freed: algorithms of every context that was made refer to it. Throws std::bad_alloc, and tries again then.
const Whole& whole() {
  static const Whole* const made = new Whole;
  return *made;
}

const OSSL_ALGORITHM* query(void* /*provider*/, int operation, int* no_cache) noexcept {
  if (operation == OSSL_OP_DECODER || operation == OSSL_OP_KEYMGMT) {
    *no_cache = 0;
    return (operation == OSSL_OP_DECODER ? whole().decoders : whole().key_kinds).data();
  }
  return OSSL_PROVIDER_query_operation(whole().provider, operation, no_cache);
}

const OSSL_PARAM* gettable_params(void* /*provider*/) noexcept {
  return OSSL_PROVIDER_gettable_params(whole().provider);
}

int get_params(void* /*provider*/, OSSL_PARAM params[]) noexcept {
  return OSSL_PROVIDER_get_params(whole().provider, params);
}

// Groups and signature algorithms of TLS.
int get_capabilities(void* /*provider*/, const char* capability, OSSL_CALLBACK* found, void* argument) noexcept {
  return OSSL_PROVIDER_get_capabilities(whole().provider, capability, found, argument);
}

template <class Function>
OSSL_DISPATCH entry(int number, Function* function) {
  return {number, reinterpret_cast<void (*)()>(function)};
}

// What the core asks of a provider (provider(7)); its algorithms get the default provider's context. OpenSSL keeps
// these addresses for good, as the contexts that nobody frees: the library is linked never to leave the process.
int initialize(const OSSL_CORE_HANDLE* /*core*/, const OSSL_DISPATCH* /*core_functions*/,
               const OSSL_DISPATCH** functions, void** context) noexcept {
  static const std::array<OSSL_DISPATCH, 5> kFunctions = {
      entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query), entry(OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, gettable_params),
      entry(OSSL_FUNC_PROVIDER_GET_PARAMS, get_params), entry(OSSL_FUNC_PROVIDER_GET_CAPABILITIES, get_capabilities),
      OSSL_DISPATCH{0, nullptr}};
  *functions = kFunctions.data();
  *context = OSSL_PROVIDER_get0_provider_ctx(whole().provider);
  return 1;
}

}  // namespace

OSSL_PROVIDER* load_with_few_keys(OSSL_LIB_CTX* context) {
  static_cast<void>(whole());  // the functions above must not throw
  OSSL_PROVIDER* loaded =
      OSSL_PROVIDER_add_builtin(context, kFewKeys, initialize) == 1 ? OSSL_PROVIDER_load(context, kFewKeys) : nullptr;
  if (loaded == nullptr) {
    throw std::bad_alloc();
  }
  return loaded;
}

}  // namespace kvc::crypto
