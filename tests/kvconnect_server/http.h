// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "kvconnect_server/faults.h"
#include "kvconnect_server/rest.h"

namespace kvserver {

/// What one line of the request log is made of. No credentials, no query, no bodies.
using LogSink = std::function<void(std::string_view line)>;

/// The TLS side: takes requests off the wire, asks the fault plan, hands them to the service, writes the answers.
class HttpFrontend {
 public:
  HttpFrontend(RestService& service, FaultPlan& faults, LogSink log);
  ~HttpFrontend();
  HttpFrontend(const HttpFrontend&) = delete;
  HttpFrontend& operator=(const HttpFrontend&) = delete;

  /// Listens on 127.0.0.1 and, where the machine has it, ::1 (port 0: a free one). Throws on failure.
  void start(std::uint16_t port, const std::filesystem::path& chain_file, const std::filesystem::path& key_file);
  /// Cuts open connections and waits for their threads.
  void stop();
  std::uint16_t port() const { return port_; }

 private:
  class Connections;
  Poco::ThreadPool pool_;
  std::shared_ptr<Connections> connections_;
  RestService& service_;
  FaultPlan& faults_;
  LogSink log_;
  std::vector<std::unique_ptr<Poco::Net::TCPServer>> servers_;
  std::uint16_t port_ = 0;
};

}  // namespace kvserver
