// SPDX-License-Identifier: Apache-2.0
#include "base/secret_memory.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <mutex>
#include <new>

// gcc says it by a macro, clang by a feature.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KVC_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define KVC_ADDRESS_SANITIZER
#endif
#if defined(KVC_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace kvc::secret_memory {
namespace {

constexpr std::size_t kSmallest = 32;
constexpr std::size_t kClasses = 10;  // 32, 64 ... 16384 bytes
constexpr std::size_t kSlab = 64UL * 1024UL;

/// A free block holds the address of the next one; it was wiped before.
struct FreeBlock {
  FreeBlock* next;
};

std::size_t class_of(std::size_t size) {
  std::size_t index = 0;
  while (index < kClasses && (kSmallest << index) < size) {
    ++index;
  }
  return index;  // kClasses: pages of its own
}

std::size_t round_to_pages(std::size_t size) {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (size > SIZE_MAX - page) {
    throw std::bad_alloc();
  }
  return (size + page - 1) / page * page;
}

class Arena {
 public:
  std::uint8_t* allocate(std::size_t size) {
    const std::size_t index = class_of(size);
    const std::lock_guard lock(mutex_);
    if (index == kClasses) {
      return map(round_to_pages(size));
    }
    if (free_[index] == nullptr) {
      refill(index);
    }
    FreeBlock* block = free_[index];
    ASAN_UNPOISON_MEMORY_REGION(block, size < sizeof(FreeBlock) ? sizeof(FreeBlock) : size);
    free_[index] = block->next;
    block->next = nullptr;
    return reinterpret_cast<std::uint8_t*>(block);
  }

  void release(std::uint8_t* memory, std::size_t size) noexcept {
    OPENSSL_cleanse(memory, size);
    const std::size_t index = class_of(size);
    const std::lock_guard lock(mutex_);
    if (index == kClasses) {
      static_cast<void>(::munmap(memory, round_to_pages(size)));
      return;
    }
    ASAN_UNPOISON_MEMORY_REGION(memory, sizeof(FreeBlock));
    auto* block = reinterpret_cast<FreeBlock*>(memory);
    block->next = free_[index];
    free_[index] = block;
    ASAN_POISON_MEMORY_REGION(memory, kSmallest << index);
  }

 private:
  static std::uint8_t* map(std::size_t size) {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      throw std::bad_alloc();
    }
#ifdef MADV_DONTDUMP
    static_cast<void>(::madvise(memory, size, MADV_DONTDUMP));
#endif
    return static_cast<std::uint8_t*>(memory);
  }

  void refill(std::size_t index) {
    std::uint8_t* slab = map(kSlab);
    if (locked_ + kSlab <= kLockedLimit && ::mlock(slab, kSlab) == 0) {
      locked_ += kSlab;
    }
    const std::size_t step = kSmallest << index;
    for (std::size_t at = kSlab; at >= step; at -= step) {
      auto* block = reinterpret_cast<FreeBlock*>(slab + at - step);
      block->next = free_[index];
      free_[index] = block;
    }
    ASAN_POISON_MEMORY_REGION(slab, kSlab);
  }

  std::mutex mutex_;
  std::array<FreeBlock*, kClasses> free_{};
  std::size_t locked_ = 0;
};

Arena& arena() {
  // Never destroyed: secrets with static lifetime may outlive any order of destruction.
  static Arena* const instance = new Arena;
  return *instance;
}

}  // namespace

std::uint8_t* allocate(std::size_t size) {
  return arena().allocate(size);
}

void release(std::uint8_t* memory, std::size_t size) noexcept {
  if (memory != nullptr) {
    arena().release(memory, size);
  }
}

}  // namespace kvc::secret_memory
