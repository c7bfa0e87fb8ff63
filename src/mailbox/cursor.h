// SPDX-License-Identifier: Apache-2.0
// Where a page of a list ends: lists are ordered by time and id, newest first, and go on after a row, not after a
// number.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace kvc::mailbox {

/// Place of a row in the order of its list. A page holds rows that come before it in time: (time, id) < (key.time,
/// key.id).
struct Key {
  std::int64_t millis = std::numeric_limits<std::int64_t>::max();  ///< the default is before the newest row
  std::string id;
  friend bool operator==(const Key&, const Key&) = default;
  friend auto operator<=>(const Key&, const Key&) = default;
};

/// The key next to `key` on the newer side: a page that begins there has the row of `key` as its first one.
inline Key just_before(Key key) {
  key.id += '-';  // ids of rows have one length: none lies between
  return key;
}

/// The newest row of an account that a list wants.
struct Head {
  std::string account_id;
  Key key;
};

/// A page of the list of all accounts opens no more of them than this.
inline constexpr std::size_t kMostOpened = 50;

/// More than this is no page.
inline constexpr std::size_t kLargestPage = 500;

std::string cursor_of(const Key& key);
/// Empty: the beginning. Error: bad_request.
Result<Key> parse_cursor(std::string_view cursor);

/// How far one account was read for a page.
template <class Item>
struct Stretch {
  std::vector<std::pair<Key, Item>> found;  ///< newest first
  Key end;                                  ///< the last row that was looked at
  bool more = false;                        ///< there are rows after `end`
  Status status;                            ///< why reading ended early, if it did
};

/// So many rows are in memory at once where more than a page has to be looked at. Half a thousand would be 4 MiB, on
/// whatever thread asks.
inline constexpr std::size_t kMostRowsAtOnce = 128;

/// Reads rows before `begin` by `scan(before, count)`, which gives at most `count`, newest first, until `limit` fit
/// `wanted`, or `most` were looked at, or there are no more.
template <class Row, class Scan, class Wanted, class KeyOf>
Stretch<Row> read_stretch(Key begin, std::size_t limit, std::size_t most, Scan&& scan, Wanted&& wanted,
                          KeyOf&& key_of) {
  Stretch<Row> stretch;
  stretch.end = std::move(begin);
  for (std::size_t looked_at = 0; looked_at < most && stretch.found.size() < limit;) {
    const std::size_t at_once = std::max(limit + 1, std::min(looked_at, kMostRowsAtOnce));  // grows: few may fit
    const std::size_t count = std::min(at_once, most - looked_at);
    std::vector<Row> rows = scan(stretch.end, count);
    stretch.more = rows.size() == count;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      stretch.end = key_of(rows[i]);
      ++looked_at;
      const Result<bool> fits = wanted(rows[i]);
      if (!fits.ok()) {
        stretch.status = fits.status();
        return stretch;
      }
      if (*fits) {
        stretch.found.emplace_back(stretch.end, std::move(rows[i]));
      }
      if (stretch.found.size() == limit) {
        stretch.more = i + 1 < rows.size() || stretch.more;
        return stretch;
      }
    }
    if (!stretch.more) {
      break;
    }
  }
  return stretch;
}

/// Joins what several accounts gave into one page of at most `limit` items. Items beyond the place where some other
/// account stopped are left for the next page, so that the order holds. `next` becomes the cursor, or empty.
template <class Item>
std::vector<Item> merge(std::vector<Stretch<Item>> stretches, std::size_t limit, std::string& next) {
  Key frontier{std::numeric_limits<std::int64_t>::min(), ""};
  bool more = false;
  std::vector<std::pair<Key, Item>> all;
  for (Stretch<Item>& stretch : stretches) {
    if (stretch.more) {
      more = true;
      frontier = std::max(frontier, stretch.end);
    }
    std::move(stretch.found.begin(), stretch.found.end(), std::back_inserter(all));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  while (more && !all.empty() && all.back().first < frontier) {
    all.pop_back();
  }
  if (all.size() > limit) {
    all.resize(limit);
    frontier = all.empty() ? frontier : all.back().first;
    more = true;
  }
  next = more ? cursor_of(frontier) : std::string();
  std::vector<Item> items;
  for (auto& [key, item] : all) {
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace kvc::mailbox
