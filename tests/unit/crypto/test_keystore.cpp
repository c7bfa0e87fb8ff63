// SPDX-License-Identifier: Apache-2.0
#include "unit/crypto/test_keystore.h"

#include <cstdlib>
#include <iostream>
#include <memory>

#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"
#include "crypto/pkcs12_stacks.h"

namespace kvc::test_pki {
namespace {

using crypto::BagStack;
using crypto::Pkcs7Ptr;
using crypto::SafeBagPtr;

constexpr int kSaltBytes = 8;

void must(bool done) {
  if (!done) {
    std::cerr << "a keystore for a test cannot be made: " << crypto::openssl_error() << '\n';
    std::abort();
  }
}

template <class Stack, class Item>
void push(Stack* stack, Item item, int (*add)(Stack*, typename Item::element_type*)) {
  must(item && add(stack, item.get()) > 0);
  static_cast<void>(item.release());
}

int push_bag(STACK_OF(PKCS12_SAFEBAG) * stack, PKCS12_SAFEBAG* bag) {
  return sk_PKCS12_SAFEBAG_push(stack, bag);
}

int push_safe(STACK_OF(PKCS7) * stack, PKCS7* safe) {
  return sk_PKCS7_push(stack, safe);
}

SafeBagPtr key_bag(const crypto::PrivateKey& key, const KeystoreRecipe& recipe, const std::string& password,
                   OSSL_LIB_CTX* context) {
  crypto::Pkcs8InfoPtr info(EVP_PKEY2PKCS8(key.native()));
  must(info != nullptr);
  if (recipe.cipher == NID_undef) {
    return SafeBagPtr(PKCS12_SAFEBAG_create0_p8inf(info.release()));
  }
  return SafeBagPtr(PKCS12_SAFEBAG_create_pkcs8_encrypt_ex(recipe.cipher, password.data(),
                                                           static_cast<int>(password.size()), nullptr, kSaltBytes,
                                                           recipe.rounds, info.get(), context, nullptr));
}

Pkcs7Ptr certificate_safe(STACK_OF(PKCS12_SAFEBAG) * bags, const KeystoreRecipe& recipe, const std::string& password,
                          OSSL_LIB_CTX* context) {
  if (recipe.cipher == NID_undef) {
    return Pkcs7Ptr(PKCS12_pack_p7data(bags));
  }
  return Pkcs7Ptr(PKCS12_pack_p7encdata_ex(recipe.cipher, password.data(), static_cast<int>(password.size()), nullptr,
                                           kSaltBytes, recipe.rounds, bags, context, nullptr));
}

}  // namespace

std::string make_keystore(const KeystoreRecipe& recipe) {
  const crypto::ErrorScope errors;
  auto context = crypto::legacy_context();
  must(context.ok());
  const crypto::ContextScope scope(*context);
  const std::string password = recipe.content_password.value_or(recipe.password);
  const BagStack keys(sk_PKCS12_SAFEBAG_new_null());
  const BagStack certificates(sk_PKCS12_SAFEBAG_new_null());
  const crypto::SafeStack safes(sk_PKCS7_new_null());
  must(keys && certificates && safes);
  for (const auto& key : recipe.keys) {
    push(keys.get(), key_bag(key, recipe, password, *context), push_bag);
  }
  for (const auto& certificate : recipe.certificates) {
    push(certificates.get(), SafeBagPtr(PKCS12_SAFEBAG_create_cert(certificate.native())), push_bag);
  }
  push(safes.get(), certificate_safe(certificates.get(), recipe, password, *context), push_safe);
  push(safes.get(), Pkcs7Ptr(PKCS12_pack_p7data(keys.get())), push_safe);
  const crypto::Pkcs12Ptr file(PKCS12_add_safes_ex(safes.get(), 0, *context, nullptr));
  const crypto::DigestPtr sha256(EVP_MD_fetch(*context, "SHA256", nullptr));
  must(file && sha256 &&
       PKCS12_set_mac(file.get(), recipe.password.data(), static_cast<int>(recipe.password.size()), nullptr, kSaltBytes,
                      1, sha256.get()) == 1);
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS12(file.get(), &bytes);
  const std::unique_ptr<unsigned char, crypto::OpenSslFree> owner(bytes);
  must(size > 0);
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

KeystoreRecipe keystore_of(const std::vector<crypto::Identity>& pairs) {
  KeystoreRecipe recipe;
  for (const auto& pair : pairs) {
    recipe.keys.push_back(pair.key);
    recipe.certificates.push_back(pair.certificate);
  }
  return recipe;
}

crypto::PrivateKey elliptic_key() {
  const crypto::ErrorScope errors;
  EVP_PKEY* key = EVP_PKEY_Q_keygen(crypto::library_context(), nullptr, "EC", "P-256");
  must(key != nullptr);
  return crypto::PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

std::string reason_of(const Status& status) {
  for (const auto& [name, value] : status.params()) {
    if (name == "reason") {
      return value;
    }
  }
  return {};
}

}  // namespace kvc::test_pki
