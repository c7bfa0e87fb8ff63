// SPDX-License-Identifier: Apache-2.0
// A bounded memory of the entries that were used last. Internal to crypto/.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace kvc::crypto {

/// Key to value for at most `capacity` keys; the one that was not asked for longest goes first. Values are copied in
/// and out. An ordered map: keys come from strangers, who must not be able to choose colliding hashes. Thread: [any].
template <class Key, class Value>
class Recent {
 public:
  explicit Recent(std::size_t capacity) : capacity_(capacity) {}

  template <class Asked>
  std::optional<Value> find(const Asked& key) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return std::nullopt;
    }
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }

  /// Gives what is kept: the value that was there already, if another thread was faster.
  Value keep(Key key, Value value) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found != index_.end()) {
      return found->second->second;
    }
    order_.emplace_front(key, std::move(value));
    try {
      index_.emplace(std::move(key), order_.begin());
    } catch (...) {
      order_.pop_front();
      throw;
    }
    if (order_.size() > capacity_) {
      index_.erase(order_.back().first);
      order_.pop_back();
    }
    return order_.front().second;
  }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  const std::size_t capacity_;
  std::mutex mutex_;
  Entries order_;
  std::map<Key, typename Entries::iterator, std::less<>> index_;
};

}  // namespace kvc::crypto
