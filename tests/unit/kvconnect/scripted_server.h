// SPDX-License-Identifier: Apache-2.0
// A TLS server that does on the wire whatever a test tells it, right or wrong. It shares no code with the client: plain
// sockets and OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "unit/kvconnect/test_pki.h"

namespace kvc::test {

/// One accepted connection, in the script's hands.
class Peer {
 public:
  Peer(int socket, SSL* ssl, int which) : number(which), socket_(socket), ssl_(ssl) {}
  /// Head and body (Content-Length) of the next request; empty if the client went away.
  std::string request();
  /// False if the client went away.
  bool send(const std::string& bytes);
  /// An answer with Content-Length.
  bool answer(const std::string& status, const std::string& body, const std::string& fields = "");
  void close_cleanly();   ///< TLS close_notify, then FIN
  void close_abruptly();  ///< FIN without close_notify
  void reset();           ///< RST
  /// Waits until the client closes, or the server stops.
  void wait_for_close();
  const int number;  ///< of the connection, from 1

 private:
  int socket_;
  SSL* ssl_;
  std::string rest_;
};

struct ServerWish {
  const Identity* identity = nullptr;  ///< null: plain TCP, no TLS; `greeting` is sent
  std::string greeting;
  int max_protocol = 0;  ///< e.g. TLS1_1_VERSION
  bool tickets = true;
  const char* ciphers = nullptr;  ///< TLS 1.2 with these alone, however weak
};

class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;
  ScriptedServer(const ServerWish& wish, Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& host = "localhost") const {
    return "https://" + host + ":" + std::to_string(port_) + "/kvconnect/rest/";
  }
  [[nodiscard]] int connections() const { return connections_.load(); }
  [[nodiscard]] int resumed() const { return resumed_.load(); }
  /// All requests so far, over all connections.
  [[nodiscard]] std::vector<std::string> requests() const;
  void note(const std::string& request);
  [[nodiscard]] bool stopping() const { return stopping_.load(); }

 private:
  void accept_loop();
  void serve(int socket, int number);

  ServerWish wish_;
  Script script_;
  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> resumed_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<int> sockets_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

/// The server whose thread this is; what Peer::request() notes itself with.
extern thread_local ScriptedServer* t_server;

}  // namespace kvc::test
