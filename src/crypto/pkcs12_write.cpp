// SPDX-License-Identifier: Apache-2.0
#include "crypto/pkcs12.h"

#include "base/guard.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"
#include "crypto/pkcs12_stacks.h"
#include "crypto/rsa_key_der.h"

namespace kvc::crypto {
namespace {

constexpr int kSaltBytes = 16;

/// OpenSSL takes pointer and int; an empty password still needs an address.
struct Password {
  const char* text;
  int size;
  explicit Password(const Secret& secret)
      : text(secret.empty() ? "" : secret.reveal().data()), size(static_cast<int>(secret.size())) {}
};

bool push(const BagStack& bags, SafeBagPtr bag) {
  if (!bag || sk_PKCS12_SAFEBAG_push(bags.get(), bag.get()) <= 0) {
    return false;
  }
  static_cast<void>(bag.release());
  return true;
}

bool push(const SafeStack& safes, Pkcs7Ptr safe) {
  if (!safe || sk_PKCS7_push(safes.get(), safe.get()) <= 0) {
    return false;
  }
  static_cast<void>(safe.release());
  return true;
}

/// Any octets will do as localKeyId (RFC 2985 section 5.5.2) as long as key and certificate share them.
bool label(PKCS12_SAFEBAG* bag, const std::string& name, unsigned char number) {
  return bag != nullptr && PKCS12_add_localkeyid(bag, &number, 1) == 1 &&
         (name.empty() || PKCS12_add_friendlyname_utf8(bag, name.data(), static_cast<int>(name.size())) == 1);
}

SafeBagPtr key_bag(const PrivateKey& key, const Password& pass) {
  const Pkcs8InfoPtr info = private_key_info(key.native());
  SafeBagPtr bag(info ? PKCS12_SAFEBAG_create_pkcs8_encrypt_ex(NID_aes_256_cbc, pass.text, pass.size, nullptr,
                                                               kSaltBytes, kPkcs12Rounds, info.get(), library_context(),
                                                               nullptr)
                      : nullptr);
  return bag;
}

bool fill(const std::vector<Identity>& generations, const Password& pass, std::string_view name, const BagStack& keys,
          const BagStack& certificates) {
  std::size_t number = generations.size();
  for (const auto& generation : generations) {
    const std::string entry =
        generations.size() == 1 ? std::string(name) : std::string(name) + " #" + std::to_string(number);
    auto key = key_bag(generation.key, pass);
    SafeBagPtr certificate(PKCS12_SAFEBAG_create_cert(generation.certificate.native()));
    if (!label(key.get(), entry, static_cast<unsigned char>(number)) ||
        !label(certificate.get(), entry, static_cast<unsigned char>(number)) || !push(keys, std::move(key)) ||
        !push(certificates, std::move(certificate))) {
      return false;
    }
    --number;
  }
  return true;
}

Result<std::string> write(const std::vector<Identity>& generations, const Secret& password, std::string_view name) {
  const Password pass(password);
  const ContextScope scope(library_context());
  const BagStack keys(sk_PKCS12_SAFEBAG_new_null());
  const BagStack certificates(sk_PKCS12_SAFEBAG_new_null());
  const SafeStack safes(sk_PKCS7_new_null());
  const Status failed = Status(error::crypto_failed, "the keystore cannot be made");
  if (!keys || !certificates || !safes || !fill(generations, pass, name, keys, certificates) ||
      !push(safes, Pkcs7Ptr(PKCS12_pack_p7encdata_ex(NID_aes_256_cbc, pass.text, pass.size, nullptr, kSaltBytes,
                                                     kPkcs12Rounds, certificates.get(), library_context(), nullptr))) ||
      !push(safes, Pkcs7Ptr(PKCS12_pack_p7data(keys.get())))) {
    return failed;
  }
  const Pkcs12Ptr file(PKCS12_add_safes_ex(safes.get(), 0, library_context(), nullptr));
  if (!file ||
      PKCS12_set_mac(file.get(), pass.text, pass.size, nullptr, kSaltBytes, kPkcs12Rounds, sha256_algorithm()) != 1) {
    return failed;
  }
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS12(file.get(), &bytes);
  const std::unique_ptr<unsigned char, OpenSslFree> owner(bytes);
  return size > 0
             ? Result<std::string>(std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)))
             : Result<std::string>(failed);
}

Status check_request(const std::vector<Identity>& generations, const Secret& password, std::string_view name) {
  constexpr std::size_t kMaxGenerations = 100;
  constexpr std::size_t kMaxText = 1000;
  if (generations.empty() || generations.size() > kMaxGenerations) {
    return Status(error::bad_request, "a keystore has 1 to 100 generations of keys");
  }
  if (password.empty() || password.size() > kMaxText || name.size() > kMaxText) {
    return Status(error::bad_request, "the password of a keystore is empty or too long, or the name is too long");
  }
  for (const auto& generation : generations) {
    if (!generation.certificate.carries_key_of(generation.key)) {
      return Status(error::bad_request, "a key and its certificate do not belong together");
    }
  }
  return {};
}

}  // namespace

Result<std::string> write_pkcs12(const std::vector<Identity>& generations, const Secret& password,
                                 std::string_view friendly_name) {
  return guarded([&]() -> Result<std::string> {
    KVC_TRY(check_request(generations, password, friendly_name));
    const ErrorScope errors;
    return write(generations, password, friendly_name);
  });
}

}  // namespace kvc::crypto
