// SPDX-License-Identifier: Apache-2.0
#include "message/pieces_beside.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kvc::message {

std::unique_ptr<PiecesBeside> PiecesBeside::start(Work work) {
  if (std::thread::hardware_concurrency() < 2 || helper_threads() >= kMostAtOnce) {
    return nullptr;
  }
  std::unique_ptr<PiecesBeside> beside(new PiecesBeside(std::move(work)));
  beside->thread_ = std::make_unique<HelperThread>([at = beside.get()] { at->run(); });
  return beside->thread_->running() ? std::move(beside) : nullptr;
}

PiecesBeside::~PiecesBeside() {
  end();
}

void PiecesBeside::end() {
  if (!thread_) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.reset();
}

void PiecesBeside::run() {
  bool good = true;
  for (std::size_t at = 0;; at = (at + 1) % slots_.size()) {
    Slot& slot = slots_[at];
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || slot.state == State::waiting; });
      if (slot.state != State::waiting) {
        return;
      }
    }
    good = good && work_(slot.bytes);  // after a failure nothing that follows would be right
    {
      const std::lock_guard lock(mutex_);
      slot.state = good ? State::done : State::failed;
    }
    changed_.notify_all();
  }
}

Status PiecesBeside::write(std::string_view piece, const mime::Sink& done) {
  while (!piece.empty()) {
    Slot& slot = slots_[at_];
    const std::size_t part = std::min(piece.size(), kSlot - slot.filled);
    std::memcpy(slot.bytes.data() + slot.filled, piece.data(), part);
    slot.filled += part;
    piece.remove_prefix(part);
    if (slot.filled < kSlot) {
      return {};
    }
    {
      const std::lock_guard lock(mutex_);
      slot.state = State::waiting;
    }
    changed_.notify_all();
    at_ = (at_ + 1) % slots_.size();
    KVC_TRY(take(slots_[at_], done));
  }
  return {};
}

/// Makes the slot free. Without effect on one that is.
Status PiecesBeside::take(Slot& slot, const mime::Sink& done) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return slot.state != State::waiting; });
    if (slot.state == State::failed) {
      return {error::crypto_failed, "the work beside this thread failed"};
    }
    if (slot.state == State::free) {
      return {};
    }
    slot.state = State::free;
  }
  const std::size_t size = std::exchange(slot.filled, 0);
  return done({slot.bytes.data(), size});
}

Status PiecesBeside::drain(const mime::Sink& done) {
  for (std::size_t i = 1; i < slots_.size(); ++i) {
    KVC_TRY(take(slots_[(at_ + i) % slots_.size()], done));
  }
  end();
  return {};
}

}  // namespace kvc::message
