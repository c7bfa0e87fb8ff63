// SPDX-License-Identifier: Apache-2.0
#include "key_custody.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <array>
#include <cstring>
#include <span>

#include "atomic_file.h"

namespace pvs::host {
namespace {

using Outcome = KeyCustody::Outcome;
using Bytes = std::span<const unsigned char>;

constexpr std::size_t kKey = 32;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::size_t kSalt = 16;
constexpr std::uint64_t kScryptN = 32768;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 1;
constexpr std::uint64_t kScryptMemory = 64ULL * 1024 * 1024;
constexpr std::size_t kMaxPlaintext = 65536;
constexpr std::string_view kSealInfo = "pvs reference host seal v1";

struct PkeyFree {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct PkeyCtxFree {
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
struct CipherFree {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyFree>;
using PkeyCtx = std::unique_ptr<EVP_PKEY_CTX, PkeyCtxFree>;

/// Key bytes on the stack, wiped.
template <std::size_t kSize>
struct WipedArray : std::array<unsigned char, kSize> {
  WipedArray() : std::array<unsigned char, kSize>{} {}
  WipedArray(const WipedArray&) = delete;
  WipedArray& operator=(const WipedArray&) = delete;
  ~WipedArray() { OPENSSL_cleanse(this->data(), this->size()); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
Bytes span_of(std::string_view text) {
  return {bytes_of(text), text.size()};
}

/// ciphertext and tag appended to `out`.
bool encrypt(const unsigned char* key, const unsigned char* nonce, std::string_view aad, std::string_view plaintext,
             std::string& out) {
  const std::unique_ptr<EVP_CIPHER_CTX, CipherFree> context(EVP_CIPHER_CTX_new());
  const std::size_t start = out.size();
  out.resize(start + plaintext.size() + kTag);
  int size = 0;
  return context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key, nonce) == 1 &&
         EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(aad), static_cast<int>(aad.size())) == 1 &&
         EVP_EncryptUpdate(context.get(), bytes_of(out) + start, &size, bytes_of(plaintext),
                           static_cast<int>(plaintext.size())) == 1 &&
         EVP_EncryptFinal_ex(context.get(), bytes_of(out) + start + size, &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes_of(out) + start + plaintext.size()) == 1;
}

/// False if the tag does not fit; then `out` is wiped and empty.
bool decrypt(const unsigned char* key, const unsigned char* nonce, std::string_view aad, std::string_view sealed,
             std::string& out) {
  if (sealed.size() < kTag) {
    return false;
  }
  const std::string_view ciphertext = sealed.substr(0, sealed.size() - kTag);
  std::array<unsigned char, kTag> tag{};
  std::memcpy(tag.data(), sealed.data() + ciphertext.size(), kTag);
  out.assign(ciphertext.size() + 1, '\0');  // never a null pointer, even for an empty text
  const std::unique_ptr<EVP_CIPHER_CTX, CipherFree> context(EVP_CIPHER_CTX_new());
  int size = 0;
  int last = 0;
  const bool fine =
      context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key, nonce) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(aad), static_cast<int>(aad.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes_of(out), &size, bytes_of(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes_of(out) + size, &last) == 1;
  if (!fine) {
    OPENSSL_cleanse(out.data(), out.size());
    out.clear();
    return false;
  }
  out.resize(ciphertext.size());
  return true;
}

bool derive_from_password(const SecretText& password, Bytes salt, WipedArray<kKey>& key) {
  return EVP_PBE_scrypt(password.reveal().data(), password.reveal().size(), salt.data(), salt.size(), kScryptN,
                        kScryptR, kScryptP, kScryptMemory, key.data(), key.size()) == 1;
}

Pkey generate() {
  EVP_PKEY* key = nullptr;
  const PkeyCtx context(EVP_PKEY_CTX_new_id(EVP_PKEY_X25519, nullptr));
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 || EVP_PKEY_keygen(context.get(), &key) != 1) {
    return nullptr;
  }
  return Pkey(key);
}

bool raw_public(const EVP_PKEY* key, std::string& out) {
  std::size_t size = kKey;
  out.resize(kKey);
  return EVP_PKEY_get_raw_public_key(key, bytes_of(out), &size) == 1 && size == kKey;
}

/// X25519, then HKDF: key and nonce for one sealed box. The ephemeral key is used once, so the pair is never used
/// twice.
bool agree(EVP_PKEY* own, EVP_PKEY* peer, std::string_view ephemeral_public, std::string_view recipient_public,
           WipedArray<kKey + kNonce>& out) {
  WipedArray<kKey> secret;
  std::size_t size = secret.size();
  const PkeyCtx context(EVP_PKEY_CTX_new(own, nullptr));
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
      EVP_PKEY_derive(context.get(), secret.data(), &size) != 1) {
    return false;
  }
  std::string info(kSealInfo);
  info.append(ephemeral_public).append(recipient_public);
  const PkeyCtx kdf(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  std::size_t length = out.size();
  return kdf && EVP_PKEY_derive_init(kdf.get()) == 1 && EVP_PKEY_CTX_set_hkdf_md(kdf.get(), EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set1_hkdf_key(kdf.get(), secret.data(), static_cast<int>(size)) == 1 &&
         EVP_PKEY_CTX_add1_hkdf_info(kdf.get(), bytes_of(info), static_cast<int>(info.size())) == 1 &&
         EVP_PKEY_derive(kdf.get(), out.data(), &length) == 1 && length == out.size();
}

struct KeyFile {
  std::string salt;
  std::string nonce;
  std::string public_key;   // raw, 32 bytes
  std::string private_key;  // encrypted
};

std::string render(const KeyFile& file) {
  JsonObject::Ptr object = new_object();
  object->set("version", 1);
  object->set("kdf", "scrypt-32768-8-1");
  object->set("salt", encode_base64(file.salt));
  object->set("nonce", encode_base64(file.nonce));
  object->set("public_key", encode_base64(file.public_key));
  object->set("private_key", encode_base64(file.private_key));
  return to_line(object) + "\n";
}

Outcome read_key_file(const std::filesystem::path& path, KeyFile& file) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return Outcome::unknown_user;
  }
  try {
    const JsonObject::Ptr object = as_object(parse_document(read_small_file(path, 16384), "key file"), "key file");
    const auto field = [&](const char* name) { return decode_base64(as_text(object->get(name), name), name); };
    file = {field("salt"), field("nonce"), field("public_key"), field("private_key")};
  } catch (const std::exception&) {
    return Outcome::damaged;
  }
  const bool plausible = file.salt.size() == kSalt && file.nonce.size() == kNonce && file.public_key.size() == kKey &&
                         file.private_key.size() == kKey + kTag;
  return plausible ? Outcome::ok : Outcome::damaged;
}

/// Binds an encrypted private key to its user and public key: files cannot be swapped between users.
std::string key_context(std::string_view user_id, const std::string& public_key) {
  return "pvs reference host key v1|" + std::string(user_id) + "|" + public_key;
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  return RAND_bytes(bytes_of(bytes), static_cast<int>(size)) == 1 ? bytes : std::string();
}

}  // namespace

KeyCustody::KeyCustody(std::filesystem::path directory) : directory_(std::move(directory)) {
  make_private_directory(directory_);
}

KeyCustody::~KeyCustody() = default;

std::filesystem::path KeyCustody::file_of(std::string_view user_id) const {
  return directory_ / (std::string(user_id) + ".key.json");
}

Outcome KeyCustody::enrol(std::string_view user_id, const SecretText& password) {
  const std::lock_guard lock(mutex_);
  KeyFile file;
  const Outcome there = read_key_file(file_of(user_id), file);
  if (there != Outcome::unknown_user) {
    return there;
  }
  const Pkey key = generate();
  file.salt = random_bytes(kSalt);
  file.nonce = random_bytes(kNonce);
  WipedArray<kKey> wrapping;
  WipedArray<kKey> raw;
  std::size_t size = raw.size();
  if (!key || file.salt.empty() || file.nonce.empty() || !raw_public(key.get(), file.public_key) ||
      EVP_PKEY_get_raw_private_key(key.get(), raw.data(), &size) != 1 ||
      !derive_from_password(password, span_of(file.salt), wrapping) ||
      !encrypt(wrapping.data(), bytes_of(file.nonce), key_context(user_id, file.public_key),
               {reinterpret_cast<const char*>(raw.data()), size}, file.private_key)) {
    return Outcome::failed;
  }
  return write_file_atomically(file_of(user_id), render(file)) ? Outcome::ok : Outcome::failed;
}

Outcome KeyCustody::unlock(std::string_view user_id, const SecretText& password) {
  KeyFile file;
  const Outcome read = read_key_file(file_of(user_id), file);
  if (read != Outcome::ok) {
    return read;
  }
  WipedArray<kKey> wrapping;
  if (!derive_from_password(password, span_of(file.salt), wrapping)) {
    return Outcome::failed;
  }
  std::string raw;
  if (!decrypt(wrapping.data(), bytes_of(file.nonce), key_context(user_id, file.public_key), file.private_key, raw)) {
    return Outcome::wrong_password;
  }
  std::shared_ptr<EVP_PKEY> key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes_of(raw), raw.size()),
                                PkeyFree());
  OPENSSL_cleanse(raw.data(), raw.size());
  if (key == nullptr) {
    return Outcome::failed;
  }
  const std::lock_guard lock(mutex_);
  open_[std::string(user_id)] = std::move(key);
  return Outcome::ok;
}

bool KeyCustody::matches(std::string_view user_id, const SecretText& password) const {
  KeyFile file;
  WipedArray<kKey> wrapping;
  std::string raw;
  const bool right =
      read_key_file(file_of(user_id), file) == Outcome::ok &&
      derive_from_password(password, span_of(file.salt), wrapping) &&
      decrypt(wrapping.data(), bytes_of(file.nonce), key_context(user_id, file.public_key), file.private_key, raw);
  OPENSSL_cleanse(raw.data(), raw.size());
  return right;
}

void KeyCustody::lock(std::string_view user_id) {
  const std::lock_guard lock(mutex_);
  if (const auto it = open_.find(user_id); it != open_.end()) {
    open_.erase(it);
  }
}

bool KeyCustody::unlocked(std::string_view user_id) const {
  const std::lock_guard lock(mutex_);
  return open_.contains(user_id);
}

Outcome KeyCustody::seal(std::string_view user_id, std::string_view plaintext, std::string_view associated_data,
                         std::string& sealed) const {
  KeyFile file;
  const Outcome read = read_key_file(file_of(user_id), file);
  if (read != Outcome::ok) {
    return read;
  }
  if (plaintext.size() > kMaxPlaintext) {
    return Outcome::rejected;
  }
  const Pkey recipient(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes_of(file.public_key), file.public_key.size()));
  const Pkey ephemeral = generate();
  std::string ephemeral_public;
  WipedArray<kKey + kNonce> derived;
  if (!recipient || !ephemeral || !raw_public(ephemeral.get(), ephemeral_public) ||
      !agree(ephemeral.get(), recipient.get(), ephemeral_public, file.public_key, derived)) {
    return Outcome::failed;
  }
  sealed = '\x01' + ephemeral_public;
  return encrypt(derived.data(), derived.data() + kKey, associated_data, plaintext, sealed) ? Outcome::ok
                                                                                            : Outcome::failed;
}

Outcome KeyCustody::unseal(std::string_view user_id, std::string_view sealed, std::string_view associated_data,
                           std::string& plaintext) const {
  std::shared_ptr<EVP_PKEY> own;
  {
    const std::lock_guard lock(mutex_);
    const auto it = open_.find(user_id);
    if (it == open_.end()) {
      std::error_code error;
      return std::filesystem::exists(file_of(user_id), error) ? Outcome::locked : Outcome::unknown_user;
    }
    own = it->second;
  }
  if (sealed.size() < 1 + kKey + kTag || sealed.size() > 1 + kKey + kTag + kMaxPlaintext || sealed.front() != '\x01') {
    return Outcome::rejected;
  }
  const std::string_view ephemeral_public = sealed.substr(1, kKey);
  const Pkey ephemeral(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes_of(ephemeral_public), ephemeral_public.size()));
  std::string own_public;
  WipedArray<kKey + kNonce> derived;
  // agree() fails for a point of small order, which only an attacker sends.
  if (!ephemeral || !raw_public(own.get(), own_public) ||
      !agree(own.get(), ephemeral.get(), ephemeral_public, own_public, derived) ||
      !decrypt(derived.data(), derived.data() + kKey, associated_data, sealed.substr(1 + kKey), plaintext)) {
    return Outcome::rejected;
  }
  return Outcome::ok;
}

Outcome KeyCustody::public_key(std::string_view user_id, std::string& subject_public_key_info) const {
  KeyFile file;
  const Outcome read = read_key_file(file_of(user_id), file);
  if (read != Outcome::ok) {
    return read;
  }
  const Pkey key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes_of(file.public_key), file.public_key.size()));
  const int size = key ? i2d_PUBKEY(key.get(), nullptr) : -1;
  if (size <= 0) {
    return Outcome::failed;
  }
  subject_public_key_info.resize(static_cast<std::size_t>(size));
  unsigned char* at = bytes_of(subject_public_key_info);
  return i2d_PUBKEY(key.get(), &at) == size ? Outcome::ok : Outcome::failed;
}

}  // namespace pvs::host
