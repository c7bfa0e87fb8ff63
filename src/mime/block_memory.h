// SPDX-License-Identifier: Apache-2.0
// Where large buffers that come and go live: pages of their own, apart from the heap of the process.
#pragma once

#include <cstddef>

namespace kvc::mime::block_memory {

/// From this size on a buffer is a block.
///
/// Why not the heap: glibc's belongs to the host, and there is one for every few threads. Each keeps the room its
/// largest moment needed, in holes between what lives longer, so a process grows for hours while it holds no more than
/// before. And the first freed buffer above 128 KiB raises, for the whole process, the size up to which memory is not
/// given back to the system (mallopt(3), M_MMAP_THRESHOLD).
inline constexpr std::size_t kSmallest = 32UL * 1024;

/// At most so much is kept for the next buffer; what is beyond goes back to the system at once.
inline constexpr std::size_t kMostKept = 2UL * 1024 * 1024;

/// Bytes nobody set; `size` is not zero. Thread: [any]. Throws std::bad_alloc.
[[nodiscard]] void* allocate(std::size_t size);
/// `size` is the one given to allocate(). Whoever had a secret in it has overwritten it.
void release(void* memory, std::size_t size) noexcept;

/// Bytes that are kept for the next buffer, and bytes in use. For tests.
[[nodiscard]] std::size_t kept() noexcept;
[[nodiscard]] std::size_t in_use() noexcept;

}  // namespace kvc::mime::block_memory
