// SPDX-License-Identifier: Apache-2.0
// Kept connections to one server.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/Session.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "kvconnect/connection.h"

namespace kvc::kvconnect {

/// At most `max_connections` at once; who comes later waits. Kept connections that the server closed, or that are idle
/// for longer than kIdleConnection, are replaced without anybody noticing. TLS sessions are resumed. Thread: [any].
class ConnectionPool {
 public:
  ConnectionPool(ServerAddress server, Poco::Net::Context::Ptr context, Connection::Timing timing,
                 std::size_t max_connections);
  ~ConnectionPool();  ///< REQUIRES that no lease is out

  /// A connection for one exchange. Without release() it is closed when the lease ends.
  class Lease {
   public:
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Connection& operator*() { return *connection_; }
    Connection* operator->() { return connection_.get(); }
    /// It carried an earlier exchange: a failure before the first byte of an answer may be the server's closing it.
    [[nodiscard]] bool reused() const { return reused_; }
    /// The exchange is complete and the connection may serve another.
    void release();

   private:
    friend class ConnectionPool;
    Lease(ConnectionPool* pool, std::unique_ptr<Connection> connection, bool reused)
        : pool_(pool), connection_(std::move(connection)), reused_(reused) {}
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
    bool reused_;
  };

  /// `fresh`: never a kept one. Errors: those of Connection::open().
  Result<Lease> acquire(bool fresh, const Cancel& cancel);

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    std::chrono::steady_clock::time_point since;
  };
  Status take_slot(const Cancel& cancel);
  std::unique_ptr<Connection> take_idle();
  void give_slot_back();
  void keep(std::unique_ptr<Connection> connection);

  const ServerAddress server_;
  const Poco::Net::Context::Ptr context_;
  const Connection::Timing timing_;
  const std::size_t max_connections_;
  std::mutex mutex_;
  std::condition_variable slot_free_;
  std::size_t in_use_ = 0;
  std::vector<Idle> idle_;
  Poco::Net::Session::Ptr session_;
};

}  // namespace kvc::kvconnect
