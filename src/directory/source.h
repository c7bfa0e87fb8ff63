// SPDX-License-Identifier: Apache-2.0
// Where an address book comes from: one interface for REST and LDAP.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "directory/entry.h"

namespace kvc::directory {

/// Takes a book entry by entry. Thread: the one that fetches.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  /// The book begins, or begins anew: what was added so far is dropped.
  virtual Status begin() = 0;
  /// `entry` as the source wrote it; the sink tidies it and leaves out what is unusable.
  virtual Status add(Entry&& entry) = 0;
};

struct Fetched {
  bool changed = true;  ///< false: the book is the one of `stamp`, nothing was added
  std::string stamp;    ///< to ask with next time; empty if the source knows none
};

/// Thread: [worker]; blocking, cancellable within a moment. No exception leaves.
class Source {
 public:
  virtual ~Source() = default;
  /// Stable name for the database and for people who look for errors: "rest", "ldap".
  [[nodiscard]] virtual std::string_view kind() const = 0;
  /// Gives the whole book to `sink`, or says that nothing changed since `stamp` (what an earlier fetch of this source
  /// returned, or empty). Errors: those of kvconnect::Client, bad_answer, cancelled, and the sink's.
  virtual Result<Fetched> fetch(const std::string& stamp, EntrySink& sink, const ProgressFn& progress,
                                const Cancel& cancel) = 0;
};

/// Sources of one environment, the best first. A later one is asked only when those before it failed, and its book
/// never takes the place of an earlier one's, which knows more.
using Sources = std::vector<std::unique_ptr<Source>>;
/// Errors: invalid_settings for an unknown environment, file_unreadable for its certificates.
using SourceFactory = std::function<Result<Sources>(std::string_view environment_id)>;

}  // namespace kvc::directory
