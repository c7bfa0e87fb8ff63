// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/connections.h"

#include <atomic>
#include <utility>

#include "store/database.h"
#include "store/postgresql/errors.h"

namespace kvc::store::postgresql {

using Poco::Data::Session;

namespace {

constexpr std::size_t kIdle = 8;
constexpr Millis kAskAgain{100};

}  // namespace

Result<Connection> Connections::one() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Connection connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  Outcome why;
  Poco::Data::SessionImpl* made = driver_.connect(parameters_, why);
  if (made == nullptr) {
    return connect_failed(why.value);
  }
  return Connection{Session(Poco::AutoPtr<Poco::Data::SessionImpl>(made)), new_uuid(env_)};
}

Result<Connection> Connections::try_take(const Begin& begin, std::string& value) {
  KVC_ASSIGN(Connection connection, one());
  Outcome outcome = exec(connection.session, begin(connection.name));
  if (outcome.ok) {
    value = std::move(outcome.value);
    return connection;
  }
  if (!outcome.connection_lost && exec(connection.session, "ROLLBACK").ok) {
    give_back(std::move(connection));
  } else {
    const std::lock_guard lock(mutex_);
    idle_.clear();  // a server that went took all of them
  }
  return status_of(outcome);
}

Result<Connection> Connections::take(const Begin& begin, std::string& value) {
  const std::atomic<bool> never{false};
  for (auto waited = Millis{0};; waited += kAskAgain) {
    auto connection = try_take(begin, value);
    const bool passes = !connection.ok() && connection.status().is(error::storage_unreachable) &&
                        connection.status().retry_after() > Millis{0};
    if (!passes || waited >= Database::kBusyTimeout) {
      return connection;
    }
    env_.sleep(kAskAgain, never);
  }
}

void Connections::give_back(Connection connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdle && alive(connection.session)) {
    idle_.push_back(std::move(connection));
  }
}

}  // namespace kvc::store::postgresql
