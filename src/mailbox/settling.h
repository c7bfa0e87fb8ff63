// SPDX-License-Identifier: Apache-2.0
// The rest of the way of a batch that is stored, beside the fetch of the next ones. Internal to mailbox/.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "base/helper.h"
#include "mailbox/batch_opener.h"
#include "mailbox/download.h"

namespace kvc::mailbox {

/// Deletes a batch on the server, and opens and records it meanwhile. The destructor waits. Thread: one at a time.
class Settling {
 public:
  struct Batch {
    std::unique_ptr<Download> download;                  ///< owns the mails
    std::vector<const transport::WaitingMail*> leaving;  ///< committed here, so to be deleted on the server
    std::vector<ToOpen> stored;
  };
  using Remove = std::function<Status(const transport::WaitingMail&)>;

  /// `remove` deletes one mail on the server and is called from several threads. `beside`: on threads of its own, where
  /// there are any; otherwise all is done when the constructor returns.
  Settling(Batch batch, BatchOpener& opener, Remove remove, bool beside);
  Settling(const Settling&) = delete;
  Settling& operator=(const Settling&) = delete;

  /// False if it still goes on after `patience`.
  [[nodiscard]] bool wait(Millis patience) { return ended_.wait_for(patience) == std::future_status::ready; }
  /// After wait() said true: what became of each of batch().leaving, and of what was opened.
  [[nodiscard]] const std::vector<Status>& removed() const { return removed_; }
  [[nodiscard]] const BatchOpened& opened() const { return opened_; }
  [[nodiscard]] const Batch& batch() const { return batch_; }

 private:
  void work() noexcept;
  void remove_all() noexcept;

  Batch batch_;
  BatchOpener& opener_;
  Remove remove_;
  std::vector<Status> removed_;
  BatchOpened opened_;
  std::promise<void> end_;
  std::future<void> ended_ = end_.get_future();
  Helpers helpers_;
};

}  // namespace kvc::mailbox
