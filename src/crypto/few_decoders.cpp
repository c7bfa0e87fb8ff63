// SPDX-License-Identifier: Apache-2.0
#include "crypto/few_decoders.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace kvc::crypto {
namespace {

bool is_wanted(const OSSL_ALGORITHM& decoder) {
  // "DER" turns PEM and containers of keys into what the others decode.
  constexpr std::array<std::string_view, 4> kKeys = {"RSA", "RSA-PSS", "EC", "DER"};
  const std::string_view names(decoder.algorithm_names), properties(decoder.property_definition);
  const std::string_view first = names.substr(0, names.find(':'));
  return std::find(kKeys.begin(), kKeys.end(), first) != kKeys.end() &&
         properties.find("input=msblob") == std::string_view::npos &&
         properties.find("input=pvk") == std::string_view::npos;
}

/// The default provider in a context of its own, to which all work is given on.
struct Whole {
  OSSL_PROVIDER* provider = nullptr;
  std::vector<OSSL_ALGORITHM> decoders;

  Whole() {
    OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
    OSSL_PROVIDER* loaded = context == nullptr ? nullptr : OSSL_PROVIDER_load(context, "default");
    if (loaded == nullptr) {
      OSSL_LIB_CTX_free(context);
      return;
    }
    int no_cache = 0;
    const OSSL_ALGORITHM* all = OSSL_PROVIDER_query_operation(loaded, OSSL_OP_DECODER, &no_cache);
    for (; all != nullptr && all->algorithm_names != nullptr; ++all) {
      if (is_wanted(*all)) {
        decoders.push_back(*all);
      }
    }
    decoders.push_back({});  // the end of the list
    provider = loaded;
  }
};

/// Never freed: algorithms of every context that was made refer to it. provider: nullptr without memory.
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

// What the core asks of a provider (provider(7)); its algorithms get the default provider's context. OpenSSL keeps
// these addresses for good, as the contexts that nobody frees: the library is linked never to leave the process.
int initialize(const OSSL_CORE_HANDLE* /*core*/, const OSSL_DISPATCH* /*core_functions*/,
               const OSSL_DISPATCH** functions, void** context) noexcept {
  static const std::array<OSSL_DISPATCH, 2> kFunctions = {
      {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(query)}, {0, nullptr}}};
  *functions = kFunctions.data();
  *context = OSSL_PROVIDER_get0_provider_ctx(whole().provider);
  return 1;
}

}  // namespace

bool load_with_few_decoders(OSSL_LIB_CTX* context) {
  return whole().provider != nullptr && OSSL_PROVIDER_add_builtin(context, kFewDecoders, initialize) == 1 &&
         OSSL_PROVIDER_load(context, kFewDecoders) != nullptr;
}

}  // namespace kvc::crypto
