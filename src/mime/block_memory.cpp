// SPDX-License-Identifier: Apache-2.0
#include "mime/block_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <new>

// A sanitizer sees what is done with a block after its end only if the block is its own.
#if defined(__SANITIZE_ADDRESS__)
#define KVC_BLOCKS_ON_THE_HEAP
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define KVC_BLOCKS_ON_THE_HEAP
#endif
#endif

namespace kvc::mime::block_memory {
namespace {

/// The sizes that are kept: a piece of a stream, and a block of a mail.
constexpr std::array<std::size_t, 2> kClasses{64UL * 1024, 256UL * 1024};
constexpr std::array<std::size_t, 2> kMostOfClass{16, 4};
static_assert(kClasses[0] * kMostOfClass[0] + kClasses[1] * kMostOfClass[1] <= kMostKept);

/// A free block holds the address of the next one.
struct Free {
  Free* next;
};

std::size_t rounded(std::size_t size) {
  for (const std::size_t one : kClasses) {
    if (size <= one) {
      return one;
    }
  }
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (size > SIZE_MAX - page) {
    throw std::bad_alloc();
  }
  return (size + page - 1) / page * page;
}

class Blocks {
 public:
  void* allocate(std::size_t size) {
    {
      const std::lock_guard lock(mutex_);
      in_use_ += size;
      for (std::size_t i = 0; i < kClasses.size(); ++i) {
        if (kClasses[i] == size && free_[i] != nullptr) {
          Free* block = free_[i];
          free_[i] = block->next;
          block->next = nullptr;
          --count_[i];
          return block;
        }
      }
    }
    void* memory = take(size);
    if (memory == nullptr) {
      const std::lock_guard lock(mutex_);
      in_use_ -= size;
      throw std::bad_alloc();
    }
    return memory;
  }

  void release(void* memory, std::size_t size) noexcept {
    {
      const std::lock_guard lock(mutex_);
      in_use_ -= size;
#if !defined(KVC_BLOCKS_ON_THE_HEAP)
      for (std::size_t i = 0; i < kClasses.size(); ++i) {
        if (kClasses[i] == size && count_[i] < kMostOfClass[i]) {
          free_[i] = ::new (memory) Free{free_[i]};
          ++count_[i];
          return;
        }
      }
#endif
    }
    give_back(memory, size);
  }

  std::size_t kept() noexcept {
    const std::lock_guard lock(mutex_);
    return count_[0] * kClasses[0] + count_[1] * kClasses[1];
  }
  std::size_t in_use() noexcept {
    const std::lock_guard lock(mutex_);
    return in_use_;
  }

 private:
#if defined(KVC_BLOCKS_ON_THE_HEAP)
  static void* take(std::size_t size) {
    // Where the system refuses, a sanitizer ends the process.
    constexpr std::size_t kMost = std::size_t{1} << 36U;
    return size > kMost ? nullptr : ::operator new(size, std::nothrow);
  }
  static void give_back(void* memory, std::size_t) noexcept {
    ::operator delete(memory);
  }
#else
  static void* take(std::size_t size) {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
  }
  static void give_back(void* memory, std::size_t size) noexcept {
    static_cast<void>(::munmap(memory, size));
  }
#endif

  std::mutex mutex_;
  std::array<Free*, kClasses.size()> free_{};
  std::array<std::size_t, kClasses.size()> count_{};
  std::size_t in_use_ = 0;
};

Blocks& blocks() {
  // Never destroyed: buffers with static lifetime may outlive any order of destruction.
  static auto* const all = new Blocks;
  return *all;
}

}  // namespace

void* allocate(std::size_t size) {
  return blocks().allocate(rounded(size));
}

void release(void* memory, std::size_t size) noexcept {
  blocks().release(memory, rounded(size));
}

std::size_t kept() noexcept {
  return blocks().kept();
}

std::size_t in_use() noexcept {
  return blocks().in_use();
}

}  // namespace kvc::mime::block_memory
