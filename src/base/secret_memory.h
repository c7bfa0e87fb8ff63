// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a Secret live: own pages, apart from the heap of the process.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvc::secret_memory {

/// Zeroed memory from pages that are excluded from core files (MADV_DONTDUMP); up to 16 KiB (keys, passwords) they are
/// also kept out of the swap file (mlock), kLockedLimit in all. Both as far as the kernel allows. OpenSSL's secure heap
/// is not used: there is one per process and it belongs to whoever initialised it, which is the host. Thread: [any].
/// Throws std::bad_alloc. `size` is not zero.
std::uint8_t* allocate(std::size_t size);

/// Overwrites and gives back. `size` is the one given to allocate().
void release(std::uint8_t* memory, std::size_t size) noexcept;

/// Locked pages count against a limit (RLIMIT_MEMLOCK) that the host shares: we take at most this share.
inline constexpr std::size_t kLockedLimit = 1024UL * 1024UL;

}  // namespace kvc::secret_memory
