// SPDX-License-Identifier: Apache-2.0
// One TLS connection to the server, with time-outs, and given up within a moment when it is cancelled.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/Session.h>

#include <chrono>
#include <memory>

#include "base/env.h"
#include "kvconnect/address.h"
#include "kvconnect/byte_stream.h"
#include "kvconnect/tls_policy.h"

namespace kvc::kvconnect {

/// The socket is non-blocking; every wait is cut into slices of kCancelSlice, between which `Cancel` is looked at. The
/// one wait that cannot be cut is the operating system's name resolution (its own limit: seconds); an address in place
/// of a name avoids it. Uses the real clock, as the kernel does. REQUIRES a SigpipeGuard around every call. Thread: one
/// at a time.
class Connection : public ByteStream {
 public:
  struct Timing {
    Millis connect{10000};  ///< for TCP and TLS together, per address of the server
    Millis idle{60000};     ///< longest silence of the server, and longest time it takes no byte from us
  };

  /// Tries the server's addresses in turn. Errors: unreachable (params "host", "port", "reason": "name" for an unknown
  /// name, else "connect"), timeout, tls_*, connection_lost, cancelled.
  static Result<std::unique_ptr<Connection>> open(const ServerAddress& server, Poco::Net::Context::Ptr context,
                                                  Poco::Net::Session::Ptr session, Timing timing, const Cancel& cancel);
  ~Connection() override;

  Result<std::size_t> read(char* buffer, std::size_t size) override;
  Status write(std::string_view bytes) override;

  /// Whose request the next reads and writes belong to; borrowed until the next call.
  void serve(const Cancel& cancel) { cancel_ = &cancel; }
  /// False if the peer closed it, or sent something nobody asked for. Does not wait.
  [[nodiscard]] bool alive() noexcept;
  /// For resumption; may be null.
  [[nodiscard]] Poco::Net::Session::Ptr session();
  [[nodiscard]] const TlsFacts& facts() const { return facts_; }
  [[nodiscard]] std::string peer_address() const;
  /// After an error: closes without the courtesy of a TLS goodbye.
  void abort() noexcept;

 private:
  Connection(Poco::Net::Context::Ptr context, Poco::Net::Session::Ptr session, Timing timing, const Cancel& cancel);
  Status connect(const ServerAddress& server, const Poco::Net::SocketAddress& address);
  Status handshake(const std::string& host, std::chrono::steady_clock::time_point deadline);
  /// Waits for `mode` of Poco::Net::Socket::SelectMode. Errors: timeout, cancelled.
  Status wait(short events, std::chrono::steady_clock::time_point deadline);

  Poco::Net::SecureStreamSocket socket_;
  Timing timing_;
  const Cancel* cancel_;
  TlsFacts facts_;
  bool broken_ = false;
};

}  // namespace kvc::kvconnect
