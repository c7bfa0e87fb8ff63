// SPDX-License-Identifier: Apache-2.0
// SHA-256 over pieces: fingerprints of parts and of original bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kvc::crypto {

/// Not for several threads at once. The constructor throws std::bad_alloc if OpenSSL has no memory.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view piece);
  /// Lower-case hex of everything added. Once.
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvc::crypto
