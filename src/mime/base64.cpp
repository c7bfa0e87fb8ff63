// SPDX-License-Identifier: Apache-2.0
#include "mime/base64.h"

#include <algorithm>
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

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<unsigned char, 256> make_table() {
  std::array<unsigned char, 256> table{};
  table.fill(kForeign);
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
__attribute__((target("avx2"))) inline __m256i load(const char* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

/// 32 characters become 24 bytes; writes 32. False, and nothing, if one of them is not of the alphabet. After the idea
/// of W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018): both halves of a
/// byte choose a bit set each, which meet only for foreign characters, and the high half an offset to the value.
__attribute__((target("avx2"))) inline bool decode_block(const char* text, char* out) {
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
  const __m256i in = load(text);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi32(in, 4), slash);
  const __m256i low = _mm256_and_si256(in, slash);
  if (_mm256_testz_si256(_mm256_shuffle_epi8(low_sets, low), _mm256_shuffle_epi8(high_sets, high)) == 0) {
    return false;
  }
  const __m256i is_slash = _mm256_cmpeq_epi8(in, slash);
  const __m256i values = _mm256_add_epi8(in, _mm256_shuffle_epi8(offsets, _mm256_add_epi8(is_slash, high)));
  const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  const __m256i words = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
  const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(words, pick), join);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
  return true;
}

/// Whole lines of 76 characters with CRLF, as everybody writes them, up to the first one with anything else in it. The
/// last of a line's three blocks begins 12 bytes before the second one ends, and writes the same there again.
__attribute__((target("avx2"))) std::size_t decode_lines(const char* text, std::size_t size, char*& out) {
  constexpr std::size_t kLine = 76, kLineEnd = 2, kLast = kLine - 32;
  std::size_t at = 0;
  for (; at + kLine + kLineEnd <= size; at += kLine + kLineEnd) {
    const char* line = text + at;
    if (line[kLine] != '\r' || line[kLine + 1] != '\n' || !decode_block(line, out) ||
        !decode_block(line + 32, out + 24) || !decode_block(line + kLast, out + kLast / 4 * 3)) {
      break;
    }
    out += kBase64LineBytes;
  }
  return at;
}

/// Blocks of 32 characters, up to the first block with a character that is not of the alphabet.
__attribute__((target("avx2"))) std::size_t decode_blocks(const char* text, std::size_t size, char*& out) {
  std::size_t at = 0;
  for (; at + 32 <= size && decode_block(text + at, out); at += 32) {
    out += 24;
  }
  return at;
}

/// 24 bytes become 32 characters; reads 4 bytes before and after them. After the encoding half of the same paper: every
/// 3 bytes are spread over 4, whose 6 bits choose the offset to their character.
__attribute__((target("avx2"))) inline __m256i characters_of(__m256i bytes) {
  const __m256i spread = _mm256_setr_epi8(5, 4, 6, 5, 8, 7, 9, 8, 11, 10, 12, 11, 14, 13, 15, 14, 1, 0, 2, 1, 4, 3, 5,
                                          4, 7, 6, 8, 7, 10, 9, 11, 10);
  const __m256i groups = _mm256_shuffle_epi8(bytes, spread);
  const __m256i upper =
      _mm256_mulhi_epu16(_mm256_and_si256(groups, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
  const __m256i lower =
      _mm256_mullo_epi16(_mm256_and_si256(groups, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
  const __m256i values = _mm256_or_si256(upper, lower);
  // 0..25 gives 13, 26..51 gives 0, 52..61 the digits, 62 and 63 the rest.
  const __m256i above = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
  const __m256i letters = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
  const __m256i kinds = _mm256_or_si256(above, _mm256_and_si256(letters, _mm256_set1_epi8(13)));
  const __m256i offsets = _mm256_setr_epi8(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0, 71, -4, -4,
                                           -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
  return _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, kinds));
}

/// Whole lines of 57 bytes, as long as there are bytes before and behind to be read along. Returns the bytes taken.
__attribute__((target("avx2"))) std::size_t lines_by_avx2(const char* bytes, std::size_t size, char*& out) {
  std::size_t at = 0;
  // The last group of a line takes 9 bytes of 24 and writes characters that the line end and the next line cover.
  for (; at + 2UL * kBase64LineBytes <= size; at += kBase64LineBytes) {
    const char* line = bytes + at;
    // The first load must not reach before the buffer: its bytes are moved up by 4 instead.
    const __m256i first =
        at == 0 ? _mm256_permutevar8x32_epi32(load(line), _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6)) : load(line - 4);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), characters_of(first));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32), characters_of(load(line + 20)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 64), characters_of(load(line + 44)));
    out[76] = '\r';
    out[77] = '\n';
    out += 78;
  }
  return at;
}

bool has_avx2() {
  static const bool there = __builtin_cpu_supports("avx2") != 0;
  return there;
}
#endif

void encode_groups(std::string_view bytes, char*& out) {
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  const auto put = [&](std::uint32_t bits, int characters) {
    for (int i = 0; i < 4; ++i) {
      *out++ = i < characters ? kAlphabet[bits >> (18U - 6U * static_cast<unsigned>(i)) & 0x3fU] : '=';
    }
  };
  for (; at + 3 <= bytes.size(); at += 3) {
    put(byte(at) << 16U | byte(at + 1) << 8U | byte(at + 2), 4);
  }
  if (bytes.size() - at == 2) {
    put(byte(at) << 16U | byte(at + 1) << 8U, 3);
  } else if (bytes.size() - at == 1) {
    put(byte(at) << 16U, 2);
  }
}

}  // namespace

std::size_t encode_base64_lines(std::string_view bytes, char* out, [[maybe_unused]] bool vectors) {
  const char* const begin = out;
#ifdef KVC_BASE64_AVX2
  if (vectors && has_avx2()) {
    bytes.remove_prefix(lines_by_avx2(bytes.data(), bytes.size(), out));
  }
#endif
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kBase64LineBytes, bytes.size()))) {
    encode_groups(bytes.substr(0, kBase64LineBytes), out);
    *out++ = '\r';
    *out++ = '\n';
  }
  return static_cast<std::size_t>(out - begin);
}

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
        at += decode_lines(text.data() + at, text.size() - at, out);
        at += decode_blocks(text.data() + at, text.size() - at, out);
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
