// SPDX-License-Identifier: Apache-2.0
#include "bench/transport/server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

namespace kvc::bench {
namespace {

constexpr std::size_t kBlock = 64UL * 1024;

void need(bool good, const char* what) {
  if (!good) {
    std::fprintf(stderr, "bench server: %s\n", what);
    std::exit(1);
  }
}

struct SslFree {
  void operator()(SSL* ssl) const noexcept {
    const int socket = SSL_get_fd(ssl);
    SSL_free(ssl);
    ::close(socket);
  }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

/// One connection: requests one after another, as HTTP/1.1 has them, from a client that is known to behave.
class Exchange {
 public:
  explicit Exchange(SSL* ssl) : ssl_(ssl) {}

  bool serve_one() {
    const auto end = read_head();
    if (end == std::string::npos) {
      return false;
    }
    const std::string head = in_.substr(0, end);
    in_.erase(0, end + 4);
    return head.starts_with("POST ") ? take(length_of(head)) : give(size_of(head));
  }

 private:
  std::size_t read_head() {
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      const int got = SSL_read(ssl_, block_.data(), static_cast<int>(block_.size()));
      if (got <= 0) {
        return std::string::npos;
      }
      in_.append(block_.data(), static_cast<std::size_t>(got));
    }
    return end;
  }

  static std::size_t length_of(const std::string& head) {
    constexpr std::string_view kField = "Content-Length: ";
    const auto at = head.find(kField);
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + kField.size(), nullptr, 10);
  }

  static std::size_t size_of(const std::string& head) {
    const auto end = head.find(" HTTP/");
    const auto slash = head.rfind('/', end == std::string::npos ? end : end - 1);
    return slash == std::string::npos ? 0 : std::strtoul(head.c_str() + slash + 1, nullptr, 10);
  }

  bool write(std::string_view bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  }

  bool take(std::size_t left) {
    left -= std::min(left, in_.size());
    in_.clear();
    while (left > 0) {
      const int got = SSL_read(ssl_, block_.data(), static_cast<int>(std::min(left, block_.size())));
      if (got <= 0) {
        return false;
      }
      left -= static_cast<std::size_t>(got);
    }
    return write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  }

  bool give(std::size_t size) {
    std::string out =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
    const std::size_t first = std::min(size, kBlock);
    out.append(first, 'x');
    if (!write(out)) {
      return false;
    }
    for (size -= first; size > 0;) {
      const std::size_t piece = std::min(size, kBlock);
      if (!write({body_.data(), piece})) {
        return false;
      }
      size -= piece;
    }
    return true;
  }

  SSL* ssl_;
  std::string in_;
  std::vector<char> block_ = std::vector<char>(kBlock);
  std::vector<char> body_ = std::vector<char>(kBlock, 'x');
};

void serve_connection(SSL_CTX* context, int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  const SslPtr ssl(SSL_new(context));
  SSL_set_fd(ssl.get(), socket);
  if (SSL_accept(ssl.get()) != 1) {
    return;
  }
  Exchange exchange(ssl.get());
  while (exchange.serve_one()) {
  }
}

SSL_CTX* context_of(const std::string& certificate_pem, const std::string& key_pem) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* in = BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size()));
  X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  in = BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  need(context != nullptr && SSL_CTX_use_certificate(context, certificate) == 1 &&
           SSL_CTX_use_PrivateKey(context, key) == 1,
       "certificate");
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

[[noreturn]] void serve(int listener, const std::string& certificate_pem, const std::string& key_pem) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_IGN);
  SSL_CTX* const context = context_of(certificate_pem, key_pem);
  for (;;) {
    const int socket = ::accept(listener, nullptr, nullptr);
    if (socket >= 0) {
      std::thread(serve_connection, context, socket).detach();
    }
  }
}

}  // namespace

HttpsServer::HttpsServer(const std::string& certificate_pem, const std::string& key_pem) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  need(::bind(listener, plain, size) == 0 && ::listen(listener, SOMAXCONN) == 0 &&
           ::getsockname(listener, plain, &size) == 0,
       "no port");
  port_ = ntohs(address.sin_port);
  child_ = ::fork();
  need(child_ >= 0, "fork");
  if (child_ == 0) {
    serve(listener, certificate_pem, key_pem);
  }
  ::close(listener);
}

HttpsServer::~HttpsServer() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

}  // namespace kvc::bench
