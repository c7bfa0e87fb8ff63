// SPDX-License-Identifier: Apache-2.0
// A bounded memory of the entries that were used last. Internal to crypto/.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace kvc::crypto {

/// Key to value for at most `capacity` keys; the one that was not asked for longest goes first. Values are copied in
/// and out. An ordered index: keys come from strangers, who must not be able to choose colliding hashes. Thread: [any].
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
    order_.splice(order_.begin(), order_, *found);
    return order_.front().second;
  }

  /// Gives what is kept: the value that was there already, if another thread was faster.
  Value keep(Key key, Value value) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found != index_.end()) {
      return (*found)->second;
    }
    order_.emplace_front(std::move(key), std::move(value));
    try {
      index_.insert(order_.begin());
    } catch (...) {
      order_.pop_front();
      throw;
    }
    if (order_.size() > capacity_) {
      index_.erase(std::prev(order_.end()));
      order_.pop_back();
    }
    return order_.front().second;
  }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  using Place = typename Entries::iterator;  ///< stays as it is while other entries come, go and move

  struct ByKey {
    using is_transparent = void;
    static const Key& key(Place place) { return place->first; }
    template <class Asked>
    static const Asked& key(const Asked& asked) {
      return asked;
    }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return key(a) < key(b);
    }
  };

  const std::size_t capacity_;
  std::mutex mutex_;
  Entries order_;  ///< the one used last first
  std::set<Place, ByKey> index_;
};

}  // namespace kvc::crypto
