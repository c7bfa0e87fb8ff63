// SPDX-License-Identifier: Apache-2.0
#include "vault/account_key.h"

#include <array>

#include "base/guard.h"
#include "crypto/aead.h"
#include "vault/binding.h"

namespace kvc::vault {
namespace {

constexpr char kVersion = 1;
constexpr std::string_view kDigits = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4U];
    text += kDigits[static_cast<unsigned char>(c) & 0x0fU];
  }
  return text;
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(kDigits.find(text[i]) * 16 + kDigits.find(text[i + 1]));
  }
  return bytes;
}

}  // namespace

std::string new_key_id(Env& env) {
  std::array<std::uint8_t, kKeyIdBytes> random{};
  env.random(random);
  return to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
}

AccountKey::AccountKey() : ring_(std::make_shared<const Ring>()) {}

Result<std::string> AccountKey::seal(Env& env, const Secret& plaintext, std::string_view purpose) const {
  return guarded([&]() -> Result<std::string> {
    if (ring_->keys.empty()) {
      return Status(error::invalid_state, "the account is not unlocked");
    }
    const auto bound = binding({kContentKind, account_id_, ring_->current_id, purpose});
    KVC_ASSIGN(const auto body, crypto::aead_seal(env, ring_->current(), plaintext, bound));
    return std::string(1, kVersion) + from_hex(ring_->current_id) + body;
  });
}

Result<Secret> AccountKey::open(std::string_view sealed, std::string_view purpose) const {
  return guarded([&]() -> Result<Secret> {
    if (sealed.size() < 1 + kKeyIdBytes || sealed.front() != kVersion) {
      return Status(error::decrypt_failed, "the sealed bytes do not open");
    }
    const std::string key_id = to_hex(sealed.substr(1, kKeyIdBytes));
    const auto key = ring_->keys.find(key_id);
    if (key == ring_->keys.end()) {
      return Status(error::invalid_state, "sealed under a key of the account that is not unlocked");
    }
    return crypto::aead_open(key->second, sealed.substr(1 + kKeyIdBytes),
                             binding({kContentKind, account_id_, key_id, purpose}));
  });
}

}  // namespace kvc::vault
