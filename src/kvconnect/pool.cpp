// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/pool.h"

#include <algorithm>

#include "kvconnect/protocol_constants.h"
#include "kvconnect/sigpipe_guard.h"

namespace kvc::kvconnect {

namespace {
const Cancel& never() {
  static const Cancel cancel;
  return cancel;
}
}  // namespace

ConnectionPool::ConnectionPool(ServerAddress server, Poco::Net::Context::Ptr context, Connection::Timing timing,
                               std::size_t max_connections)
    : server_(std::move(server)),
      context_(std::move(context)),
      timing_(timing),
      max_connections_(std::max<std::size_t>(max_connections, 1)) {}

ConnectionPool::~ConnectionPool() {
  const SigpipeGuard guard;  // closing says goodbye to servers that may be gone
  idle_.clear();
}

ConnectionPool::Lease::~Lease() {
  if (connection_ == nullptr) {
    return;
  }
  connection_->abort();
  connection_.reset();
  pool_->give_slot_back();
}

void ConnectionPool::Lease::release() {
  pool_->keep(std::move(connection_));
}

Status ConnectionPool::take_slot(const Cancel& cancel) {
  std::unique_lock lock(mutex_);
  while (in_use_ >= max_connections_) {
    if (cancel.requested()) {
      return {error::cancelled, "cancelled while waiting for a connection"};
    }
    slot_free_.wait_for(lock, kCancelSlice);
  }
  ++in_use_;
  return {};
}

void ConnectionPool::give_slot_back() {
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
  }
  slot_free_.notify_one();
}

std::unique_ptr<Connection> ConnectionPool::take_idle() {
  for (;;) {
    Idle candidate;
    {
      const std::lock_guard lock(mutex_);
      if (idle_.empty()) {
        return nullptr;
      }
      candidate = std::move(idle_.back());
      idle_.pop_back();
    }
    const bool young = std::chrono::steady_clock::now() - candidate.since < kIdleConnection;
    if (young && candidate.connection->alive()) {
      return std::move(candidate.connection);
    }
    candidate.connection->abort();  // outside the lock: closing is a system call
  }
}

void ConnectionPool::keep(std::unique_ptr<Connection> connection) {
  connection->serve(never());
  const Poco::Net::Session::Ptr session = connection->session();
  std::unique_ptr<Connection> surplus;
  {
    const std::lock_guard lock(mutex_);
    if (idle_.size() >= max_connections_) {
      surplus = std::move(idle_.front().connection);  // the one that waits longest
      idle_.erase(idle_.begin());
    }
    idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
    if (!session.isNull()) {
      session_ = session;
    }
  }
  give_slot_back();
}

Result<ConnectionPool::Lease> ConnectionPool::acquire(bool fresh, const Cancel& cancel) {
  KVC_TRY(take_slot(cancel));
  if (!fresh) {
    if (std::unique_ptr<Connection> kept = take_idle(); kept != nullptr) {
      kept->serve(cancel);
      return Lease(this, std::move(kept), true);
    }
  }
  Poco::Net::Session::Ptr session;
  {
    const std::lock_guard lock(mutex_);
    session = session_;
  }
  auto opened = Connection::open(server_, context_, session, timing_, cancel);
  if (!opened.ok()) {
    give_slot_back();
    return opened.status();
  }
  return Lease(this, std::move(opened).value(), false);
}

}  // namespace kvc::kvconnect
