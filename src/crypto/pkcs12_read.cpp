// SPDX-License-Identifier: Apache-2.0
#include "crypto/pkcs12.h"

#include <openssl/objects.h>

#include <algorithm>
#include <cstdint>

#include "base/guard.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"
#include "crypto/pbe.h"
#include "crypto/pkcs12_outline.h"
#include "crypto/pkcs12_password.h"
#include "crypto/pkcs12_stacks.h"

namespace kvc::crypto {
namespace {

constexpr std::size_t kMaxFile = 4UL * 1024UL * 1024UL;
constexpr int kMaxBags = 1000;
constexpr int kMaxNesting = 4;

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

Status unusable(const char* reason, const char* sentence) {
  return Status(error::malformed, sentence).with("reason", reason);
}

Status does_not_parse() {
  return unusable("damaged", "the keystore does not parse");
}

/// What a file gave, before keys and certificates are brought together.
struct Contents {
  std::vector<PrivateKey> keys;
  int other_keys = 0;  ///< not RSA, or unreadable
  std::vector<Certificate> certificates;
  std::vector<Secret> forms;  ///< of the password, for what is encrypted; known once the MAC fits
  std::uint64_t rounds = 0;
  int bags = 0;
};

/// Adds to the work this file makes us do. Error: malformed beyond the limit.
Status spend(Contents& contents, std::uint64_t rounds) {
  if (rounds == 0 || rounds > kMaxPbeRounds || contents.rounds + rounds > kMaxPbeRounds) {
    return unusable("unsupported", "the keystore demands an unreasonable number of key derivation rounds");
  }
  contents.rounds += rounds;
  return {};
}

void add_key(Contents& contents, const PKCS8_PRIV_KEY_INFO* info) {
  auto key = rsa_key(info);
  if (key.ok()) {
    contents.keys.emplace_back(std::shared_ptr<EVP_PKEY>(std::move(key).value()));
  } else {
    ++contents.other_keys;
  }
}

Status read_shrouded_key(Contents& contents, const PKCS12_SAFEBAG* bag) {
  const X509_SIG* encrypted = PKCS12_SAFEBAG_get0_pkcs8(bag);
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(encrypted, &algorithm, nullptr);
  KVC_ASSIGN(const PbeCost cost, pbe_cost(algorithm));
  for (const Secret& form : contents.forms) {
    KVC_TRY(spend(contents, cost.rounds));
    const auto info = decrypt_key_info(encrypted, form);
    if (info.ok()) {
      add_key(contents, info->get());
      return {};
    }
    if (!info.status().is(error::wrong_passphrase)) {
      return info.status();
    }
  }
  return wrong_password();
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
  auto certificate = Certificate::from_der({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  if (!certificate.ok()) {
    return certificate.status().is(error::malformed) ? does_not_parse() : certificate.status();
  }
  contents.certificates.push_back(std::move(certificate).value());
  return {};
}

Status read_bags(Contents& contents, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth);

Status read_bag(Contents& contents, const PKCS12_SAFEBAG* bag, int depth) {
  switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
      add_key(contents, PKCS12_SAFEBAG_get0_p8inf(bag));
      return {};
    case NID_pkcs8ShroudedKeyBag:
      return read_shrouded_key(contents, bag);
    case NID_certBag:
      return read_certificate(contents, bag);
    case NID_safeContentsBag:
      return read_bags(contents, PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
    default:
      return {};  // CRLs and secrets are not ours
  }
}

Status read_bags(Contents& contents, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth) {
  const int count = sk_PKCS12_SAFEBAG_num(bags);
  contents.bags += std::max(count, 0);
  if (depth > kMaxNesting || contents.bags > kMaxBags) {
    return unusable("unsupported", "the keystore has too many entries");
  }
  for (int i = 0; i < count; ++i) {
    KVC_TRY(read_bag(contents, sk_PKCS12_SAFEBAG_value(bags, i), depth));
  }
  return {};
}

BagStack decrypt_bags(const PKCS7_ENC_CONTENT* content, OSSL_LIB_CTX* context, const Secret& form) {
  const ContextScope scope(context);
  const Password pass(form);
  return BagStack(static_cast<STACK_OF(PKCS12_SAFEBAG)*>(
      PKCS12_item_decrypt_d2i_ex(content->algorithm, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), pass.text, pass.size,
                                 content->enc_data, 1, context, nullptr)));
}

Result<BagStack> decrypt_safe(Contents& contents, const PKCS7* safe) {
  if (safe->d.encrypted == nullptr || safe->d.encrypted->enc_data == nullptr ||
      safe->d.encrypted->enc_data->enc_data == nullptr) {
    return does_not_parse();
  }
  const PKCS7_ENC_CONTENT* content = safe->d.encrypted->enc_data;
  KVC_ASSIGN(const PbeCost cost, pbe_cost(content->algorithm));
  OSSL_LIB_CTX* context = library_context();
  if (cost.needs_legacy) {
    KVC_ASSIGN(context, legacy_context());
  }
  for (const Secret& form : contents.forms) {
    KVC_TRY(spend(contents, cost.rounds));
    if (BagStack bags = decrypt_bags(content, context, form)) {
      return bags;
    }
  }
  return wrong_password();
}

Status read_safe(Contents& contents, PKCS7* safe) {
  if (PKCS7_type_is_data(safe)) {
    const BagStack bags(PKCS12_unpack_p7data(safe));
    return bags ? read_bags(contents, bags.get(), 0) : does_not_parse();
  }
  if (PKCS7_type_is_encrypted(safe)) {
    KVC_ASSIGN(const auto bags, decrypt_safe(contents, safe));
    return read_bags(contents, bags.get(), 0);
  }
  return unusable("unsupported", "the keystore is protected by a public key, not by a password");
}

bool mac_fits(PKCS12* file, const Secret& form) {
  const Password pass(form);
  // Programs differ in whether an empty password has a zero character behind it.
  return PKCS12_verify_mac(file, pass.text, pass.size) == 1 ||
         (form.empty() && PKCS12_verify_mac(file, nullptr, 0) == 1);
}

/// RFC 7292 section 5.1: the MAC first, so that nothing else is read from a file that was changed.
Status check_mac(Contents& contents, PKCS12* file, const Secret& password) {
  if (PKCS12_mac_present(file) != 1) {
    return unusable("no_mac", "the keystore has no MAC, so nobody can tell whether it was changed");
  }
  const X509_ALGOR* algorithm = nullptr;
  const ASN1_OBJECT* digest = nullptr;
  const ASN1_INTEGER* rounds = nullptr;
  PKCS12_get0_mac(nullptr, &algorithm, nullptr, &rounds, file);
  X509_ALGOR_get0(&digest, nullptr, nullptr, algorithm);
  if (EVP_get_digestbyobj(digest) == nullptr) {
    return unusable("unsupported", "the MAC of the keystore is of a kind that is not known here");  // RFC 9579: PBMAC1
  }
  std::uint64_t count = 1;  // RFC 7292: DEFAULT 1
  if (rounds != nullptr && ASN1_INTEGER_get_uint64(&count, rounds) != 1) {
    return does_not_parse();
  }
  for (const Secret& form : mac_forms(password)) {
    KVC_TRY(spend(contents, count));
    if (mac_fits(file, form)) {
      contents.forms = content_forms(password, form);
      return {};
    }
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

Status why_no_pair(const Contents& contents) {
  if (!contents.keys.empty()) {
    return unusable("no_certificate", "the keystore holds an RSA key, but not its certificate");
  }
  return contents.other_keys > 0 ? unusable("not_rsa", "the keystore holds a key, but no RSA key")
                                 : unusable("no_key", "the keystore holds no private key");
}

Status why_no_keystore(std::string_view der) {
  switch (pkcs12_outline(der)) {
    case Outline::foreign:
      return unusable("not_a_keystore", "the file is no keystore");
    case Outline::truncated:
      return unusable("truncated", "the keystore ends too early");
    case Outline::whole:
      break;
  }
  return openssl_status(error::malformed, "the keystore does not parse").with("reason", "damaged");
}

Result<Pkcs12Ptr> parse(std::string_view der) {
  if (der.empty() || der.size() > kMaxFile) {
    return unusable("not_a_keystore", "empty, or too large for a keystore");
  }
  const BioPtr in(BIO_new_mem_buf(der.data(), static_cast<int>(der.size())));
  // Without an object of ours: OpenSSL 3.0 loses part of one it is given when the parse fails.
  Pkcs12Ptr file(in ? d2i_PKCS12_bio(in.get(), nullptr) : nullptr);
  if (!file) {
    return why_no_keystore(der);
  }
  if (BIO_pending(in.get()) != 0) {
    return unusable("damaged", "bytes behind the keystore");
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
    KVC_TRY(read_safe(contents, sk_PKCS7_value(safes.get(), i)));
  }
  auto pairs = pair_up(contents);
  if (pairs.empty()) {
    return why_no_pair(contents);
  }
  return pairs;
}

}  // namespace

Result<std::vector<Identity>> read_pkcs12(std::string_view der, const Secret& password) {
  return guarded([&]() -> Result<std::vector<Identity>> {
    const ErrorScope errors;
    return read(der, password);
  });
}

}  // namespace kvc::crypto
