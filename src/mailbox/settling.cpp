// SPDX-License-Identifier: Apache-2.0
#include "mailbox/settling.h"

namespace kvc::mailbox {
namespace {

// A second connection pays when there is more than a handful to delete.
constexpr std::size_t kFewMails = 4;

}  // namespace

Settling::Settling(Batch batch, BatchOpener& opener, Remove remove, bool beside)
    : batch_(std::move(batch)),
      opener_(opener),
      remove_(std::move(remove)),
      removed_(batch_.leaving.size(), Status(error::out_of_memory, "not tried")) {
  opened_.status = Status(error::out_of_memory, "not tried");
  if (beside) {
    helpers_.start([this] { work(); });
  } else {
    work();
  }
}

// The server's answers and the processor's work take their time at the same time; with one mail it is not worth a
// thread. An exception would end the host's process: what it kept from being done counts as not done.
void Settling::work() noexcept {
  try {
    Helpers helpers;
    if (batch_.leaving.size() > 1 && !batch_.stored.empty()) {
      helpers.start([this] { remove_all(); });
    } else {
      remove_all();
    }
    opened_ = opener_.open(batch_.stored);
  } catch (...) {
  }
  end_.set_value();
}

void Settling::remove_all() noexcept {
  try {
    const std::size_t workers = batch_.leaving.size() > kFewMails ? 2 : 1;
    for_each_index(batch_.leaving.size(), workers, [this](std::size_t /*worker*/, std::size_t i) {
      try {
        removed_[i] = remove_(*batch_.leaving[i]);
      } catch (...) {
      }
    });
  } catch (...) {
  }
}

}  // namespace kvc::mailbox
