// SPDX-License-Identifier: Apache-2.0
#include "contract/protection/canaries.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace kvc::protection {
namespace {

std::string hex(std::string_view bytes, const char* digits) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    text += {digits[byte >> 4U], digits[byte & 15U]};
  }
  return text;
}

/// What base64 of a longer text has in it if `bytes` begin at a place of this remainder by three: only the characters
/// that `bytes` alone decide.
std::string base64(std::string_view bytes, std::size_t remainder) {
  const std::string padded = std::string(remainder, '\0') + std::string(bytes.substr(0, (bytes.size() / 3) * 3));
  std::string text(4 * (padded.size() / 3 + 1) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(padded.data()), static_cast<int>(padded.size() / 3 * 3));
  text.resize(static_cast<std::size_t>(size));
  return text.substr(remainder == 0 ? 0 : 4);
}

std::string utf16(std::string_view bytes, bool high_first) {
  std::string text;
  for (const char c : bytes) {
    text += high_first ? std::string{'\0', c} : std::string{c, '\0'};
  }
  return text;
}

std::string number(const EVP_PKEY* key, const char* which) {
  BIGNUM* value = nullptr;
  if (EVP_PKEY_get_bn_param(key, which, &value) != 1) {
    throw std::runtime_error("a key without its numbers");
  }
  const std::unique_ptr<BIGNUM, decltype(&BN_clear_free)> owner(value, BN_clear_free);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
  BN_bn2bin(value, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

void Canaries::add(const std::string& name, std::string_view bytes) {
  forms_[name + ", as it is"] = bytes;
  forms_[name + ", hexadecimal"] = hex(bytes, "0123456789abcdef");
  forms_[name + ", HEXADECIMAL"] = hex(bytes, "0123456789ABCDEF");
  forms_[name + ", UTF-16 LE"] = utf16(bytes, false);
  forms_[name + ", UTF-16 BE"] = utf16(bytes, true);
  for (const std::size_t remainder : {0U, 1U, 2U}) {
    forms_[name + ", base64 at " + std::to_string(remainder)] = base64(bytes, remainder);
  }
}

void Canaries::add_key(const std::string& name, const crypto::PrivateKey& key) {
  constexpr std::size_t kEnough = 24;
  constexpr std::array kNumbers = {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
                                   OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2};
  for (const char* which : kNumbers) {
    add(name + ' ' + which, number(key.native(), which).substr(0, kEnough));
  }
}

std::vector<std::string> Canaries::found_in(const std::filesystem::path& directory) const {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string text =
        entry.path().string() + '\n' + (entry.is_regular_file() ? content(entry.path()) : std::string());
    for (const auto& [name, needle] : forms_) {
      if (text.find(needle) != std::string::npos) {
        found.push_back(entry.path().filename().string() + ": " + name);
      }
    }
  }
  return found;
}

}  // namespace kvc::protection
