// SPDX-License-Identifier: Apache-2.0
#include "bench/message/limit.h"

#include <openssl/rsa.h>

#include <algorithm>

#include "bench/message/peers.h"
#include "mime/base64.h"

namespace kvc::bench {
namespace {

constexpr std::size_t kChunk = 48UL * 1024;  // of whole base64 groups and cipher blocks
constexpr std::size_t kRsaBytes = 256;

void need(bool good, const char* what) {
  if (!good) {
    give_up(std::string("limit: ") + what);
  }
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

template <class Each>
void in_chunks(std::string_view bytes, Each each) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kChunk, bytes.size()))) {
    each(bytes.substr(0, kChunk));
  }
}

crypto::PkeyContextPtr context(EVP_PKEY* key, int (*init)(EVP_PKEY_CTX*), bool signing) {
  crypto::PkeyContextPtr made(EVP_PKEY_CTX_new(key, nullptr));
  need(made && init(made.get()) == 1 && EVP_PKEY_CTX_set_rsa_padding(made.get(), RSA_PKCS1_PADDING) == 1 &&
           (!signing || EVP_PKEY_CTX_set_signature_md(made.get(), EVP_sha256()) == 1),
       "RSA context");
  return made;
}

}  // namespace

Limit::Limit()
    : sign_(context(cms_peer().anna_key(), EVP_PKEY_sign_init, true)),
      verify_(context(cms_peer().anna_key(), EVP_PKEY_verify_init, true)),
      encrypt_(context(cms_peer().bernd_key(), EVP_PKEY_encrypt_init, false)),
      decrypt_(context(cms_peer().bernd_key(), EVP_PKEY_decrypt_init, false)),
      cipher_(EVP_CIPHER_CTX_new()),
      digest_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
      digesting_(EVP_MD_CTX_new()),
      signature_(kRsaBytes),
      wrapped_(kRsaBytes),
      room_(2 * kChunk),
      other_room_(2 * kChunk) {
  rsa_sign();
  rsa_encrypt();
}

void Limit::rsa_sign() {
  std::size_t size = kRsaBytes;
  need(EVP_PKEY_sign(sign_.get(), signature_.data(), &size, hash_.data(), hash_.size()) == 1, "sign");
}

void Limit::rsa_verify() {
  need(EVP_PKEY_verify(verify_.get(), signature_.data(), kRsaBytes, hash_.data(), hash_.size()) == 1, "verify");
}

void Limit::rsa_encrypt() {
  std::size_t size = kRsaBytes;
  need(EVP_PKEY_encrypt(encrypt_.get(), wrapped_.data(), &size, hash_.data(), hash_.size()) == 1, "encrypt");
}

void Limit::rsa_decrypt() {
  std::size_t size = room_.size();
  need(EVP_PKEY_decrypt(decrypt_.get(), room_.data(), &size, wrapped_.data(), kRsaBytes) == 1, "decrypt");
}

void Limit::sha256(std::string_view bytes) {
  std::array<unsigned char, 32> out{};
  need(EVP_DigestInit_ex2(digesting_.get(), digest_.get(), nullptr) == 1, "digest");
  in_chunks(bytes, [&](std::string_view piece) { EVP_DigestUpdate(digesting_.get(), piece.data(), piece.size()); });
  need(EVP_DigestFinal_ex(digesting_.get(), out.data(), nullptr) == 1, "digest");
}

void Limit::cbc_encrypt(std::string_view bytes) {
  need(EVP_EncryptInit_ex(cipher_.get(), EVP_aes_256_cbc(), nullptr, hash_.data(), hash_.data()) == 1 &&
           EVP_CIPHER_CTX_set_padding(cipher_.get(), 1) == 1,
       "cipher");
  int size = 0;
  in_chunks(bytes, [&](std::string_view piece) {
    EVP_EncryptUpdate(cipher_.get(), room_.data(), &size, bytes_of(piece), static_cast<int>(piece.size()));
  });
  need(EVP_EncryptFinal_ex(cipher_.get(), room_.data(), &size) == 1, "cipher");
}

void Limit::base64_encode(std::string_view bytes) {
  in_chunks(bytes,
            [&](std::string_view piece) { mime::encode_base64_lines(piece, reinterpret_cast<char*>(room_.data())); });
}

template <class Then>
void Limit::base64_decode(std::string_view text, Then then) {
  mime::Base64Decoder decoder;
  in_chunks(text, [&](std::string_view piece) {
    const auto size = decoder.decode(piece, reinterpret_cast<char*>(room_.data()));
    need(size.ok(), "base64");
    then(std::string_view(reinterpret_cast<const char*>(room_.data()), *size));
  });
}

void Limit::seal(const Work& work) {
  base64_encode(work.attachment);
  sha256(work.content);
  cbc_encrypt(work.content);
  base64_encode(work.content);  // the ciphertext is as long
  rsa_sign();
  rsa_encrypt();
  rsa_encrypt();
}

void Limit::open(const Work& work) {
  rsa_decrypt();
  // Under a key that is not the message's: the processor does not care what comes out, padding would.
  need(EVP_DecryptInit_ex(cipher_.get(), EVP_aes_256_cbc(), nullptr, hash_.data(), hash_.data()) == 1 &&
           EVP_CIPHER_CTX_set_padding(cipher_.get(), 0) == 1 &&
           EVP_DigestInit_ex2(digesting_.get(), digest_.get(), nullptr) == 1,
       "open");
  base64_decode(work.body_base64, [&](std::string_view piece) {
    int size = 0;
    EVP_DecryptUpdate(cipher_.get(), other_room_.data(), &size, bytes_of(piece), static_cast<int>(piece.size()));
    EVP_DigestUpdate(digesting_.get(), other_room_.data(), static_cast<std::size_t>(size));
  });
  std::array<unsigned char, 32> out{};
  need(EVP_DigestFinal_ex(digesting_.get(), out.data(), nullptr) == 1, "digest");
  rsa_verify();
}

void Limit::parts(const Work& work) {
  need(EVP_DigestInit_ex2(digesting_.get(), digest_.get(), nullptr) == 1, "digest");
  base64_decode(work.inner_base64,
                [&](std::string_view piece) { EVP_DigestUpdate(digesting_.get(), piece.data(), piece.size()); });
  std::array<unsigned char, 32> out{};
  need(EVP_DigestFinal_ex(digesting_.get(), out.data(), nullptr) == 1, "digest");
}

}  // namespace kvc::bench
