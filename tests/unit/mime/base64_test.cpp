// SPDX-License-Identifier: Apache-2.0
// The decoder of our own against OpenSSL's: the same bytes, the same refusals, by table and with vectors.
#include "mime/base64.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace kvc::mime {
namespace {

using namespace std::string_literals;

std::optional<std::string> ours(std::string_view text, std::size_t piece, bool vectors) {
  Base64Decoder decoder;
  if (!vectors) {
    decoder.without_vectors();
  }
  std::string all;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const auto part = text.substr(at, piece);
    std::vector<char> out(Base64Decoder::room_for(part.size()));
    const auto size = decoder.decode(part, out.data());
    if (!size.ok()) {
      return std::nullopt;
    }
    EXPECT_LE(size.value(), out.size());
    all.append(out.data(), size.value());
  }
  return decoder.finish().ok() ? std::optional(all) : std::nullopt;
}

/// One call, so that padding ends the data; OpenSSL takes '-' for an end, in a mail it is a foreign character.
std::optional<std::string> openssl(const std::string& text) {
  if (text.find('-') != std::string::npos) {
    return std::nullopt;
  }
  EVP_ENCODE_CTX* context = EVP_ENCODE_CTX_new();
  EVP_DecodeInit(context);
  std::vector<unsigned char> out(text.size() + 64);
  int size = 0, last = 0;
  bool good =
      text.empty() || EVP_DecodeUpdate(context, out.data(), &size, reinterpret_cast<const unsigned char*>(text.data()),
                                       static_cast<int>(text.size())) >= 0;
  good = good && EVP_DecodeFinal(context, out.data() + size, &last) >= 0;
  EVP_ENCODE_CTX_free(context);
  return good ? std::optional(std::string(out.begin(), out.begin() + size + last)) : std::nullopt;
}

void same(const std::string& text) {
  const auto expected = openssl(text);
  for (const bool vectors : {false, true}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{33}, text.size() + 1}) {
      ASSERT_EQ(ours(text, piece, vectors), expected) << text << " in pieces of " << piece << ", vectors " << vectors;
    }
  }
}

std::string encoded(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    c = static_cast<char>(random());
  }
  std::string text(size * 2 + 8, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(size))));
  return text;
}

TEST(Base64, WhatOpenSslReads) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text = encoded(random, size);
    same(text);
    for (std::size_t at = 76; at < text.size(); at += 78) {
      text.insert(at, "\r\n");
    }
    same(text);
  }
}

TEST(Base64, EveryByteInEveryPlace) {
  std::mt19937 random(2);
  const std::string text = encoded(random, 70);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      auto changed = text;
      changed[at] = static_cast<char>(value);
      ASSERT_EQ(ours(changed, changed.size(), true), openssl(changed)) << at << " " << value;
      ASSERT_EQ(ours(changed, changed.size(), false), openssl(changed)) << at << " " << value;
    }
  }
}

TEST(Base64, EveryByteInEveryPlaceOfWholeLines) {
  std::mt19937 random(4);
  std::string text = encoded(random, 2 * 57 + 5);
  text.insert(152, "\r\n");
  text.insert(76, "\r\n");
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      auto changed = text;
      changed[at] = static_cast<char>(value);
      ASSERT_EQ(ours(changed, changed.size(), true), openssl(changed)) << at << " " << value;
    }
  }
}

TEST(Base64, PaddingAndWhatIsNone) {
  for (const auto& text : {""s,     "="s,     "=="s,          "===="s,     "Q==="s,     "QQ=="s, "QQ="s,  "QQ= ="s,
                           "QUI="s, "QUJD="s, "QUI=="s,       "QQ==QQ=="s, "QQ==\r\n"s, "=QUJ"s, "Q=Q="s, "Q"s,
                           "QU"s,   "QUJ"s,   " Q U\tJ\nD "s, "QUJD\v"s,   "QU-D"s,     "QU_D"s, "QU\0D"s}) {
    same(text);
  }
}

TEST(Base64, MutatedText) {
  std::mt19937 random(3);
  constexpr std::string_view kInserted = "=\r\n \tA/+-!";
  for (int i = 0; i < 3000; ++i) {
    std::string text = encoded(random, random() % 120);
    for (std::size_t n = random() % 4; n > 0; --n) {
      text.insert(random() % (text.size() + 1), 1, kInserted[random() % kInserted.size()]);
    }
    same(text);
  }
}

}  // namespace
}  // namespace kvc::mime
