// SPDX-License-Identifier: Apache-2.0
#include "crypto/pkcs12.h"

#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/guard.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"
#include "crypto/pbe.h"

namespace kvc::crypto {
namespace {

constexpr std::size_t kMaxFile = 4UL * 1024UL * 1024UL;
constexpr int kMaxBags = 1000;
constexpr int kMaxNesting = 4;
constexpr int kSaltBytes = 16;

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

/// OpenSSL takes pointer and int; an empty password still needs an address.
struct Password {
  const char* text;
  int size;
  explicit Password(const Secret& secret)
      : text(secret.empty() ? "" : secret.reveal().data()), size(static_cast<int>(secret.size())) {}
};

Status wrong_password() {
  return Status(error::wrong_passphrase, "the password does not open the keystore");
}
Status does_not_parse() {
  return Status(error::malformed, "the keystore does not parse");
}

// ---------------------------------------------------------------------------------------------------- reading

/// What a file gave, before keys and certificates are brought together.
struct Contents {
  std::vector<PrivateKey> keys;
  std::vector<Certificate> certificates;
  std::uint64_t rounds = 0;
  int bags = 0;
};

/// Adds to the work this file makes us do. Error: malformed beyond the limit.
Status spend(Contents& contents, std::uint64_t rounds) {
  if (rounds == 0 || rounds > kMaxPbeRounds || contents.rounds + rounds > kMaxPbeRounds) {
    return Status(error::malformed, "the keystore demands an unreasonable number of key derivation rounds");
  }
  contents.rounds += rounds;
  return {};
}

void add_key(Contents& contents, const PKCS8_PRIV_KEY_INFO* info) {
  auto key = rsa_key(info);
  if (key.ok()) {
    contents.keys.emplace_back(std::shared_ptr<EVP_PKEY>(std::move(key).value()));
  }
}

Status read_shrouded_key(Contents& contents, const PKCS12_SAFEBAG* bag, const Secret& password) {
  const X509_SIG* encrypted = PKCS12_SAFEBAG_get0_pkcs8(bag);
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(encrypted, &algorithm, nullptr);
  KVC_ASSIGN(const PbeCost cost, pbe_cost(algorithm));
  KVC_TRY(spend(contents, cost.rounds));
  KVC_ASSIGN(const auto info, decrypt_key_info(encrypted, password));
  add_key(contents, info.get());
  return {};
}

Status read_certificate(Contents& contents, const PKCS12_SAFEBAG* bag) {
  if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) {
    return {};
  }
  const X509Ptr parsed(PKCS12_SAFEBAG_get1_cert(bag));
  if (!parsed) {
    return does_not_parse();
  }
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(parsed.get(), &bytes);
  const std::unique_ptr<unsigned char, OpenSslFree> owner(bytes);
  if (size <= 0) {
    return does_not_parse();
  }
  // Parsed once more, so that it lives in our context and not in the one the file needed.
  KVC_ASSIGN(auto certificate,
             Certificate::from_der({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)}));
  contents.certificates.push_back(std::move(certificate));
  return {};
}

Status read_bags(Contents& contents, const STACK_OF(PKCS12_SAFEBAG) * bags, const Secret& password, int depth);

Status read_bag(Contents& contents, const PKCS12_SAFEBAG* bag, const Secret& password, int depth) {
  switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
      add_key(contents, PKCS12_SAFEBAG_get0_p8inf(bag));
      return {};
    case NID_pkcs8ShroudedKeyBag:
      return read_shrouded_key(contents, bag, password);
    case NID_certBag:
      return read_certificate(contents, bag);
    case NID_safeContentsBag:
      return read_bags(contents, PKCS12_SAFEBAG_get0_safes(bag), password, depth + 1);
    default:
      return {};  // CRLs and secrets are not ours
  }
}

Status read_bags(Contents& contents, const STACK_OF(PKCS12_SAFEBAG) * bags, const Secret& password, int depth) {
  const int count = sk_PKCS12_SAFEBAG_num(bags);
  contents.bags += std::max(count, 0);
  if (depth > kMaxNesting || contents.bags > kMaxBags) {
    return Status(error::malformed, "the keystore has too many entries");
  }
  for (int i = 0; i < count; ++i) {
    KVC_TRY(read_bag(contents, sk_PKCS12_SAFEBAG_value(bags, i), password, depth));
  }
  return {};
}

Result<BagStack> decrypt_safe(Contents& contents, const PKCS7* safe, const Secret& password) {
  if (safe->d.encrypted == nullptr || safe->d.encrypted->enc_data == nullptr ||
      safe->d.encrypted->enc_data->enc_data == nullptr) {
    return does_not_parse();
  }
  const PKCS7_ENC_CONTENT* content = safe->d.encrypted->enc_data;
  KVC_ASSIGN(const PbeCost cost, pbe_cost(content->algorithm));
  KVC_TRY(spend(contents, cost.rounds));
  OSSL_LIB_CTX* context = library_context();
  if (cost.needs_legacy) {
    KVC_ASSIGN(context, legacy_context());
  }
  const ContextScope scope(context);
  const Password pass(password);
  BagStack bags(static_cast<STACK_OF(PKCS12_SAFEBAG)*>(
      PKCS12_item_decrypt_d2i_ex(content->algorithm, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), pass.text, pass.size,
                                 content->enc_data, 1, context, nullptr)));
  if (!bags) {
    return wrong_password();
  }
  return bags;
}

Status read_safe(Contents& contents, PKCS7* safe, const Secret& password) {
  if (PKCS7_type_is_data(safe)) {
    const BagStack bags(PKCS12_unpack_p7data(safe));
    return bags ? read_bags(contents, bags.get(), password, 0) : does_not_parse();
  }
  if (PKCS7_type_is_encrypted(safe)) {
    KVC_ASSIGN(const auto bags, decrypt_safe(contents, safe, password));
    return read_bags(contents, bags.get(), password, 0);
  }
  return Status(error::malformed, "the keystore is protected by a public key, not by a password");
}

/// RFC 7292 section 5.1: the MAC first, so that nothing else is read from a file that was changed.
Status check_mac(Contents& contents, PKCS12* file, const Secret& password) {
  const ASN1_INTEGER* rounds = nullptr;
  if (PKCS12_mac_present(file) != 1) {
    return Status(error::malformed, "the keystore has no MAC, so nobody can tell whether it was changed");
  }
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &rounds, file);
  std::uint64_t count = 1;  // RFC 7292: DEFAULT 1
  if (rounds != nullptr && ASN1_INTEGER_get_uint64(&count, rounds) != 1) {
    return does_not_parse();
  }
  KVC_TRY(spend(contents, count));
  const Password pass(password);
  if (PKCS12_verify_mac(file, pass.text, pass.size) == 1 ||
      (password.empty() && PKCS12_verify_mac(file, nullptr, 0) == 1)) {
    return {};
  }
  return wrong_password();
}

std::vector<Identity> pair_up(const Contents& contents) {
  std::vector<Identity> pairs;
  for (const auto& certificate : contents.certificates) {
    const auto key = std::find_if(contents.keys.begin(), contents.keys.end(),
                                  [&](const PrivateKey& candidate) { return certificate.carries_key_of(candidate); });
    const bool known =
        std::any_of(pairs.begin(), pairs.end(), [&](const Identity& pair) { return pair.certificate == certificate; });
    if (key != contents.keys.end() && !known) {
      pairs.push_back({*key, certificate});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Identity& a, const Identity& b) {
    return a.certificate.not_before() > b.certificate.not_before();
  });
  return pairs;
}

Result<Pkcs12Ptr> parse(std::string_view der) {
  if (der.empty() || der.size() > kMaxFile) {
    return Status(error::malformed, "empty, or too large for a keystore");
  }
  const BioPtr in(BIO_new_mem_buf(der.data(), static_cast<int>(der.size())));
  // Without an object of ours: OpenSSL 3.0 loses part of one it is given when the parse fails.
  Pkcs12Ptr file(in ? d2i_PKCS12_bio(in.get(), nullptr) : nullptr);
  if (!file) {
    return openssl_status(error::malformed, "the keystore does not parse");
  }
  if (BIO_pending(in.get()) != 0) {
    return Status(error::malformed, "bytes behind the keystore");
  }
  return file;
}

Result<std::vector<Identity>> read(std::string_view der, const Secret& password) {
  const ContextScope scope(library_context());
  KVC_ASSIGN(const auto file, parse(der));
  Contents contents;
  KVC_TRY(check_mac(contents, file.get(), password));
  const SafeStack safes(PKCS12_unpack_authsafes(file.get()));
  if (!safes) {
    return does_not_parse();
  }
  for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
    KVC_TRY(read_safe(contents, sk_PKCS7_value(safes.get(), i), password));
  }
  auto pairs = pair_up(contents);
  if (pairs.empty()) {
    return Status(error::malformed, "the keystore holds no RSA key with its certificate");
  }
  return pairs;
}

/// OpenSSL before 1.1.0 took the bytes of a UTF-8 password for Latin-1 when it made the MAC.
Secret latin1_to_utf8(const Secret& password) {
  Secret text = Secret::of_size(2 * password.size());
  std::size_t used = 0;
  for (const std::uint8_t byte : password.bytes()) {
    if (byte < 0x80) {
      text.data()[used++] = byte;
    } else {
      text.data()[used++] = static_cast<std::uint8_t>(0xc0U | (byte >> 6U));
      text.data()[used++] = static_cast<std::uint8_t>(0x80U | (byte & 0x3fU));
    }
  }
  return Secret(text.reveal().substr(0, used));
}

bool is_ascii(const Secret& text) {
  return std::all_of(text.bytes().begin(), text.bytes().end(), [](std::uint8_t byte) { return byte < 0x80; });
}

// ---------------------------------------------------------------------------------------------------- writing

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
  Pkcs8InfoPtr info(EVP_PKEY2PKCS8(key.native()));
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
  const DigestPtr sha256(EVP_MD_fetch(library_context(), "SHA256", nullptr));
  const Pkcs12Ptr file(PKCS12_add_safes_ex(safes.get(), 0, library_context(), nullptr));
  if (!file || !sha256 ||
      PKCS12_set_mac(file.get(), pass.text, pass.size, nullptr, kSaltBytes, kPkcs12Rounds, sha256.get()) != 1) {
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

Result<std::vector<Identity>> read_pkcs12(std::string_view der, const Secret& password) {
  return guarded([&]() -> Result<std::vector<Identity>> {
    const ErrorScope errors;
    auto found = read(der, password);
    if (found.status().is(error::wrong_passphrase) && !is_ascii(password)) {
      auto again = read(der, latin1_to_utf8(password));
      return again.ok() ? std::move(again) : std::move(found);
    }
    return found;
  });
}

}  // namespace kvc::crypto
