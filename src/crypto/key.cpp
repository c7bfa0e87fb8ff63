// SPDX-License-Identifier: Apache-2.0
#include "crypto/key.h"

#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/guard.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"
#include "crypto/pbe.h"
#include "crypto/rsa_key_der.h"

namespace kvc::crypto {
namespace {

constexpr std::size_t kMaxKeyText = 1024UL * 1024UL;

/// One block of a PEM text. OpenSSL allocates the parts; they are wiped.
struct PemBlock {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;

  PemBlock() = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() { clear(); }

  void clear() noexcept {
    OPENSSL_secure_free(name);
    OPENSSL_secure_free(header);
    OPENSSL_secure_clear_free(data, static_cast<std::size_t>(size));
    name = header = nullptr;
    data = nullptr;
    size = 0;
  }
  bool read(BIO* from) {
    clear();
    return PEM_read_bio_ex(from, &name, &header, &data, &size, PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE) == 1;
  }
  [[nodiscard]] bool is(std::string_view what) const { return what == name; }
};

int give_password(char* out, int size, int /*writing*/, void* password) {
  const auto* secret = static_cast<const Secret*>(password);
  if (secret->empty() || secret->size() > static_cast<std::size_t>(size)) {
    return -1;
  }
  std::memcpy(out, secret->reveal().data(), secret->size());
  return static_cast<int>(secret->size());
}

Result<PkeyPtr> from_plain_info(const unsigned char* data, long size) {
  const unsigned char* at = data;
  const Pkcs8InfoPtr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, size));
  if (!info || at != data + size) {
    return Status(error::malformed, "the private key is no PKCS#8 PrivateKeyInfo");
  }
  return rsa_key(info.get());
}

Result<PkeyPtr> from_encrypted_info(const PemBlock& block, const Secret& password) {
  const unsigned char* at = block.data;
  const X509SigPtr encrypted(d2i_X509_SIG(nullptr, &at, block.size));
  if (!encrypted || at != block.data + block.size) {
    return Status(error::malformed, "the private key is no PKCS#8 EncryptedPrivateKeyInfo");
  }
  KVC_ASSIGN(const auto info, decrypt_key_info(encrypted.get(), password));
  return rsa_key(info.get());
}

/// "RSA PRIVATE KEY" (RFC 8017 appendix A.1.2), perhaps with the encryption of RFC 1421.
Result<PkeyPtr> from_traditional(PemBlock& block, const Secret& password) {
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(block.header, &cipher) != 1) {
    return openssl_status(error::malformed, "the header of the private key does not parse");
  }
  if (cipher.cipher != nullptr) {
    // This old format derives its key without a context parameter.
    const ContextScope scope(library_context());
    Secret copy = password;
    if (PEM_do_header(&cipher, block.data, &block.size, give_password, &copy) != 1) {
      return Status(error::wrong_passphrase, "the password does not open the private key");
    }
  }
  PkeyPtr key = read_rsa_private_key({block.data, static_cast<std::size_t>(block.size)});
  if (!key) {
    const unsigned char* at = block.data;
    key.reset(d2i_PrivateKey_ex(EVP_PKEY_RSA, nullptr, &at, block.size, library_context(), nullptr));
  }
  if (!key) {
    // What a wrong password decrypts to looks like a broken key; a broken encrypted key is the rarer case.
    return cipher.cipher != nullptr ? Status(error::wrong_passphrase, "the password does not open the private key")
                                    : openssl_status(error::malformed, "the private key does not parse");
  }
  return key;
}

Result<PkeyPtr> from_block(PemBlock& block, const Secret& password) {
  if (block.is(PEM_STRING_PKCS8INF)) {
    return from_plain_info(block.data, block.size);
  }
  if (block.is(PEM_STRING_PKCS8)) {
    return from_encrypted_info(block, password);
  }
  return from_traditional(block, password);
}

Result<PkeyPtr> first_key(const Secret& pem, const Secret& password) {
  const BioPtr text(BIO_new_mem_buf(pem.bytes().data(), static_cast<int>(pem.size())));
  PemBlock block;
  while (text && block.read(text.get())) {
    if (block.is(PEM_STRING_PKCS8INF) || block.is(PEM_STRING_PKCS8) || block.is(PEM_STRING_RSA)) {
      return from_block(block, password);
    }
  }
  return Status(error::malformed, "no RSA private key in PEM form found");
}

}  // namespace

Result<PrivateKey> PrivateKey::generate(int bits) {
  return guarded([&]() -> Result<PrivateKey> {
    constexpr int kLargest = 8192;
    if (bits < 1024 || bits > kLargest) {
      return Status(error::bad_request, "RSA key size out of range");
    }
    const ErrorScope errors;
    const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(library_context(), "RSA", nullptr));
    EVP_PKEY* made = nullptr;
    if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1 || EVP_PKEY_generate(context.get(), &made) != 1) {
      return openssl_status(error::crypto_failed, "the key pair cannot be made");
    }
    return PrivateKey(std::shared_ptr<EVP_PKEY>(made, EVP_PKEY_free));
  });
}

Result<PrivateKey> PrivateKey::from_pem(const Secret& pem, const Secret& password) {
  return guarded([&]() -> Result<PrivateKey> {
    if (pem.size() > kMaxKeyText) {
      return Status(error::malformed, "too large for a private key");
    }
    const ErrorScope errors;
    KVC_ASSIGN(auto key, first_key(pem, password));
    return PrivateKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
  });
}

Result<PrivateKey> PrivateKey::from_der(const Secret& der) {
  return guarded([&]() -> Result<PrivateKey> {
    if (der.empty() || der.size() > kMaxKeyText) {
      return Status(error::malformed, "empty, or too large for a private key");
    }
    const ErrorScope errors;
    KVC_ASSIGN(auto key, from_plain_info(der.bytes().data(), static_cast<long>(der.size())));
    return PrivateKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
  });
}

Result<Secret> PrivateKey::to_der() const {
  return guarded([&]() -> Result<Secret> {
    const ErrorScope errors;
    const Pkcs8InfoPtr info = private_key_info(key_.get());
    const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
    if (size <= 0) {
      return openssl_status(error::crypto_failed, "the private key cannot be encoded");
    }
    Secret der = Secret::of_size(static_cast<std::size_t>(size));
    unsigned char* at = der.data();
    i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at);
    return der;
  });
}

int PrivateKey::bits() const {
  return EVP_PKEY_get_bits(key_.get());
}

std::vector<std::uint8_t> PrivateKey::public_key_info() const {
  const ErrorScope errors;
  const int size = i2d_PUBKEY(key_.get(), nullptr);
  std::vector<std::uint8_t> der(static_cast<std::size_t>(std::max(size, 0)));
  if (size > 0) {
    unsigned char* at = der.data();
    i2d_PUBKEY(key_.get(), &at);
  }
  return der;
}

}  // namespace kvc::crypto
