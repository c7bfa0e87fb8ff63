// SPDX-License-Identifier: Apache-2.0
// One process at a time: leases in the database, because workstations share accounts through it (design section 5).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/status.h"
#include "store/database.h"

namespace kvc::account {

/// No lease is given for longer; one that says so was written under a wrong clock and is none. Far more than any lease
/// time, so that workstations whose clocks differ by hours do not take each other's.
inline constexpr std::chrono::hours kLongestLease{24};

/// Held while the object lives; given back by the destructor. A holder that died loses it at once on its own machine,
/// elsewhere after kLeaseTime. Thread: one at a time.
class Lease {
 public:
  static constexpr std::chrono::minutes kLeaseTime{15};

  /// Waits at most `patience` for another holder. Errors: storage_busy if the other one still works, cancelled.
  static Result<Lease> acquire(std::shared_ptr<store::Database> database, Env& env, std::string_view account_id,
                               std::string_view purpose, Millis patience, const Cancel& cancel);

  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  /// Starts kLeaseTime anew. Error: storage_busy if somebody else took it meanwhile: then stop.
  Status renew();

 private:
  Lease(std::shared_ptr<store::Database> database, Env& env, std::string_view account_id, std::string_view purpose);
  Result<bool> try_take();

  std::shared_ptr<store::Database> database_;
  Env* env_;
  std::string account_id_, purpose_, owner_;
  bool held_ = false;
};

}  // namespace kvc::account
