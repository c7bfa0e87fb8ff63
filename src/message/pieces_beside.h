// SPDX-License-Identifier: Apache-2.0
// One step of the work on a large letter, on a thread of its own beside the others: its encryption while it is
// composed, its digest while it is decrypted. More than one thread for such a step gains nothing, CBC and SHA-256 are
// serial; but what goes on beside it takes as long. Internal to message/.
#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/helper.h"
#include "mime/transfer.h"
#include "mime/wiped_bytes.h"

namespace kvc::message {

/// Works on what it is given in order, on one thread of its own. Thread: one at a time.
class PiecesBeside {
 public:
  /// Multiple of every cipher's block.
  static constexpr std::size_t kSlot = 24UL * 1024;
  /// [D] Work on so much takes about as long as a thread needs to begin and to end, twenty times over.
  static constexpr std::uint64_t kWorthAThread = 1UL << 20U;

  /// Changes `bytes` in place, kSlot of them; false if it cannot. Throws nothing.
  using Work = std::function<bool(mime::WipedBytes& bytes)>;
  /// [D] Fetching needs helpers, too, and opens several letters at once: half of them are left to others.
  static constexpr unsigned kMostAtOnce = kMostHelpers / 2;
  /// What `work` uses stays the caller's and is not used by him before drain() has returned. Nothing where there is no
  /// thread or no processor for it, or where kMostAtOnce helpers are at work. Throws std::bad_alloc.
  static std::unique_ptr<PiecesBeside> start(Work work);
  /// Throws away what was not asked for.
  ~PiecesBeside();
  PiecesBeside(const PiecesBeside&) = delete;
  PiecesBeside& operator=(const PiecesBeside&) = delete;

  /// Takes the next piece of any size. `done` gets, on this thread, what is ready and in the way, kSlot at once.
  /// Errors: crypto_failed if the work failed, and what `done` gives.
  Status write(std::string_view piece, const mime::Sink& done);
  /// Ends the thread; `done` gets all that is missing but `rest()`.
  Status drain(const mime::Sink& done);
  /// What did not fill a slot, still to be worked on by the caller.
  [[nodiscard]] std::string_view rest() const { return {slots_[at_].bytes.data(), slots_[at_].filled}; }

 private:
  enum class State { free, waiting, done, failed };
  struct Slot {
    mime::WipedBytes bytes = mime::WipedBytes(kSlot);
    std::size_t filled = 0;
    State state = State::free;  ///< under mutex_; bytes belong to the thread while it is `waiting`, else to the caller
  };

  explicit PiecesBeside(Work work) : work_(std::move(work)) {}
  void run();
  Status take(Slot& slot, const mime::Sink& done);
  void end();

  Work work_;
  /// More than two, so that a thread that wakes up late holds up nobody.
  std::array<Slot, 4> slots_;
  std::size_t at_ = 0;  ///< the slot that is being filled
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::unique_ptr<HelperThread> thread_;
};

}  // namespace kvc::message
