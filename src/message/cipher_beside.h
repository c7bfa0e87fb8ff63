// SPDX-License-Identifier: Apache-2.0
// Encrypting beside the work on the pieces that follow. CBC is serial, so that more than one thread for it gains
// nothing; but base64 and hashing of a large letter take as long as two thirds of its encryption. Internal to message/.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/helper.h"
#include "crypto/openssl_ptr.h"
#include "mime/transfer.h"
#include "mime/wiped_bytes.h"

namespace kvc::message::cms {

/// Encrypts what it is given in order, on one thread of its own. Thread: one at a time.
class CipherBeside {
 public:
  /// Multiple of every cipher's block.
  static constexpr std::size_t kSlot = 48UL * 1024;

  /// `cipher` stays the caller's and is not used by him before drain() has returned; it holds no part of a block.
  /// Nothing where there is no thread for it. Throws std::bad_alloc.
  static std::unique_ptr<CipherBeside> start(EVP_CIPHER_CTX* cipher);
  /// Throws away what was not asked for.
  ~CipherBeside();
  CipherBeside(const CipherBeside&) = delete;
  CipherBeside& operator=(const CipherBeside&) = delete;

  /// Takes the next piece of any size. `encrypted` gets, on this thread, what is ready and in the way, at most kSlot at
  /// once. Errors: crypto_failed, and what `encrypted` gives.
  Status write(std::string_view plain, const mime::Sink& encrypted);
  /// Ends the thread; `encrypted` gets all that is missing but `rest()`.
  Status drain(const mime::Sink& encrypted);
  /// What did not fill a slot, still to be encrypted by the caller.
  [[nodiscard]] std::string_view rest() const { return {slots_[at_].bytes.data(), slots_[at_].filled}; }

 private:
  enum class State { free, plain, encrypted, failed };
  struct Slot {
    mime::WipedBytes bytes = mime::WipedBytes(kSlot);
    std::size_t filled = 0;
    State state = State::free;  ///< under mutex_; bytes belong to the thread while it is `plain`, else to the caller
  };

  explicit CipherBeside(EVP_CIPHER_CTX* cipher) : cipher_(cipher) {}
  void work();
  bool encrypt(Slot& slot) const;
  Status take(Slot& slot, const mime::Sink& encrypted);
  void end();

  EVP_CIPHER_CTX* cipher_;
  /// More than two, so that a thread that wakes up late holds up nobody.
  std::array<Slot, 4> slots_;
  std::size_t at_ = 0;  ///< the slot that is being filled
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::unique_ptr<HelperThread> thread_;
};

}  // namespace kvc::message::cms
