// SPDX-License-Identifier: Apache-2.0
#include "mime/line_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define KVC_SCAN_AVX2 1
#endif

namespace kvc::mime {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

#ifdef KVC_SCAN_AVX2
bool has_avx2() {
  static const bool there = __builtin_cpu_supports("avx2") != 0;
  return there;
}

__attribute__((target("avx2"))) inline __m256i is(const char* at, char wanted) {
  return _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)), _mm256_set1_epi8(wanted));
}

/// Moves `at` to what is looked for, or to where less than a block is left. True: found.
__attribute__((target("avx2"))) bool skip_to_dash(const char* text, std::size_t size, std::size_t& at) {
  for (; at + 33 <= size; at += 32) {
    const __m256i both = _mm256_and_si256(is(text + at, '\n'), is(text + at + 1, '-'));
    if (const int found = _mm256_movemask_epi8(both); found != 0) {
      at += static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(found)));
      return true;
    }
  }
  return false;
}

/// The same; `at` is not 0.
__attribute__((target("avx2"))) bool skip_to_bare(const char* text, std::size_t size, std::size_t& at) {
  for (; at + 32 <= size; at += 32) {
    const __m256i bare = _mm256_andnot_si256(is(text + at - 1, '\r'), is(text + at, '\n'));
    if (const int found = _mm256_movemask_epi8(bare); found != 0) {
      at += static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(found)));
      return true;
    }
  }
  return false;
}
#endif

}  // namespace

std::size_t find_dash_line(std::string_view text, std::size_t from, [[maybe_unused]] bool vectors) {
#ifdef KVC_SCAN_AVX2
  if (vectors && has_avx2() && skip_to_dash(text.data(), text.size(), from)) {
    return from;
  }
#endif
  for (auto at = text.find('\n', from); at != kNone; at = text.find('\n', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] == '-') {
      return at;
    }
  }
  return kNone;
}

std::size_t find_bare_line_end(std::string_view text, bool after_cr, [[maybe_unused]] bool vectors) {
  if (text.empty()) {
    return kNone;
  }
  if (text.front() == '\n' && !after_cr) {
    return 0;
  }
  std::size_t from = 1;
#ifdef KVC_SCAN_AVX2
  if (vectors && has_avx2() && skip_to_bare(text.data(), text.size(), from)) {
    return from;
  }
#endif
  for (auto at = text.find('\n', from); at != kNone; at = text.find('\n', at + 1)) {
    if (text[at - 1] != '\r') {
      return at;
    }
  }
  return kNone;
}

}  // namespace kvc::mime
