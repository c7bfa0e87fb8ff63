// SPDX-License-Identifier: Apache-2.0
// Growing byte buffers for the content of messages: wiped when they go, and when they move to a larger block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "mime/block_memory.h"
#include "mime/wipe.h"

namespace kvc::mime {

/// Allocator that overwrites memory before it gives it back. Large buffers are blocks of their own (block_memory.h).
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() noexcept = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): allocators convert
  T* allocate(std::size_t count) {
    const std::size_t size = count * sizeof(T);
    return static_cast<T*>(size < block_memory::kSmallest ? ::operator new(size) : block_memory::allocate(size));
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    const std::size_t size = count * sizeof(T);
    wipe_bytes(memory, size);
    if (size < block_memory::kSmallest) {
      ::operator delete(memory);
    } else {
      block_memory::release(memory, size);
    }
  }
  /// Growing leaves bytes unset: every user writes what it asked for.
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    ::new (static_cast<void*>(at)) U(static_cast<Args&&>(args)...);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) noexcept { return true; }
};

/// Plain text of a message. resize() leaves new bytes unset.
using WipedBytes = std::vector<char, WipingAllocator<char>>;

inline std::string_view view(const WipedBytes& bytes) noexcept {
  return {bytes.data(), bytes.size()};
}
/// As blocks: the vector's own functions construct and move byte by byte with an allocator that has its own
/// construct(). `text` is no part of `bytes`.
inline void append(WipedBytes& bytes, std::string_view text) {
  if (text.empty()) {
    return;
  }
  const std::size_t at = bytes.size();
  if (bytes.capacity() - at < text.size()) {
    WipedBytes larger;
    larger.reserve(at + std::max(at, text.size()));
    larger.resize(at);
    std::copy_n(bytes.data(), at, larger.data());
    bytes = std::move(larger);
  }
  bytes.resize(at + text.size());
  std::memcpy(bytes.data() + at, text.data(), text.size());
}

}  // namespace kvc::mime
