// SPDX-License-Identifier: Apache-2.0
// Large buffers do not go through the heap, which is the host's, and leave nothing behind in it.
#include "mime/block_memory.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

#include "mime/wiped_bytes.h"

namespace kvc::mime {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnHeap = false;  // malloc is the sanitizer's: its figures say nothing
#else
constexpr bool kOwnHeap = true;
#endif

std::size_t heap() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(BlockMemory, LargeBuffersAreNotInTheHeap) {
  if (!kOwnHeap) {
    GTEST_SKIP() << "malloc belongs to a sanitizer";
  }
  std::vector<WipedBytes> all(40);
  const std::size_t before = heap();
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].resize((i % 2 == 0 ? 64UL : 256UL) * 1024);
    all[i].front() = all[i].back() = 'x';
  }
  EXPECT_LT(heap(), before + 64UL * 1024);
  EXPECT_GE(block_memory::in_use(), 40UL * 64 * 1024);
}

TEST(BlockMemory, WhatIsKeptIsBounded) {
  for (const std::size_t size : {33UL, 64UL, 65UL, 256UL, 257UL, 10UL * 1024}) {
    { std::vector<WipedBytes> many(64, WipedBytes(size * 1024)); }
    EXPECT_EQ(block_memory::in_use(), 0U) << size;
    EXPECT_LE(block_memory::kept(), block_memory::kMostKept) << size;
  }
  if (kOwnHeap) {
    EXPECT_GT(block_memory::kept(), 0U) << "nothing is used again";
  }
}

TEST(BlockMemory, ABufferThatGrowsKeepsItsBytes) {
  WipedBytes bytes;
  for (int i = 0; i < 400'000; ++i) {
    bytes.push_back(static_cast<char>(i % 251));
  }
  for (int i = 0; i < 400'000; ++i) {
    ASSERT_EQ(bytes[static_cast<std::size_t>(i)], static_cast<char>(i % 251)) << i;
  }
}

TEST(BlockMemory, WhatIsUsedAgainWasOverwritten) {
  for (const std::size_t size : {40UL * 1024, 64UL * 1024, 200UL * 1024}) {
    {
      WipedBytes secret(size);
      std::fill(secret.begin(), secret.end(), 'S');
    }
    const WipedBytes next(size);  // its bytes are left as they are
    if (kOwnHeap) {
      EXPECT_EQ(std::count(next.begin(), next.end(), 'S'), 0) << size;
    }
  }
}

TEST(BlockMemory, ManyThreadsShareIt) {
  std::vector<std::thread> threads;
  for (char mark = 'a'; mark < 'e'; ++mark) {
    threads.emplace_back([mark] {
      for (std::size_t i = 0; i < 300; ++i) {
        const WipedBytes bytes((i % 5 + 1) * 60'000, mark);
        EXPECT_EQ(bytes.front(), mark);
        EXPECT_EQ(bytes[bytes.size() / 2], mark);
        EXPECT_EQ(bytes.back(), mark);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(block_memory::in_use(), 0U);
  EXPECT_LE(block_memory::kept(), block_memory::kMostKept);
}

TEST(BlockMemory, TooMuchIsRefused) {
  EXPECT_THROW(static_cast<void>(block_memory::allocate(SIZE_MAX)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(block_memory::allocate(SIZE_MAX / 4)), std::bad_alloc);
  EXPECT_EQ(block_memory::in_use(), 0U);
}

}  // namespace
}  // namespace kvc::mime
