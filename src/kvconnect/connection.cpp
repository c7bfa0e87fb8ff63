// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/connection.h"

#include <Poco/Exception.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SocketAddress.h>
#include <poll.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "kvconnect/protocol_constants.h"

namespace kvc::kvconnect {
namespace {

using Clock = std::chrono::steady_clock;
using Poco::Net::SecureStreamSocket;
using Poco::Net::Socket;
using Poco::Net::SocketAddress;

Status cancelled() {
  return {error::cancelled, "cancelled during a network call"};
}

Status unreachable(const ServerAddress& server, const char* reason, const std::string& detail) {
  return Status(error::unreachable, detail)
      .with("host", server.host)
      .with("port", std::to_string(server.port))
      .with("reason", reason);
}

Result<std::vector<SocketAddress>> resolve(const ServerAddress& server) {
  try {
    std::vector<SocketAddress> addresses;
    Poco::Net::IPAddress literal;
    if (Poco::Net::IPAddress::tryParse(server.host, literal)) {
      addresses.emplace_back(literal, server.port);
      return addresses;
    }
    const Poco::Net::HostEntry entry = Poco::Net::DNS::hostByName(server.host);
    for (const auto& address : entry.addresses()) {
      const SocketAddress found(address, server.port);
      if (std::find(addresses.begin(), addresses.end(), found) == addresses.end()) {
        addresses.push_back(found);
      }
    }
    if (addresses.empty()) {
      return unreachable(server, "name", "the server's name has no address");
    }
    return addresses;
  } catch (const Poco::Exception& e) {
    return unreachable(server, "name", std::string("the server's name cannot be resolved: ") + e.name());
  }
}

/// Waits on the socket; false when nothing happened. Poco's own poll makes an epoll set each time, four calls of the
/// system for one, and small requests are made of little else.
bool happens(const Socket& socket, short events, Millis patience) {
  pollfd one{socket.impl()->sockfd(), events, 0};
  return ::poll(&one, 1, static_cast<int>(patience.count())) > 0;
}

/// Runs a socket operation; whatever it throws means that this connection is over.
template <class Operation>
Status guarded(Operation&& operation) {
  try {
    return operation();
  } catch (const Poco::TimeoutException&) {
    return {error::timeout, "the server does not answer in time"};
  } catch (const Poco::Exception& e) {
    return {error::connection_lost, std::string("the connection broke: ") + e.displayText()};
  }
}

}  // namespace

Connection::Connection(Poco::Net::Context::Ptr context, Poco::Net::Session::Ptr session, Timing timing,
                       const Cancel& cancel)
    : socket_(std::move(context), std::move(session)), timing_(timing), cancel_(&cancel) {}

Connection::~Connection() {
  try {
    if (!broken_) {
      socket_.shutdown();
    }
    socket_.close();
  } catch (const Poco::Exception&) {
    broken_ = true;  // it is going anyway
  }
}

void Connection::abort() noexcept {
  broken_ = true;
  try {
    socket_.abort();
  } catch (const Poco::Exception&) {
    return;  // closed already
  }
}

Status Connection::wait(short events, Clock::time_point deadline) {
  for (;;) {
    if (cancel_->requested()) {
      return cancelled();
    }
    const auto left = std::chrono::duration_cast<Millis>(deadline - Clock::now());
    if (left <= Millis(0)) {
      return {error::timeout, "the server does not answer in time"};
    }
    const Millis slice = std::min<Millis>(left, kCancelSlice);
    if (happens(socket_, events, slice)) {
      return {};
    }
  }
}

Status Connection::connect(const ServerAddress& server, const SocketAddress& address) {
  const auto deadline = Clock::now() + timing_.connect;
  socket_.setPeerHostName(server.host);  // server name indication
  const Status opened = guarded([&]() -> Status {
    socket_.connectNB(address);
    KVC_TRY(wait(POLLOUT, deadline));
    const int failure = socket_.impl()->socketError();
    if (failure != 0) {
      return {error::connection_lost, "error " + std::to_string(failure) + " of the system"};
    }
    socket_.setNoDelay(true);
    return {};
  });
  if (opened.is(error::connection_lost)) {
    return unreachable(server, "connect", "no TCP connection: " + opened.detail());
  }
  KVC_TRY(opened);
  return handshake(server.host, deadline);
}

Status Connection::handshake(const std::string& host, Clock::time_point deadline) {
  TlsWatch watch;
  std::string refused;
  const Status status = guarded([&]() -> Status {
    try {
      for (;;) {
        const int rc = socket_.completeHandshake();
        if (rc == 1) {
          return {};
        }
        if (rc != SecureStreamSocket::ERR_SSL_WANT_READ && rc != SecureStreamSocket::ERR_SSL_WANT_WRITE) {
          return {error::connection_lost, "the server closed the connection during the TLS handshake"};
        }
        KVC_TRY(wait(rc == SecureStreamSocket::ERR_SSL_WANT_READ ? POLLIN : POLLOUT, deadline));
      }
    } catch (const Poco::Net::SSLConnectionUnexpectedlyClosedException&) {
      return {error::connection_lost, "the server closed the connection during the TLS handshake"};
    } catch (const Poco::Net::SSLException& e) {
      refused = e.message().empty() ? e.name() : e.message();
      return {error::tls_failed, refused};
    }
  });
  facts_ = watch.facts;
  return status.is(error::tls_failed) || facts_.verify_error != 0 ? tls_status(facts_, host, refused) : status;
}

Result<std::unique_ptr<Connection>> Connection::open(const ServerAddress& server, Poco::Net::Context::Ptr context,
                                                     Poco::Net::Session::Ptr session, Timing timing,
                                                     const Cancel& cancel) {
  if (cancel.requested()) {
    return cancelled();
  }
  KVC_ASSIGN(const auto addresses, resolve(server));
  Status last;
  for (const SocketAddress& address : addresses) {
    std::unique_ptr<Connection> connection(new Connection(context, session, timing, cancel));
    last = connection->connect(server, address);
    if (last.ok()) {
      return connection;
    }
    connection->abort();
    if (!last.is(error::unreachable) && !last.is(error::timeout)) {
      return last;  // this server answered; another address of it would say the same
    }
  }
  return last;
}

Result<std::size_t> Connection::read(char* buffer, std::size_t size) {
  const auto deadline = Clock::now() + timing_.idle;
  std::size_t received = 0;
  const int most = static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
  const Status status = guarded([&]() -> Status {
    for (;;) {
      if (cancel_->requested()) {
        return cancelled();
      }
      const int rc = socket_.receiveBytes(buffer, most);
      if (rc >= 0) {
        received = static_cast<std::size_t>(rc);
        return {};
      }
      KVC_TRY(wait(rc == SecureStreamSocket::ERR_SSL_WANT_WRITE ? POLLOUT : POLLIN, deadline));
    }
  });
  if (!status.ok()) {
    broken_ = true;
    return status;
  }
  return received;
}

Status Connection::write(std::string_view bytes) {
  auto deadline = Clock::now() + timing_.idle;
  const Status status = guarded([&]() -> Status {
    while (!bytes.empty()) {
      if (cancel_->requested()) {
        return cancelled();
      }
      const int most = static_cast<int>(std::min<std::size_t>(bytes.size(), kTransferBlock));
      const int rc = socket_.sendBytes(bytes.data(), most);
      if (rc > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(rc));
        deadline = Clock::now() + timing_.idle;
        continue;
      }
      KVC_TRY(wait(rc == SecureStreamSocket::ERR_SSL_WANT_READ ? POLLIN : POLLOUT, deadline));
    }
    return {};
  });
  broken_ = broken_ || !status.ok();
  return status;
}

bool Connection::alive() noexcept {
  try {
    // Between two answers the server has nothing to say: readable means closed, or out of step.
    return !broken_ && socket_.available() == 0 && !happens(socket_, POLLIN, Millis(0));
  } catch (const std::exception&) {
    return false;
  }
}

Poco::Net::Session::Ptr Connection::session() {
  try {
    return broken_ ? Poco::Net::Session::Ptr() : socket_.currentSession();
  } catch (const Poco::Exception&) {
    return {};
  }
}

std::string Connection::peer_address() const {
  try {
    return socket_.peerAddress().toString();
  } catch (const Poco::Exception&) {
    return {};
  }
}

}  // namespace kvc::kvconnect
