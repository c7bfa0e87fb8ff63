// SPDX-License-Identifier: Apache-2.0
#include "crypto/few_decoders.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

namespace kvc::crypto {
namespace {

bool is_wanted(const OSSL_ALGORITHM& decoder) {
  constexpr std::array<std::string_view, 3> kKeys = {"RSA", "RSA-PSS", "EC"};
  const std::string_view names(decoder.algorithm_names), properties(decoder.property_definition);
  return std::find(kKeys.begin(), kKeys.end(), names.substr(0, names.find(':'))) != kKeys.end() &&
         properties.find("input=msblob") == std::string_view::npos &&
         properties.find("input=pvk") == std::string_view::npos;
}

struct ContextFree {
  void operator()(OSSL_LIB_CTX* context) const { OSSL_LIB_CTX_free(context); }
};

/// The default provider in a context of its own, to which all work is given on.
struct Whole {
  OSSL_PROVIDER* provider = nullptr;
  std::vector<OSSL_ALGORITHM> decoders;

  /// Throws std::bad_alloc.
  Whole() {
    std::unique_ptr<OSSL_LIB_CTX, ContextFree> context(OSSL_LIB_CTX_new());
    provider = context ? OSSL_PROVIDER_load(context.get(), "default") : nullptr;
    if (provider == nullptr) {
      throw std::bad_alloc();
    }
    int no_cache = 0;
    const OSSL_ALGORITHM* all = OSSL_PROVIDER_query_operation(provider, OSSL_OP_DECODER, &no_cache);
    for (; all != nullptr && all->algorithm_names != nullptr; ++all) {
      if (is_wanted(*all)) {
        decoders.push_back(*all);
      }
    }
    decoders.push_back({});  // the end of the list
    static_cast<void>(context.release());
  }
};

/// Never freed: algorithms of every context that was made refer to it. Throws std::bad_alloc, and tries again then.
const Whole& whole() {
  static const Whole* const made = new Whole;
  return *made;
}

const OSSL_ALGORITHM* query(void* /*provider*/, int operation, int* no_cache) noexcept {
  if (operation == OSSL_OP_DECODER) {
    *no_cache = 0;
    return whole().decoders.data();
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

void load_with_few_decoders(OSSL_LIB_CTX* context) {
  static_cast<void>(whole());  // the functions above must not throw
  if (OSSL_PROVIDER_add_builtin(context, kFewDecoders, initialize) != 1 ||
      OSSL_PROVIDER_load(context, kFewDecoders) == nullptr) {
    throw std::bad_alloc();
  }
}

}  // namespace kvc::crypto
