// SPDX-License-Identifier: Apache-2.0
// Keystore files, and what is made of them for an account. The MAC keeps a changed file out before anything else is
// read, so the target reads each input a second time with a MAC that fits: whoever knows the password can write one
// too.
#include <algorithm>
#include <array>

#include "account/keystore.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"
#include "fuzz/target.h"
#include "fuzz/world.h"
#include "unit/crypto/test_keystore.h"

namespace kvc::fuzz {
namespace {

constexpr std::string_view kPassword = "artificial";
constexpr int kPasswordSize = static_cast<int>(kPassword.size());

crypto::Pkcs12Ptr parsed(std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return crypto::Pkcs12Ptr(d2i_PKCS12(nullptr, &bytes, static_cast<long>(der.size())));
}

std::string der_of(const PKCS12* file) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS12(file, &bytes);
  const std::unique_ptr<unsigned char, crypto::OpenSslFree> owner(bytes);
  return size > 0 ? std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)) : std::string();
}

/// The file with a MAC of one round; empty if it does not parse.
std::string with_new_mac(std::string_view der) {
  const crypto::ErrorScope errors;
  const crypto::ContextScope scope(crypto::library_context());
  const auto file = parsed(der);
  const crypto::DigestPtr sha256(EVP_MD_fetch(crypto::library_context(), "SHA256", nullptr));
  if (!file || !sha256 ||
      PKCS12_set_mac(file.get(), kPassword.data(), kPasswordSize, nullptr, 8, 1, sha256.get()) != 1) {
    return {};
  }
  return der_of(file.get());
}

/// More rounds than this only cost time; that the limits hold is for the unit tests.
bool slow(std::string_view der) {
  constexpr std::uint64_t kManyRounds = 100'000;
  const crypto::ErrorScope errors;
  const auto file = parsed(der);
  const ASN1_INTEGER* rounds = nullptr;
  if (file) {
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &rounds, file.get());
  }
  std::uint64_t count = 0;
  return rounds != nullptr && ASN1_INTEGER_get_uint64(&count, rounds) == 1 && count > kManyRounds;
}

bool known_reason(const Status& status) {
  constexpr std::array<std::string_view, 8> kReasons = {"not_a_keystore", "truncated", "damaged", "no_mac",
                                                        "unsupported",    "no_key",    "not_rsa", "no_certificate"};
  return std::find(kReasons.begin(), kReasons.end(), test_pki::reason_of(status)) != kReasons.end();
}

void check_refusal(const Status& status) {
  if (status.is(error::malformed)) {
    require(known_reason(status), "a malformed keystore has one of the documented reasons");
    return;
  }
  require(status.is(error::wrong_passphrase) || status.is(error::crypto_failed) ||
              status.is(error::certificate_foreign) || status.is(error::certificate_untrusted) ||
              status.is(error::certificate_profile),
          "a keystore is refused for a documented reason");
}

bool printable(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void check_judgement(const account::Keystore& keystore) {
  require(!keystore.identities.empty() && keystore.refused >= 0, "a usable keystore holds something");
  TimePoint last = TimePoint::max();
  for (const auto& identity : keystore.identities) {
    const auto& certificate = identity.certificate;
    require(certificate.carries_key_of(identity.key), "a key comes with its own certificate");
    require(crypto::same_address(certificate.email(), world().anna.certificate.email()), "only keys of the address");
    require(crypto::check_chain(world().trust, certificate, certificate.not_before()).trusted,
            "only certificates of an allowed User CA");
    require(certificate.not_before() <= last, "newest first");
    last = certificate.not_before();
  }
  for (const auto& address : keystore.foreign_addresses) {
    require(!address.empty() && address.size() <= 254 && printable(address), "names of others can be shown");
  }
}

void read(std::string_view der) {
  const Secret password(kPassword);
  const auto found = crypto::read_pkcs12(der, password);
  const auto judged = account::read_keystore(der, password, world().anna.certificate.email(), world().trust,
                                             world().anna.certificate.not_before());
  if (!judged.ok()) {
    check_refusal(judged.status());
  } else {
    check_judgement(*judged);
  }
  if (!found.ok()) {
    require(judged.status().is(found.status().code()), "what does not open cannot be judged");
    return;
  }
  require(!found->empty(), "a keystore that can be read holds something");
  for (const auto& identity : *found) {
    require(identity.certificate.carries_key_of(identity.key), "a key comes with its own certificate");
  }
}

/// A keystore with cheap key derivation. -1 leaves a part unencrypted, as PKCS12_create() has it.
std::string keystore(int key_cipher, int certificate_cipher) {
  const crypto::ErrorScope errors;
  OSSL_LIB_CTX* context = crypto::library_context();
  const crypto::ContextScope scope(context);
  const auto& anna = world().anna;
  const crypto::Pkcs12Ptr file(PKCS12_create_ex(kPassword.data(), "Anna", anna.key.native(), anna.certificate.native(),
                                                nullptr, key_cipher, certificate_cipher, 1, 1, 0, context, nullptr));
  require(file != nullptr, "a sample keystore can be made");
  return der_of(file.get());
}

}  // namespace

void pkcs12_read(std::string_view input) {
  if (!slow(input)) {
    read(input);
  }
  const std::string again = with_new_mac(input);
  if (!again.empty()) {
    read(again);
  }
}

std::vector<std::string> pkcs12_read_seeds() {
  // Unencrypted, so that a mutation reaches the certificates and what is made of them.
  const auto plain = [](const std::vector<crypto::Identity>& pairs) {
    auto recipe = test_pki::keystore_of(pairs);
    recipe.password = kPassword;
    recipe.cipher = NID_undef;
    return test_pki::make_keystore(recipe);
  };
  return {
      keystore(-1, -1),
      keystore(NID_aes_256_cbc, -1),
      keystore(-1, NID_aes_128_cbc),
      keystore(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And3_Key_TripleDES_CBC),
      plain({world().anna, world().bernd}),
      plain({world().bernd}),
      "\x30\x80\x02\x01\x03",
  };
}

}  // namespace kvc::fuzz
