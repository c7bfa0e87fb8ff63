// SPDX-License-Identifier: Apache-2.0
// The page's server: loopback only, few addresses, strict about everything.
#pragma once

#include <cstdint>
#include <memory>

#include "serve/main_loop.h"
#include "serve/shell.h"

namespace pvs::host::serve {

/// Reads requests on threads of its own and has them answered on the main thread. [main], but for what runs inside.
class HttpServer {
 public:
  HttpServer(MainLoop& loop, Shell& shell, Services& services);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Listens on 127.0.0.1; port 0 takes a free one. Throws Poco::Exception.
  void start(std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// No new requests; those that run are cut. The main loop must be closed already, so that none waits for it.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pvs::host::serve
