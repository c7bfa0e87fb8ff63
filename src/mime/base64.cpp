// SPDX-License-Identifier: Apache-2.0
#include "mime/base64.h"

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#define KVC_BASE64_AVX2 1
#endif

namespace kvc::mime {
namespace {

constexpr unsigned char kForeign = 0xff;
constexpr unsigned char kBlank = 0xfe;
constexpr unsigned char kPadding = 0xfd;

constexpr std::array<unsigned char, 256> make_table() {
  std::array<unsigned char, 256> table{};
  table.fill(kForeign);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<unsigned char>(i);
  }
  for (const char blank : {' ', '\t', '\r', '\n'}) {
    table[static_cast<unsigned char>(blank)] = kBlank;
  }
  table[static_cast<unsigned char>('=')] = kPadding;
  return table;
}

constexpr auto kTable = make_table();

Status broken() {
  return {error::malformed, "base64 content is broken or cut off"};
}

/// Whole groups by table, up to the first character that is not of the alphabet.
std::size_t groups_by_table(const char* text, std::size_t size, char*& out) {
  std::size_t at = 0;
  for (; at + 4 <= size; at += 4) {
    const unsigned a = kTable[static_cast<unsigned char>(text[at])];
    const unsigned b = kTable[static_cast<unsigned char>(text[at + 1])];
    const unsigned c = kTable[static_cast<unsigned char>(text[at + 2])];
    const unsigned d = kTable[static_cast<unsigned char>(text[at + 3])];
    if (((a | b | c | d) & 0xc0U) != 0) {
      break;
    }
    const std::uint32_t bits = a << 18U | b << 12U | c << 6U | d;
    *out++ = static_cast<char>(bits >> 16U);
    *out++ = static_cast<char>(bits >> 8U);
    *out++ = static_cast<char>(bits);
  }
  return at;
}

#ifdef KVC_BASE64_AVX2
/// Blocks of 32 characters, up to the first block with a character that is not of the alphabet. Writes 32 bytes for
/// each block's 24. After the idea of W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2
/// Instructions" (2018): both halves of a byte choose a bit set each, which meet only for foreign characters, and the
/// high half an offset to the value.
__attribute__((target("avx2"))) std::size_t blocks_by_avx2(const char* text, std::size_t size, char*& out) {
  const __m256i low_sets =
      _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a,
                       0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
  const __m256i high_sets =
      _mm256_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
                       0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  const __m256i offsets = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 19, 4, -65,
                                           -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i slash = _mm256_set1_epi8(0x2f);
  const __m256i pick = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9,
                                        8, 14, 13, 12, -1, -1, -1, -1);
  const __m256i join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, -1, -1);
  std::size_t at = 0;
  for (; at + 32 <= size; at += 32) {
    const __m256i in = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const __m256i high = _mm256_and_si256(_mm256_srli_epi32(in, 4), slash);
    const __m256i low = _mm256_and_si256(in, slash);
    if (_mm256_testz_si256(_mm256_shuffle_epi8(low_sets, low), _mm256_shuffle_epi8(high_sets, high)) == 0) {
      break;
    }
    const __m256i is_slash = _mm256_cmpeq_epi8(in, slash);
    const __m256i values = _mm256_add_epi8(in, _mm256_shuffle_epi8(offsets, _mm256_add_epi8(is_slash, high)));
    const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    const __m256i words = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(words, pick), join);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
    out += 24;
  }
  return at;
}

bool has_avx2() {
  static const bool there = __builtin_cpu_supports("avx2") != 0;
  return there;
}
#endif

}  // namespace

/// One character the slow way. False when it may not stand here.
bool Base64Decoder::take(unsigned char c, char*& out) {
  const unsigned char value = kTable[c];
  if (value == kBlank) {
    return true;
  }
  if (value == kForeign || (padding_ > 0 && value != kPadding)) {
    return false;
  }
  if (value == kPadding) {
    // Only the last one or two characters of a group; a group that is full already takes no more.
    if (++padding_ > 2 || in_group_ < 2) {
      return false;
    }
    group_[in_group_++] = 0;
  } else {
    group_[in_group_++] = value;
  }
  if (in_group_ < 4) {
    return true;
  }
  const std::uint32_t bits = static_cast<std::uint32_t>(group_[0]) << 18U |
                             static_cast<std::uint32_t>(group_[1]) << 12U |
                             static_cast<std::uint32_t>(group_[2]) << 6U | group_[3];
  for (std::size_t i = 0; i < 3 - padding_; ++i) {
    *out++ = static_cast<char>(bits >> (16U - 8U * i));
  }
  in_group_ = 0;
  return true;
}

Result<std::size_t> Base64Decoder::decode(std::string_view text, char* out) {
  const char* const begin = out;
  std::size_t at = 0;
  while (at < text.size()) {
    if (in_group_ == 0 && padding_ == 0) {
#ifdef KVC_BASE64_AVX2
      if (vectors_ && has_avx2()) {
        at += blocks_by_avx2(text.data() + at, text.size() - at, out);
      }
#endif
      at += groups_by_table(text.data() + at, text.size() - at, out);
      if (at == text.size()) {
        break;
      }
    }
    if (!take(static_cast<unsigned char>(text[at++]), out)) {
      return broken();
    }
  }
  return static_cast<std::size_t>(out - begin);
}

Status Base64Decoder::finish() const {
  return in_group_ == 0 ? Status() : broken();
}

}  // namespace kvc::mime
