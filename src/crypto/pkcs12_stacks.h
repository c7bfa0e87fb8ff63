// SPDX-License-Identifier: Apache-2.0
// Owners of the lists in a keystore. Internal to crypto/.
#pragma once

#include <memory>

#include "crypto/openssl_ptr.h"

namespace kvc::crypto {

struct BagStackFree {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const noexcept {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  }
};
using BagStack = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), BagStackFree>;

struct SafeStackFree {
  void operator()(STACK_OF(PKCS7) * safes) const noexcept { sk_PKCS7_pop_free(safes, PKCS7_free); }
};
using SafeStack = std::unique_ptr<STACK_OF(PKCS7), SafeStackFree>;

}  // namespace kvc::crypto
