// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#if defined(__GLIBC__)
#include <cstring>
#else
#include <openssl/crypto.h>
#endif

namespace kvc::mime {

/// Overwrites memory that is given back, and no compiler leaves it out. The C library's way is several times as fast as
/// OPENSSL_cleanse(): a message of a few KiB goes through a hundred KiB of buffers. Thread: [any].
inline void wipe_bytes(void* memory, std::size_t size) noexcept {
#if defined(__GLIBC__)
  ::explicit_bzero(memory, size);
#else
  OPENSSL_cleanse(memory, size);
#endif
}

}  // namespace kvc::mime
