// SPDX-License-Identifier: Apache-2.0
#include "account/lease.h"

#include <utility>

#include "account/owner.h"
#include "account/sql.h"
#include "base/guard.h"
#include "store/sql.h"

namespace kvc::account {
namespace {

constexpr Millis kAskAgain{500};

}  // namespace

Lease::Lease(std::shared_ptr<store::Database> database, Env& env, std::string_view account_id, std::string_view purpose)
    : database_(std::move(database)), env_(&env), account_id_(account_id), purpose_(purpose), owner_(new_owner(env)) {}

Result<Lease> Lease::acquire(std::shared_ptr<store::Database> database, Env& env, std::string_view account_id,
                             std::string_view purpose, Millis patience, const Cancel& cancel) {
  for (Millis waited{0};; waited += kAskAgain) {
    Lease lease(database, env, account_id, purpose);
    KVC_ASSIGN(lease.held_, lease.try_take());
    if (lease.held_) {
      return lease;
    }
    if (waited >= patience) {
      return Status(error::storage_busy, "another program works on this account").with("purpose", lease.purpose_);
    }
    if (env.sleep(kAskAgain, cancel.flag())) {
      return Status(error::cancelled, "cancelled while waiting for another program");
    }
  }
}

Lease::Lease(Lease&& other) noexcept
    : database_(std::move(other.database_)),
      env_(other.env_),
      account_id_(std::move(other.account_id_)),
      purpose_(std::move(other.purpose_)),
      owner_(std::move(other.owner_)),
      held_(std::exchange(other.held_, false)) {}

Result<bool> Lease::try_take() {
  bool taken = false;
  KVC_TRY(database_->write([&](Poco::Data::Session& session) {
    std::string owner;
    std::int64_t until = 0;
    Sql held(session, "SELECT owner, lease_until FROM lease WHERE account_id = ? AND purpose = ?");
    held.arg(account_id_).arg(purpose_).into(owner).into(until);
    const TimePoint now = env_->now();
    if (held.next() && until > store::millis(now) && until <= store::millis(now + kLongestLease) &&
        !owner_gone(owner)) {
      return Status();
    }
    Sql(session, "DELETE FROM lease WHERE account_id = ? AND purpose = ?").arg(account_id_).arg(purpose_).run();
    Sql(session, "INSERT INTO lease (account_id, purpose, owner, lease_until) VALUES (?, ?, ?, ?)")
        .arg(account_id_)
        .arg(purpose_)
        .arg(owner_)
        .arg(store::millis(env_->now() + kLeaseTime))
        .run();
    taken = true;
    return Status();
  }));
  return taken;
}

Status Lease::renew() {
  return database_->write([&](Poco::Data::Session& session) {
    Sql update(session, "UPDATE lease SET lease_until = ? WHERE account_id = ? AND purpose = ? AND owner = ?");
    if (update.arg(store::millis(env_->now() + kLeaseTime)).arg(account_id_).arg(purpose_).arg(owner_).run() != 1) {
      return Status(error::storage_busy, "another program took over this account").with("purpose", purpose_);
    }
    return Status();
  });
}

Lease::~Lease() {
  if (!held_) {
    return;
  }
  // Failing to give it back costs the next holder a wait, nothing more.
  const Status ignored = guarded([&] {
    return database_->write([&](Poco::Data::Session& session) {
      Sql(session, "DELETE FROM lease WHERE account_id = ? AND purpose = ? AND owner = ?")
          .arg(account_id_)
          .arg(purpose_)
          .arg(owner_)
          .run();
      return Status();
    });
  });
  static_cast<void>(ignored);
}

}  // namespace kvc::account
