// SPDX-License-Identifier: Apache-2.0
#include "serve/http_server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <set>

#include "resource/serve_icon_svg.h"
#include "resource/serve_icons_svg.h"
#include "resource/serve_shell_css.h"
#include "resource/serve_shell_js.h"
#include "resource/serve_strength_js.h"
#include "serve/html.h"
#include "serve/page.h"
#include "serve/token.h"

namespace pvs::host::serve {
namespace {

namespace net = Poco::Net;

constexpr int kThreads = 160;
constexpr int kReadSeconds = 20;  ///< a request that does not go on for so long is given up
constexpr int kKeepAliveSeconds = 15;
constexpr std::chrono::milliseconds kShortJob{700};
constexpr std::chrono::seconds kHeartbeat{10};
constexpr std::uint64_t kMaxDrain = 256ULL << 20U;
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
constexpr const char* kDownloadPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";

struct Asset {
  std::string_view (*bytes)() noexcept;
  const char* type;
};

const Asset* find_asset(const std::string& path) {
  static const std::map<std::string, Asset, std::less<>> kAssets{
      {"/assets/shell.css", {&kvc::resource::serve_shell_css, "text/css; charset=utf-8"}},
      {"/assets/shell.js", {&kvc::resource::serve_shell_js, "text/javascript; charset=utf-8"}},
      {"/assets/strength.js", {&kvc::resource::serve_strength_js, "text/javascript; charset=utf-8"}},
      {"/assets/icons.svg", {&kvc::resource::serve_icons_svg, "image/svg+xml"}},
      {"/assets/icon.svg", {&kvc::resource::serve_icon_svg, "image/svg+xml"}}};
  const auto it = kAssets.find(path);
  return it == kAssets.end() ? nullptr : &it->second;
}

void common_headers(net::HTTPServerResponse& response) {
  response.set("Cache-Control", "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "same-origin");  // "no-referrer" would hide our own Origin from us
  response.set("X-Frame-Options", "DENY");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Content-Security-Policy", kPolicy);
}

/// RFC 6266: a name of plain ASCII for old readers, and the whole one.
std::string disposition(const std::string& name) {
  std::string plain;
  for (const char c : name) {
    const bool fine = c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%';
    plain += fine ? c : '_';
  }
  return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + percent_encoded(name);
}

/// What the handlers share. Lives as long as the server.
struct Site {
  MainLoop& loop;
  Shell& shell;
  Services& services;
  Words words;
  std::uint16_t port = 0;
  std::string login_secret = new_token();
  UploadBudget budget{};
  LoginGuard guard{};

  /// Cookies know no ports: two practices on one machine must not take each other's.
  [[nodiscard]] std::string cookie(const char* name) const {
    return "pvs_" + std::string(name) + "_" + std::to_string(port);
  }
  [[nodiscard]] std::string cookie_line(const char* name, const std::string& value) const {
    return cookie(name) + "=" + value + "; Path=/; HttpOnly; SameSite=Strict" + (value.empty() ? "; Max-Age=0" : "");
  }
};

class Handler final : public net::HTTPRequestHandler {
 public:
  explicit Handler(Site& site) : site_(site) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    common_headers(response);
    try {
      answer(request, response);
    } catch (const TooLarge&) {
      // Read to its end, so that the browser gets the sentence instead of a broken connection.
      drain(request);
      refuse(request, response, 413);
    } catch (const BadRequest&) {
      refuse(request, response, 400);
    } catch (const Stopping&) {
      refuse(request, response, 503);
    } catch (const Poco::Exception&) {
      response.setKeepAlive(false);  // the browser is gone, or too slow
    } catch (const std::exception& e) {
      site_.services.log(PVS_LOG_ERROR, "page", std::string("a request failed: ") + e.what());
      if (!response.sent()) {
        refuse(request, response, 503);
      }
    }
  }

 private:
  void refuse(net::HTTPServerRequest& request, net::HTTPServerResponse& response, int status) {
    response.setKeepAlive(false);
    Response page = message_page(site_.words, status);
    send(request, response, page);
  }

  static void drain(net::HTTPServerRequest& request) {
    if (static_cast<std::uint64_t>(std::max<std::int64_t>(request.getContentLength64(), 0)) > kMaxDrain) {
      return;
    }
    std::array<char, 65536> buffer{};
    std::uint64_t seen = 0;
    while (seen < kMaxDrain && request.stream().read(buffer.data(), buffer.size()).gcount() > 0) {
      seen += buffer.size();
    }
  }

  void plain(net::HTTPServerResponse& response, int status, std::string_view text) {
    response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(status));
    response.setKeepAlive(false);
    response.setContentType("text/plain; charset=utf-8");
    response.setContentLength64(static_cast<std::int64_t>(text.size()));
    response.send().write(text.data(), static_cast<std::streamsize>(text.size()));
  }

  /// A name that only leads here because somebody's DNS says so is not ours.
  [[nodiscard]] bool right_host(const net::HTTPServerRequest& request) const {
    const std::string port = ":" + std::to_string(site_.port);
    const std::string host = request.get("Host", "");
    return host == "127.0.0.1" + port || host == "localhost" + port;
  }
  [[nodiscard]] static bool right_origin(const net::HTTPServerRequest& request) {
    return !request.has("Origin") || request.get("Origin") == "http://" + request.get("Host", "");
  }

  void answer(net::HTTPServerRequest& from, net::HTTPServerResponse& response) {
    const std::string& method = from.getMethod();
    if (!right_host(from)) {
      return plain(response, 421, "This address is not served here.\n");
    }
    if (method != "GET" && method != "HEAD" && method != "POST") {
      response.set("Allow", "GET, HEAD, POST");
      return plain(response, 405, "This method is not served here.\n");
    }
    if (method == "POST" && !right_origin(from)) {
      return refuse(from, response, 403);
    }
    Request request = read_request(from, site_.budget);
    if (const Asset* asset = find_asset(request.path); asset != nullptr) {
      return send_asset(from, response, *asset);
    }
    if (request.path == "/events" && method == "GET") {
      return send_events(from, request, response);
    }
    Response answer = respond(request);
    if (answer.wait_for_job != 0) {
      site_.shell.job_clock().wait(answer.wait_for_job, kShortJob);
    }
    if (answer.suggestions) {
      const std::string cookie = cookie_of(request, "session");
      answer = site_.loop.run([&, job = answer.wait_for_job] { return site_.shell.suggestions(cookie, job); });
    }
    send(from, response, answer);
  }

  [[nodiscard]] std::string cookie_of(const Request& request, const char* name) const {
    const auto it = request.cookies.find(site_.cookie(name));
    return it == request.cookies.end() ? std::string() : it->second;
  }

  Response respond(Request& request) {
    if (request.path == "/login") {
      return request.method == "POST" ? log_in(request) : login(request, note_of(request), "");
    }
    if (request.path == "/unlock" && request.method == "POST") {
      return unlock(request);
    }
    const std::string cookie = cookie_of(request, "session");
    if (!cookie.empty()) {
      request.cookies["session"] = cookie;
    } else {
      request.cookies.erase("session");
    }
    return site_.loop.run([&] { return site_.shell.handle(request); });
  }

  // ---- logging in ----

  static LoginNote note_of(const Request& request) {
    if (request.query.contains("ended")) return {LoginNote::Kind::ended, 0};
    if (request.query.contains("out")) return {LoginNote::Kind::out, 0};
    return {};
  }

  Response login(const Request& request, const LoginNote& note, const std::string& user) {
    std::string token = cookie_of(request, "login");
    Response response;
    if (!is_token(token)) {
      token = new_token();
      response.set_cookies.push_back(site_.cookie_line("login", token));
    }
    response.status = note.kind == LoginNote::Kind::wait ? 429 : note.kind == LoginNote::Kind::wrong ? 401 : 200;
    response.body =
        login_page(site_.words, site_.services.practice(), signed_token(site_.login_secret, token), user, note);
    return response;
  }

  /// Whether the password is right; scrypt runs here and not on the main thread.
  LoginNote check_password(const std::string& user, const std::string& password) {
    const bool known = site_.services.practice().find_user(user) != nullptr;
    const std::string counted = known ? user : "";
    const auto now = std::chrono::steady_clock::now();
    if (const long seconds = site_.guard.wait_seconds(counted, now); seconds > 0) {
      return {LoginNote::Kind::wait, seconds};
    }
    const KeyCustody::Outcome outcome = site_.services.unlock_key(user, SecretText(password));
    if (outcome == KeyCustody::Outcome::ok) {
      site_.guard.succeeded(counted);
      return {};
    }
    if (outcome == KeyCustody::Outcome::damaged || outcome == KeyCustody::Outcome::failed) {
      return {LoginNote::Kind::broken, 0};
    }
    site_.guard.failed(counted, now);
    return {LoginNote::Kind::wrong, 0};
  }

  Response log_in(const Request& request) {
    const std::string token = cookie_of(request, "login");
    if (!is_token(token) || !same_token(request.value("_csrf"), signed_token(site_.login_secret, token))) {
      Response response = login(request, {LoginNote::Kind::stale, 0}, "");
      response.status = 403;
      return response;
    }
    const std::string user = request.value("user");
    const LoginNote note = check_password(user, request.value("password"));
    if (note.kind != LoginNote::Kind::none) {
      return login(request, note, user);
    }
    const std::string old = cookie_of(request, "session");
    const std::string cookie = site_.loop.run([&] { return site_.shell.logged_in(old, user); });
    Response response = redirect("/");
    if (!cookie.empty()) {
      response.set_cookies.push_back(site_.cookie_line("session", cookie));
    }
    return response;
  }

  Response unlock(const Request& request) {
    const std::string cookie = cookie_of(request, "session");
    const std::string user = site_.loop.run([&] { return site_.shell.locked_user(cookie, request.value("_csrf")); });
    if (user.empty()) {
      return redirect("/");
    }
    const LoginNote note = check_password(user, request.value("password"));
    return site_.loop.run([&]() -> Response {
      if (note.kind != LoginNote::Kind::none) {
        return site_.shell.locked_page(cookie, note);
      }
      static_cast<void>(site_.shell.logged_in(cookie, user));
      Response response = redirect("/");
      response.wait_for_job = site_.shell.running_job(cookie);
      return response;
    });
  }

  // ---- answers ----

  void send_asset(const net::HTTPServerRequest& request, net::HTTPServerResponse& response, const Asset& asset) {
    const std::string_view bytes = asset.bytes();
    response.setContentType(asset.type);
    response.setContentLength64(static_cast<std::int64_t>(bytes.size()));
    std::ostream& out = response.send();
    if (request.getMethod() != "HEAD") {
      out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
  }

  void send(const net::HTTPServerRequest& request, net::HTTPServerResponse& response, Response& answer) {
    response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(answer.status));
    for (const std::string& line : answer.set_cookies) {
      response.add("Set-Cookie", line.empty() ? site_.cookie_line("session", "") : line);
    }
    if (!answer.location.empty()) {
      response.set("Location", answer.location);
    }
    if (answer.stream != nullptr) {
      return send_stream(request, response, answer);
    }
    response.setContentType(answer.type);
    response.setContentLength64(static_cast<std::int64_t>(answer.body.size()));
    std::ostream& out = response.send();
    if (request.getMethod() != "HEAD") {
      out.write(answer.body.data(), static_cast<std::streamsize>(answer.body.size()));
    }
  }

  /// A file for the disk of the user. Whatever is in it, the browser neither guesses nor runs it.
  void send_stream(const net::HTTPServerRequest& request, net::HTTPServerResponse& response, Response& answer) {
    response.setContentType("application/octet-stream");
    response.set("Content-Disposition", disposition(answer.download_name));
    response.set("Content-Security-Policy", kDownloadPolicy);
    response.setChunkedTransferEncoding(true);
    std::ostream& out = response.send();
    std::array<std::uint8_t, 65536> buffer{};
    std::size_t got = 0;
    while (request.getMethod() != "HEAD" && out.good() &&
           answer.stream->read(buffer.data(), buffer.size(), got) == PVS_OK) {
      out.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(got));
    }
    static_cast<void>(answer.stream->close(false));
  }

  /// Where a listener goes on: where its last connection ended, else where its page was drawn.
  static std::uint64_t first_event(const net::HTTPServerRequest& from, const Request& request, std::uint64_t now) {
    const auto drawn = request.query.find("seen");
    const std::string text = from.get("Last-Event-ID", drawn == request.query.end() ? "" : drawn->second);
    const bool number = !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
    return number ? std::stoull(text) : now;
  }

  void send_events(const net::HTTPServerRequest& from, const Request& request, net::HTTPServerResponse& response) {
    const std::string cookie = cookie_of(request, "session");
    const std::shared_ptr<EventChannel> channel = site_.loop.run([&] { return site_.shell.events(cookie); });
    response.setKeepAlive(false);
    if (channel == nullptr || !channel->enter()) {
      return plain(response, channel == nullptr ? 401 : 429, "No events.\n");
    }
    struct Leave {
      EventChannel& channel;
      ~Leave() { channel.leave(); }
    } const leave{*channel};
    response.setContentType("text/event-stream");
    response.setChunkedTransferEncoding(false);
    response.setContentLength(net::HTTPMessage::UNKNOWN_CONTENT_LENGTH);
    std::uint64_t seen = first_event(from, request, channel->now());
    std::ostream& out = response.send();
    out << "retry: 2000\nevent: hello\ndata: {}\n\n" << std::flush;
    while (out.good()) {
      const std::optional<std::string> text = channel->next(seen, kHeartbeat);
      if (!text) {
        out << "event: over\ndata: {}\n\n" << std::flush;
        return;
      }
      // The number tells the browser's next connection where to go on.
      out << "id: " << seen << '\n' << (text->empty() ? std::string(": still here\n\n") : *text) << std::flush;
    }
  }

  Site& site_;
};

class HandlerFactory final : public net::HTTPRequestHandlerFactory {
 public:
  explicit HandlerFactory(Site& site) : site_(site) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
    return new Handler(site_);  // Poco takes ownership
  }

 private:
  Site& site_;
};

/// The open connections, so that stop() can cut them: some wait for events, some for a browser that says nothing.
class Connections {
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

 private:
  std::mutex mutex_;
  // The sockets, not their numbers: a number may by then be that of another file.
  std::set<net::StreamSocket> open_;
};

class Connection final : public net::HTTPServerConnection {
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

class ConnectionFactory final : public net::TCPServerConnectionFactory {
 public:
  ConnectionFactory(net::HTTPServerParams::Ptr params, net::HTTPRequestHandlerFactory::Ptr factory,
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

}  // namespace

struct HttpServer::Impl {
  Site site;
  Poco::ThreadPool pool{2, kThreads, 60};
  std::shared_ptr<Connections> connections = std::make_shared<Connections>();
  std::unique_ptr<net::TCPServer> server{};
};

HttpServer::HttpServer(MainLoop& loop, Shell& shell, Services& services)
    : impl_(new Impl{{loop, shell, services, Words(services.practice().locale)}}) {}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::start(std::uint16_t port) {
  net::HTTPServerParams::Ptr params(new net::HTTPServerParams);
  params->setTimeout(Poco::Timespan(kReadSeconds, 0));
  params->setKeepAliveTimeout(Poco::Timespan(kKeepAliveSeconds, 0));
  params->setMaxThreads(kThreads);
  params->setMaxQueued(1024);
  const net::HTTPRequestHandlerFactory::Ptr handlers(new HandlerFactory(impl_->site));
  net::ServerSocket socket;
  // Poco's own constructor would share the port with another process (SO_REUSEPORT).
  socket.bind(net::SocketAddress("127.0.0.1", port), true, false);
  socket.listen(256);
  impl_->site.port = socket.address().port();
  net::TCPServerConnectionFactory::Ptr factory(new ConnectionFactory(params, handlers, impl_->connections));
  impl_->server = std::make_unique<net::TCPServer>(factory, impl_->pool, socket, params);
  impl_->server->start();
}

std::uint16_t HttpServer::port() const noexcept {
  return impl_->site.port;
}

void HttpServer::stop() {
  if (impl_->server == nullptr) {
    return;
  }
  impl_->server->stop();
  impl_->connections->cut_all();
  impl_->pool.joinAll();
  impl_->server.reset();
}

}  // namespace pvs::host::serve
