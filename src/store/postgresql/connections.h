// SPDX-License-Identifier: Apache-2.0
// Connections to one server: made when needed, kept for the next, thrown away when the server went. Internal to store/.
#pragma once

#include <Poco/Data/Session.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "store/postgresql/driver.h"

namespace kvc::store::postgresql {

/// A connection, and how often it committed. The name is ours and random: a server's process ids and transaction ids
/// are used again after a crash.
struct Connection {
  Poco::Data::Session session;
  std::string name;
  std::int64_t commits = 0;
};

/// Thread: any.
class Connections {
 public:
  Connections(const Driver& driver, std::string parameters, Env& env)
      : driver_(driver), parameters_(std::move(parameters)), env_(env) {}

  /// What begins a transaction, without changing anything, on the connection of this name.
  using Begin = std::function<std::string(const std::string& name)>;
  /// A connection on which `begin` has just succeeded. A server that restarts is waited for, Database::kBusyTimeout at
  /// most. `value` gets the answer to its last statement.
  Result<Connection> take(const Begin& begin, std::string& value);
  /// Only outside a transaction.
  void give_back(Connection connection);

  Outcome exec(Poco::Data::Session& session, const std::string& sql) const {
    return driver_.exec(*session.impl(), sql.c_str());
  }
  bool alive(Poco::Data::Session& session) const { return driver_.alive(*session.impl()); }
  Env& env() { return env_; }

 private:
  Result<Connection> one();
  Result<Connection> try_take(const Begin& begin, std::string& value);

  const Driver& driver_;
  const std::string parameters_;
  Env& env_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
};

}  // namespace kvc::store::postgresql
