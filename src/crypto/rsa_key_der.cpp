// SPDX-License-Identifier: Apache-2.0
#include "crypto/rsa_key_der.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <bit>

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

/// From a number of this machine to one of the encoding, or back. Returns the end of what was written.
std::uint8_t* copy_digits(Bytes from, std::uint8_t* to) {
  if constexpr (std::endian::native == std::endian::little) {
    return std::ranges::reverse_copy(from, to).out;
  } else {
    return std::ranges::copy(from, to).out;
  }
}

/// Takes a positive INTEGER and appends it to `params` as a number of this machine, its bytes at `store`, which moves
/// on.
bool take_number(Bytes& from, const char* name, std::uint8_t*& store, OSSL_PARAM& param) {
  Bytes digits;
  if (!take(from, V_ASN1_INTEGER, digits) || digits.empty() || digits.front() >= 0x80) {
    return false;
  }
  if (digits.front() == 0 && digits.size() > 1) {
    digits = digits.subspan(1);
  }
  param = OSSL_PARAM_construct_BN(name, store, digits.size());
  store = copy_digits(digits, store);
  return true;
}

/// An unsigned number of this machine, without the zeros in front, as the content of an INTEGER.
struct Digits {
  std::span<const std::uint8_t> number;  ///< at least one byte
  [[nodiscard]] bool padded() const { return most_significant() >= 0x80; }
  [[nodiscard]] std::uint8_t most_significant() const {
    return std::endian::native == std::endian::little ? number.back() : number.front();
  }
  [[nodiscard]] int size() const { return static_cast<int>(number.size()) + (padded() ? 1 : 0); }
};

Digits digits_of(std::span<const std::uint8_t> number) {
  while (number.size() > 1 && Digits{number}.most_significant() == 0) {
    number = std::endian::native == std::endian::little ? number.first(number.size() - 1) : number.subspan(1);
  }
  return {number};
}

void put_number(std::uint8_t*& out, const Digits& digits) {
  ASN1_put_object(&out, 0, digits.size(), V_ASN1_INTEGER, V_ASN1_UNIVERSAL);
  if (digits.padded()) {
    *out++ = 0;
  }
  out = copy_digits(digits.number, out);
}

using Numbers = std::array<Digits, kNumbers.size()>;

/// Asks the key for its numbers, which go into `store`. False: no RSA key, one is missing, or there are more primes
/// than two.
bool numbers_of(const EVP_PKEY* key, Secret& store, Numbers& numbers) {
  const int most = EVP_PKEY_get_size(key);
  if (most <= 0 || EVP_PKEY_is_a(key, "RSA") != 1) {
    return false;
  }
  const auto size = static_cast<std::size_t>(most);
  store = Secret::of_size((kNumbers.size() + 1) * size);
  std::array<OSSL_PARAM, kNumbers.size() + 2> params{};
  for (std::size_t i = 0; i < kNumbers.size(); ++i) {
    params[i] = OSSL_PARAM_construct_BN(kNumbers[i], store.data() + i * size, size);
  }
  OSSL_PARAM& third = params[kNumbers.size()];
  third = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_FACTOR3, store.data() + kNumbers.size() * size, size);
  params.back() = OSSL_PARAM_construct_end();
  if (EVP_PKEY_get_params(key, params.data()) != 1 || OSSL_PARAM_modified(&third) != 0) {
    return false;
  }
  for (std::size_t i = 0; i < kNumbers.size(); ++i) {
    if (OSSL_PARAM_modified(&params[i]) == 0 || params[i].return_size == 0 || params[i].return_size > size) {
      return false;
    }
    numbers[i] = digits_of({store.data() + i * size, params[i].return_size});
  }
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

Secret write_rsa_private_key(const EVP_PKEY* key) {
  Secret store;
  Numbers numbers;
  if (!numbers_of(key, store, numbers)) {
    return {};
  }
  constexpr std::array<std::uint8_t, 3> kTwoPrimes{V_ASN1_INTEGER, 1, 0};  // the version
  int content = kTwoPrimes.size();
  for (const Digits& digits : numbers) {
    content += ASN1_object_size(0, digits.size(), V_ASN1_INTEGER);
  }
  Secret der = Secret::of_size(static_cast<std::size_t>(ASN1_object_size(1, content, V_ASN1_SEQUENCE)));
  std::uint8_t* out = der.data();
  ASN1_put_object(&out, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  out = std::ranges::copy(kTwoPrimes, out).out;
  for (const Digits& digits : numbers) {
    put_number(out, digits);
  }
  return der;
}

Pkcs8InfoPtr private_key_info(const EVP_PKEY* key) {
  const Secret der = write_rsa_private_key(key);
  if (der.empty()) {
    return Pkcs8InfoPtr(EVP_PKEY2PKCS8(key));
  }
  Pkcs8InfoPtr info(PKCS8_PRIV_KEY_INFO_new());
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(der.bytes().data(), der.size()));
  if (!info || copy == nullptr ||
      PKCS8_pkey_set0(info.get(), OBJ_nid2obj(NID_rsaEncryption), 0, V_ASN1_NULL, nullptr, copy,
                      static_cast<int>(der.size())) != 1) {
    OPENSSL_clear_free(copy, der.size());
    return nullptr;
  }
  return info;  // owns the copy, and wipes it (p8_pkey.c)
}

}  // namespace kvc::crypto
