// SPDX-License-Identifier: Apache-2.0
#include "unit/kvconnect/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace kvc::test {

thread_local ScriptedServer* t_server = nullptr;

namespace {

constexpr int kPollMillis = 50;

void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::size_t body_length(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + sizeof "Content-Length: " - 1));
}

}  // namespace

std::string Peer::request() {
  std::string text = std::move(rest_);
  rest_.clear();
  for (;;) {
    const std::size_t head = text.find("\r\n\r\n");
    if (head != std::string::npos) {
      const std::size_t whole = head + 4 + body_length(text.substr(0, head));
      if (text.size() >= whole) {
        rest_ = text.substr(whole);
        text.resize(whole);
        t_server->note(text);
        return text;
      }
    }
    char block[65536];
    if (SSL_pending(ssl_) == 0) {
      pollfd wait{socket_, POLLIN, 0};
      if (poll(&wait, 1, kPollMillis) == 0) {
        if (t_server->stopping()) {
          return {};
        }
        continue;
      }
    }
    const int got = SSL_read(ssl_, block, sizeof block);
    if (got <= 0) {
      return {};
    }
    text.append(block, static_cast<std::size_t>(got));
  }
}

bool Peer::send(const std::string& bytes) {
  return bytes.empty() || SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

bool Peer::answer(const std::string& status, const std::string& body, const std::string& fields) {
  return send("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" +
              body);
}

void Peer::close_cleanly() {
  SSL_shutdown(ssl_);
  shutdown(socket_, SHUT_RDWR);
}

void Peer::close_abruptly() {
  shutdown(socket_, SHUT_RDWR);
}

void Peer::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Peer::wait_for_close() {
  while (!request().empty()) {
  }
}

ScriptedServer::ScriptedServer(const ServerWish& wish, Script script) : wish_(wish), script_(std::move(script)) {
  if (wish_.identity != nullptr) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context_, 0);  // it may be as weak as a test wants
    SSL_CTX_use_certificate(context_, wish_.identity->cert.get());
    SSL_CTX_use_PrivateKey(context_, wish_.identity->key.get());
    if (wish_.max_protocol != 0) {
      SSL_CTX_set_min_proto_version(context_, wish_.max_protocol);
      SSL_CTX_set_max_proto_version(context_, wish_.max_protocol);
    }
    if (wish_.ciphers != nullptr) {
      SSL_CTX_set_cipher_list(context_, wish_.ciphers);
    }
  }
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the test server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int one : sockets_) {
      shutdown(one, SHUT_RDWR);  // wakes a script that is stuck in a write
    }
  }
  for (std::thread& worker : workers_) {
    worker.join();
  }
  close(listener_);
  SSL_CTX_free(context_);
}

void ScriptedServer::accept_loop() {
  while (!stopping_) {
    pollfd wait{listener_, POLLIN, 0};
    if (poll(&wait, 1, kPollMillis) <= 0) {
      continue;
    }
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) {
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      const int number = ++connections_;
      workers_.emplace_back([this, socket, number] { serve(socket, number); });
    }
  }
}

void ScriptedServer::serve(int socket, int number) {
  block_sigpipe();
  t_server = this;
  SSL* ssl = nullptr;
  if (context_ != nullptr) {
    ssl = SSL_new(context_);
    SSL_set_fd(ssl, socket);
    if (SSL_accept(ssl) == 1) {
      resumed_ += SSL_session_reused(ssl);
      Peer peer(socket, ssl, number);
      script_(peer);
    }
  } else if (!wish_.greeting.empty()) {
    ::send(socket, wish_.greeting.data(), wish_.greeting.size(), MSG_NOSIGNAL);
    usleep(kPollMillis * 1000);
  }
  SSL_free(ssl);
  const std::lock_guard lock(mutex_);
  sockets_.erase(std::find(sockets_.begin(), sockets_.end(), socket));
  close(socket);
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::note(const std::string& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
}

}  // namespace kvc::test
