// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/http.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

namespace net = Poco::Net;

constexpr std::string_view kBasePath = "/kvconnect/rest/";
constexpr std::size_t kPiece = std::size_t{64} * 1024;
// A refused upload is read up to here, so that the client gets its answer instead of a reset.
constexpr std::uint64_t kMaxDrain = 256U << 20;
constexpr int kThreads = 128;
constexpr int kKeepAliveSeconds = 15;

int descriptor(net::HTTPServerRequest& request) {
  return dynamic_cast<net::HTTPServerRequestImpl&>(request).session().socket().impl()->sockfd();
}

// Ends the connection with a TCP reset and no TLS farewell. Poco owns the descriptor and will close it later, so a dead
// socket is put in its place.
void reset_connection(net::HTTPServerRequest& request) {
  const int fd = descriptor(request);
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  std::array<int, 2> dead{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, dead.data()) != 0) {
    return;
  }
  ::dup3(dead[0], fd, O_CLOEXEC);
  ::close(dead[0]);
  ::close(dead[1]);
}

// Poco reports a chunked body that was cut off like one that is complete; the difference is that nobody listens any
// more.
bool peer_closed(int fd) {
  char c = 0;
  const ssize_t n = ::recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

std::optional<Credentials> credentials_of(const net::HTTPServerRequest& request) {
  const std::string header = request.get("Authorization", "");
  if (lower(header.substr(0, 6)) != "basic ") {
    return std::nullopt;
  }
  const std::optional<std::string> text = base64_decode(trim(std::string_view(header).substr(6)));
  if (!text || !is_utf8(*text)) {
    return std::nullopt;
  }
  const std::size_t colon = text->find(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  return Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

// Path relative to the base URL, as sent, without the query; nullopt if it lies outside.
std::optional<std::string> relative_path(const std::string& uri) {
  const std::string path = uri.substr(0, uri.find('?'));
  if (!path.starts_with(kBasePath)) {
    return std::nullopt;
  }
  return path.substr(kBasePath.size());
}

bool decode_path(const std::string& relative, Call& call) {
  for (const std::string& segment : split(relative, '/')) {
    const std::optional<std::string> decoded = percent_decode(segment);
    if (!decoded) {
      return false;
    }
    call.path.push_back(*decoded);
  }
  return true;
}

bool decode_query(const std::string& uri, Call& call) {
  const std::size_t mark = uri.find('?');
  if (mark == std::string::npos) {
    return true;
  }
  for (const std::string& pair : split(std::string_view(uri).substr(mark + 1), '&')) {
    const std::size_t equals = pair.find('=');
    const auto name = percent_decode(pair.substr(0, equals));
    const auto value = percent_decode(equals == std::string::npos ? "" : pair.substr(equals + 1));
    if (!name || !value || !call.query.emplace(*name, *value).second) {
      return false;
    }
  }
  return true;
}

std::string base_url_of(const net::HTTPServerRequest& request) {
  const std::string host = request.get("Host", "localhost:" + std::to_string(request.serverAddress().port()));
  return "https://" + host + std::string(kBasePath);
}

// Writes a body with the fault's damage: cut after some bytes, or in drips.
class BodyWriter {
 public:
  BodyWriter(std::ostream& out, const Fault& fault, std::uint64_t length) : out_(out), fault_(fault) {
    if (fault.kind != Fault::Kind::kTruncate) {
      return;
    }
    left_ = fault.bytes ? static_cast<std::uint64_t>(std::max<std::int64_t>(*fault.bytes, 0)) : length / 2;
  }

  void write(std::string_view bytes) {
    if (fault_.kind == Fault::Kind::kDrip) {
      drip(bytes);
      return;
    }
    const std::string_view part =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    out_.write(part.data(), static_cast<std::streamsize>(part.size()));
    left_ -= part.size();
  }

 private:
  void drip(std::string_view bytes) {
    const auto step = static_cast<std::size_t>(std::max<std::int64_t>(fault_.bytes.value_or(1), 1));
    for (std::size_t at = 0; at < bytes.size() && out_.good(); at += step) {
      const std::string_view part = bytes.substr(at, step);
      out_.write(part.data(), static_cast<std::streamsize>(part.size()));
      out_.flush();
      std::this_thread::sleep_for(std::chrono::milliseconds(fault_.interval_ms));
    }
  }

  std::ostream& out_;
  const Fault& fault_;
  std::uint64_t left_ = ~std::uint64_t{0};
};

class Handler : public net::HTTPRequestHandler {
 public:
  Handler(RestService& service, FaultPlan& faults, const LogSink& log)
      : service_(service), faults_(faults), log_(log) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    const std::string path = request.getURI().substr(0, request.getURI().find('?'));
    const std::string outcome = answer(request, response);
    log(request.getMethod() + " " + xml_safe(path) + " " + outcome);
  }

 private:
  void log(const std::string& line) const {
    if (log_) {
      log_(line);
    }
  }

  std::string answer(net::HTTPServerRequest& request, net::HTTPServerResponse& response) {
    const std::optional<std::string> relative = relative_path(request.getURI());
    const std::optional<Credentials> credentials = credentials_of(request);
    const Fault fault = fault_for(request.getMethod(), relative.value_or(""), credentials);
    if (fault.delay_ms > 0) {
      // Said before, so that a test can do something meanwhile.
      log(request.getMethod() + " " + xml_safe(request.getURI().substr(0, request.getURI().find('?'))) + " held for " +
          std::to_string(fault.delay_ms) + " ms (fault plan)");
      std::this_thread::sleep_for(std::chrono::milliseconds(fault.delay_ms));
    }
    if (fault.kind == Fault::Kind::kResetBefore) {
      response.setKeepAlive(false);
      reset_connection(request);
      return "reset before processing (fault plan)";
    }
    Reply reply = fault.kind == Fault::Kind::kStatus ? planned(fault) : process(request, relative, credentials, fault);
    if (fault.kind == Fault::Kind::kResetAfter) {
      response.setKeepAlive(false);
      reset_connection(request);
      return std::to_string(reply.status) + ", then reset (fault plan)";
    }
    if (fault.kind == Fault::Kind::kGarbageXml) {
      reply.body = "<account uid=\"\xff\xfe\"><unclosed attribute=>&nosuch;</wrong>";
      reply.stream = nullptr;
    }
    send(request, response, reply, fault);
    if (fault.kind != Fault::Kind::kTruncate) {
      drain(request, response);
    }
    return std::to_string(reply.status);
  }

  Fault fault_for(const std::string& method, const std::string& path, const std::optional<Credentials>& credentials) {
    const std::string complaint = faults_.refresh();
    if (!complaint.empty()) {
      log(complaint + " (the former plan stays)");
    }
    return faults_.next(method, path, credentials ? credentials->username : "").value_or(Fault{});
  }

  static Reply planned(const Fault& fault) {
    Reply reply;
    reply.status = fault.status;
    reply.body = fault.body;
    reply.content_type = fault.content_type;
    if (!fault.retry_after.empty()) {
      reply.headers.emplace_back("Retry-After", fault.retry_after);
    }
    return reply;
  }

  Reply process(net::HTTPServerRequest& request, const std::optional<std::string>& relative,
                const std::optional<Credentials>& credentials, const Fault& fault) {
    Call call;
    call.method = request.getMethod();
    if (!relative) {
      return text_reply(404, "Diese Adresse gibt es nicht.");
    }
    if (!decode_path(*relative, call) || !decode_query(request.getURI(), call)) {
      return text_reply(400, "Diese Adresse ist nicht lesbar.");
    }
    call.base_url = base_url_of(request);
    call.credentials = credentials;
    call.media_type = lower(trim(split(request.getContentType(), ';')[0]));
    call.if_modified_since = request.get("If-Modified-Since", "");
    call.wrong_certificate = fault.kind == Fault::Kind::kWrongCertificate;
    const bool chunked = request.getChunkedTransferEncoding();
    if (call.method == "POST" && !chunked && !request.hasContentLength()) {
      return text_reply(411, "Die Länge des Inhalts fehlt.");
    }
    if (!chunked) {
      call.length = request.hasContentLength() ? static_cast<std::uint64_t>(request.getContentLength64()) : 0;
    }
    call.body = &request.stream();
    call.sender_gone = [&request] { return peer_closed(descriptor(request)); };
    try {
      return service_.handle(call);
    } catch (const std::exception& e) {
      log(std::string("internal fault: ") + e.what());
      return text_reply(500, "Der Server kann diese Anfrage gerade nicht bearbeiten.");
    }
  }

  static void send(net::HTTPServerRequest& request, net::HTTPServerResponse& response, const Reply& reply,
                   const Fault& fault) {
    response.setStatus(static_cast<net::HTTPResponse::HTTPStatus>(reply.status));
    response.setReason(net::HTTPResponse::getReasonForStatus(response.getStatus()));
    if (!reply.content_type.empty()) {
      response.setContentType(reply.content_type);
    }
    for (const auto& [name, value] : reply.headers) {
      response.set(name, value);
    }
    const std::optional<std::uint64_t> length = reply.stream ? reply.stream_length : reply.body.size();
    if (length) {
      const bool bodiless = reply.status == 204 || reply.status == 304;
      if (!bodiless) {
        response.setContentLength64(static_cast<Poco::Int64>(*length));
      }
    } else {
      response.setChunkedTransferEncoding(true);
    }
    if (fault.kind == Fault::Kind::kTruncate) {
      response.setKeepAlive(false);
    }
    std::ostream& out = response.send();
    BodyWriter writer(out, fault, length.value_or(0));
    if (reply.stream) {
      reply.stream([&writer](std::string_view bytes) { writer.write(bytes); });
    } else {
      writer.write(reply.body);
    }
    out.flush();
    if (fault.kind == Fault::Kind::kTruncate) {
      cut(request);
    }
  }

  // The bytes sent so far must arrive before the end does: half-close, then leave. No TLS farewell is sent.
  static void cut(net::HTTPServerRequest& request) {
    const int fd = descriptor(request);
    ::shutdown(fd, SHUT_WR);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::array<int, 2> dead{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, dead.data()) != 0) {
      return;
    }
    ::dup3(dead[0], fd, O_CLOEXEC);
    ::close(dead[0]);
    ::close(dead[1]);
  }

  static void drain(net::HTTPServerRequest& request, net::HTTPServerResponse& response) {
    const bool no_length = !request.hasContentLength() && !request.getChunkedTransferEncoding();
    if (no_length) {
      if (request.getMethod() == "POST") {
        response.setKeepAlive(false);
      }
      return;
    }
    std::istream& body = request.stream();
    std::string piece(kPiece, '\0');
    std::uint64_t seen = 0;
    while (seen < kMaxDrain) {
      body.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      if (body.gcount() <= 0) {
        return;
      }
      seen += static_cast<std::uint64_t>(body.gcount());
    }
    response.setKeepAlive(false);
  }

  RestService& service_;
  FaultPlan& faults_;
  const LogSink& log_;
};

class HandlerFactory : public net::HTTPRequestHandlerFactory {
 public:
  HandlerFactory(RestService& service, FaultPlan& faults, const LogSink& log)
      : service_(service), faults_(faults), log_(log) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
    return new Handler(service_, faults_, log_);  // Poco takes ownership
  }

 private:
  RestService& service_;
  FaultPlan& faults_;
  const LogSink& log_;
};

net::Context::Ptr tls_context(const std::filesystem::path& chain_file, const std::filesystem::path& key_file) {
  net::Context::Params params;
  params.privateKeyFile = key_file.string();
  params.certificateFile = chain_file.string();
  params.verificationMode = net::Context::VERIFY_NONE;
  params.cipherList = "HIGH:!aNULL:!eNULL:!MD5:!3DES";
  net::Context::Ptr context(new net::Context(net::Context::TLS_SERVER_USE, params));
  context->requireMinimumProtocol(net::Context::PROTO_TLSV1_2);
  return context;
}

}  // namespace

/// The open connections, so that stop() can cut them at the socket: Poco's own way closes the TLS object from another
/// thread than the one using it.
class HttpFrontend::Connections {
 public:
  void add(const net::StreamSocket& socket) {
    const std::lock_guard lock(mutex_);
    open_.insert(socket);
  }
  void remove(const net::StreamSocket& socket) {
    const std::lock_guard lock(mutex_);
    open_.erase(socket);
  }
  void cut_all() {
    const std::lock_guard lock(mutex_);
    for (const net::StreamSocket& socket : open_) {
      ::shutdown(socket.impl()->sockfd(), SHUT_RDWR);
    }
  }

  class Connection : public net::HTTPServerConnection {
   public:
    Connection(const net::StreamSocket& socket, net::HTTPServerParams::Ptr params,
               net::HTTPRequestHandlerFactory::Ptr factory, std::shared_ptr<Connections> owner)
        : HTTPServerConnection(socket, std::move(params), std::move(factory)), owner_(std::move(owner)) {
      owner_->add(socket);
    }
    ~Connection() override { owner_->remove(socket()); }

   private:
    std::shared_ptr<Connections> owner_;
  };

  class Factory : public net::TCPServerConnectionFactory {
   public:
    Factory(net::HTTPServerParams::Ptr params, net::HTTPRequestHandlerFactory::Ptr factory,
            std::shared_ptr<Connections> owner)
        : params_(std::move(params)), factory_(std::move(factory)), owner_(std::move(owner)) {}
    net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
      return new Connection(socket, params_, factory_, owner_);  // Poco takes ownership
    }

   private:
    net::HTTPServerParams::Ptr params_;
    net::HTTPRequestHandlerFactory::Ptr factory_;
    std::shared_ptr<Connections> owner_;
  };

 private:
  std::mutex mutex_;
  // The sockets, not their numbers: a number may by then be that of another file.
  std::set<net::StreamSocket> open_;
};

HttpFrontend::HttpFrontend(RestService& service, FaultPlan& faults, LogSink log)
    : pool_(2, kThreads, 60),
      connections_(std::make_shared<Connections>()),
      service_(service),
      faults_(faults),
      log_(std::move(log)) {}

HttpFrontend::~HttpFrontend() {
  stop();
}

void HttpFrontend::start(std::uint16_t port, const std::filesystem::path& chain_file,
                         const std::filesystem::path& key_file) {
  const net::Context::Ptr context = tls_context(chain_file, key_file);
  net::HTTPServerParams::Ptr params(new net::HTTPServerParams);
  params->setKeepAliveTimeout(Poco::Timespan(kKeepAliveSeconds, 0));
  params->setMaxThreads(kThreads / 2);
  params->setMaxQueued(1024);
  const net::HTTPRequestHandlerFactory::Ptr handlers(new HandlerFactory(service_, faults_, log_));
  const auto listen = [&](const char* host, std::uint16_t on) {
    net::SecureServerSocket socket(context);
    // Poco's own constructor would share the port with another process (SO_REUSEPORT).
    socket.bind(net::SocketAddress(host, on), true, false);
    socket.listen(256);
    net::TCPServerConnectionFactory::Ptr factory(new Connections::Factory(params, handlers, connections_));
    servers_.push_back(std::make_unique<net::TCPServer>(factory, pool_, socket, params));
    servers_.back()->start();
  };
  listen("127.0.0.1", port);
  port_ = servers_.front()->port();
  try {
    listen("::1", port_);
  } catch (const Poco::Exception&) {
    // No IPv6 on this machine, or somebody else has that port there: 127.0.0.1 is enough.
  }
}

void HttpFrontend::stop() {
  for (const auto& server : servers_) {
    server->stop();
  }
  connections_->cut_all();
  pool_.joinAll();
  servers_.clear();
}

}  // namespace kvserver
