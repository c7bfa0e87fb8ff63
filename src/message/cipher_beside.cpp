// SPDX-License-Identifier: Apache-2.0
#include "message/cipher_beside.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "crypto/library_context.h"

namespace kvc::message::cms {

std::unique_ptr<CipherBeside> CipherBeside::start(EVP_CIPHER_CTX* cipher) {
  std::unique_ptr<CipherBeside> beside(new CipherBeside(cipher));
  beside->thread_ = std::make_unique<HelperThread>([at = beside.get()] { at->work(); });
  return beside->thread_->running() ? std::move(beside) : nullptr;
}

CipherBeside::~CipherBeside() {
  end();
}

void CipherBeside::end() {
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

void CipherBeside::work() {
  bool good = true;
  for (std::size_t at = 0;; at = (at + 1) % slots_.size()) {
    Slot& slot = slots_[at];
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || slot.state == State::plain; });
      if (slot.state != State::plain) {
        return;
      }
    }
    good = good && encrypt(slot);  // after a failure nothing that follows would be right
    {
      const std::lock_guard lock(mutex_);
      slot.state = good ? State::encrypted : State::failed;
    }
    changed_.notify_all();
  }
}

// In place, which leaves no plain text behind.
bool CipherBeside::encrypt(Slot& slot) const {
  const crypto::ErrorScope errors;
  auto* bytes = reinterpret_cast<unsigned char*>(slot.bytes.data());
  int size = 0;
  return EVP_EncryptUpdate(cipher_, bytes, &size, bytes, static_cast<int>(slot.filled)) == 1 &&
         static_cast<std::size_t>(size) == slot.filled;
}

Status CipherBeside::write(std::string_view plain, const mime::Sink& encrypted) {
  while (!plain.empty()) {
    Slot& slot = slots_[at_];
    const std::size_t part = std::min(plain.size(), kSlot - slot.filled);
    std::memcpy(slot.bytes.data() + slot.filled, plain.data(), part);
    slot.filled += part;
    plain.remove_prefix(part);
    if (slot.filled < kSlot) {
      return {};
    }
    {
      const std::lock_guard lock(mutex_);
      slot.state = State::plain;
    }
    changed_.notify_all();
    at_ = (at_ + 1) % slots_.size();
    KVC_TRY(take(slots_[at_], encrypted));
  }
  return {};
}

/// Makes the slot free. Without effect on one that is.
Status CipherBeside::take(Slot& slot, const mime::Sink& encrypted) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return slot.state != State::plain; });
    if (slot.state == State::failed) {
      return {error::crypto_failed, "encrypting failed"};
    }
    if (slot.state == State::free) {
      return {};
    }
    slot.state = State::free;
  }
  const std::size_t size = std::exchange(slot.filled, 0);
  return encrypted({slot.bytes.data(), size});
}

Status CipherBeside::drain(const mime::Sink& encrypted) {
  for (std::size_t i = 1; i < slots_.size(); ++i) {
    KVC_TRY(take(slots_[(at_ + i) % slots_.size()], encrypted));
  }
  end();
  return {};
}

}  // namespace kvc::message::cms
