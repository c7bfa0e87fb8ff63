// SPDX-License-Identifier: Apache-2.0
// An HTTPS server on loopback that does as little as possible, in a process of its own.
#pragma once

#include <sys/types.h>

#include <string>

namespace kvc::bench {

/// Answers `GET .../N` with N bytes and takes every POST. One thread for each connection, kept as long as the client
/// wishes. Killed when the object goes. Ends the program if it cannot start.
class HttpsServer {
 public:
  /// Forks: REQUIRES that the process has one thread still.
  HttpsServer(const std::string& certificate_pem, const std::string& key_pem);
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int port_ = 0;
  pid_t child_ = -1;
};

}  // namespace kvc::bench
