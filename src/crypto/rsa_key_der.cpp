// SPDX-License-Identifier: Apache-2.0
#include "crypto/rsa_key_der.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/secret.h"
#include "crypto/library_context.h"

namespace kvc::crypto {
namespace {

/// The numbers after the version, in the order of the encoding.
constexpr std::array kNumbers{OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
                              OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                              OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                              OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

using Bytes = std::span<const std::uint8_t>;

/// Takes one element of this tag off the front of `from`. False: there is none, or its length is not a definite one
/// that fits.
bool take(Bytes& from, int tag, Bytes& content) {
  const unsigned char* at = from.data();
  long size = 0;
  int found = 0;
  int found_class = 0;
  const int form = ASN1_get_object(&at, &size, &found, &found_class, static_cast<long>(from.size()));
  const int wanted = tag == V_ASN1_SEQUENCE ? V_ASN1_CONSTRUCTED : 0;
  if (form != wanted || found != tag || found_class != V_ASN1_UNIVERSAL) {
    return false;
  }
  content = {at, static_cast<std::size_t>(size)};
  from = from.subspan(static_cast<std::size_t>(at - from.data()) + content.size());
  return true;
}

/// Takes a positive INTEGER and appends it to `params` as a number of this machine, its bytes at `store`, which moves on.
bool take_number(Bytes& from, const char* name, std::uint8_t*& store, OSSL_PARAM& param) {
  Bytes digits;
  if (!take(from, V_ASN1_INTEGER, digits) || digits.empty() || digits.front() >= 0x80) {
    return false;
  }
  if (digits.front() == 0 && digits.size() > 1) {
    digits = digits.subspan(1);
  }
  if constexpr (std::endian::native == std::endian::little) {
    std::ranges::reverse_copy(digits, store);
  } else {
    std::ranges::copy(digits, store);
  }
  param = OSSL_PARAM_construct_BN(name, store, digits.size());
  store += digits.size();
  return true;
}

PkeyPtr make_key(OSSL_PARAM* params) {
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(library_context(), "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, params) != 1) {
    return nullptr;
  }
  return PkeyPtr(made);
}

}  // namespace

PkeyPtr read_rsa_private_key(std::span<const std::uint8_t> der) {
  Bytes rest = der;
  Bytes key;
  Bytes version;
  if (!take(rest, V_ASN1_SEQUENCE, key) || !rest.empty() || !take(key, V_ASN1_INTEGER, version) ||
      version.size() != 1 || version.front() != 0) {
    return nullptr;
  }
  Secret numbers = Secret::of_size(key.size());  // the numbers are shorter than their encoding
  std::uint8_t* store = numbers.data();
  std::array<OSSL_PARAM, kNumbers.size() + 1> params{};
  for (std::size_t i = 0; i < kNumbers.size(); ++i) {
    if (!take_number(key, kNumbers[i], store, params[i])) {
      return nullptr;
    }
  }
  params.back() = OSSL_PARAM_construct_end();
  return key.empty() ? make_key(params.data()) : nullptr;
}

}  // namespace kvc::crypto
