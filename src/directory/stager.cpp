// SPDX-License-Identifier: Apache-2.0
#include "directory/stager.h"

#include <utility>

#include "directory/words.h"

namespace kvc::directory {

using Poco::Data::Session;

Status Stager::begin() {
  entries_.clear();
  keys_.clear();
  seen_.clear();
  unchanged_.clear();
  new_keys_.clear();
  index_.clear();
  given_ = 0;
  return context_.database->write([&](Session& session) -> Status {
    KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
    clear_incoming(session, book_.environment_id);
    next_id_ = next_id(session, book_);
    return {};
  });
}

Status Stager::add(Entry&& entry) {
  constexpr std::size_t kAtOnce = 1000;
  ++given_;
  if (!tidy(entry)) {
    return {};
  }
  keys_.push_back(address_key(entry.address));
  entries_.push_back(std::move(entry));
  return entries_.size() < kAtOnce ? Status() : flush();
}

/// Gives every entry its id and the index its words; returns those that must be written.
std::vector<PlacedEntry> Stager::place(const std::vector<Known>& known) {
  std::vector<PlacedEntry> writes;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool is_new = known[i].id == 0;
    const bool first = is_new ? new_keys_.insert(keys_[i]).second : seen_.insert(known[i].id).second;
    if (!first) {
      continue;  // of several entries with one address the first counts
    }
    const std::int64_t id = is_new ? next_id_++ : known[i].id;
    const Words words = words_of(entries_[i]);
    index_.add(id, sort_key(entries_[i]), words.name, words.practice + ' ' + words.place + ' ' + words.other);
    std::string print = fingerprint(entries_[i]);
    if (!is_new && print == known[i].fingerprint) {
      unchanged_.insert(id);
    } else {
      writes.push_back({std::move(entries_[i]), std::move(keys_[i]), std::move(print), id});
    }
  }
  entries_.clear();
  keys_.clear();
  return writes;
}

Status Stager::flush() {
  std::vector<Known> known;
  const Status read = context_.database->read([&](Session& session) -> Status {
    KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
    known = known_entries(session, book_.environment_id, keys_);
    return {};
  });
  KVC_TRY(read);
  const auto writes = place(known);
  if (writes.empty()) {
    return {};
  }
  return context_.database->write([&](Session& session) -> Status {
    KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
    add_incoming(session, book_.environment_id, writes);
    return {};
  });
}

}  // namespace kvc::directory
