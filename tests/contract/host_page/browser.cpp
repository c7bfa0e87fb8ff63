// SPDX-License-Identifier: Apache-2.0
#include "contract/host_page/browser.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "e2e/harness.h"

namespace kvc::page_test {
namespace {

namespace net = Poco::Net;
std::chrono::seconds patience() {
  return std::chrono::seconds(60) * e2e::time_factor();
}

std::string lower(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

std::string unescaped(std::string text) {
  const std::pair<const char*, const char*> entities[] = {
      {"&quot;", "\""}, {"&lt;", "<"}, {"&gt;", ">"}, {"&#39;", "'"}, {"&amp;", "&"}};
  for (const auto& [entity, plain] : entities) {
    for (std::size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1)) {
      text.replace(at, std::string(entity).size(), plain);
    }
  }
  return text;
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

std::string Answer::attribute(const std::string& name) const {
  return attribute_after("", name);
}

std::string Answer::attribute_after(const std::string& after, const std::string& name) const {
  const std::size_t from = body.find(after);
  const std::string begin = " " + name + "=\"";
  const std::size_t at = from == std::string::npos ? from : body.find(begin, from);
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t value = at + begin.size();
  return unescaped(body.substr(value, body.find('"', value) - value));
}

Answer Browser::request(const std::string& method, const std::string& path, const std::string& body,
                        const std::string& type, const Fields& headers) {
  net::HTTPClientSession session("127.0.0.1", port_);
  session.setTimeout(Poco::Timespan(patience().count(), 0));
  net::HTTPRequest request(method, path, net::HTTPMessage::HTTP_1_1);
  std::string cookies;
  for (const auto& [name, value] : cookies_) {
    cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
  }
  if (!cookies.empty()) {
    request.set("Cookie", cookies);
  }
  if (!type.empty()) {
    request.setContentType(type);
    request.setContentLength64(static_cast<std::int64_t>(body.size()));
  }
  for (const auto& [name, value] : headers) {
    request.set(name, value);
  }
  session.sendRequest(request) << body;
  net::HTTPResponse response;
  Answer answer;
  Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
  answer.status = response.getStatus();
  for (const auto& [name, value] : response) {
    std::string& all = answer.headers[lower(name)];
    all += (all.empty() ? "" : "\n") + value;
    if (lower(name) == "set-cookie") {
      const std::string pair = value.substr(0, value.find(';'));
      cookies_[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
    }
  }
  return answer;
}

Answer Browser::remember(Answer answer) {
  const std::string mark = answer.attribute_after("name=\"_csrf\"", "value");
  mark_ = mark.empty() ? mark_ : mark;
  page_ = answer;
  return answer;
}

Answer Browser::get(const std::string& path, const Fields& headers) {
  return remember(request("GET", path, "", "", headers));
}

Answer Browser::follow(Answer answer) {
  return answer.status == 303 ? get(answer.header("location")) : remember(std::move(answer));
}

Answer Browser::post(const std::string& path, Fields fields) {
  fields.emplace_back("_csrf", mark_);
  std::string body;
  for (const auto& [name, value] : fields) {
    body += (body.empty() ? "" : "&") + url_encoded(name) + "=" + url_encoded(value);
  }
  return follow(request("POST", path, body, "application/x-www-form-urlencoded", {}));
}

Answer Browser::post_files(const std::string& path, Fields fields, const std::vector<File>& files) {
  const std::string boundary = "----artificial-boundary-7f3a";
  fields.emplace_back("_csrf", mark_);
  std::string body;
  for (const auto& [name, value] : fields) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  }
  for (const File& file : files) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + file.field + "\"; filename=\"" +
            file.name + "\"\r\nContent-Type: " + file.type + "\r\n\r\n" + file.bytes + "\r\n";
  }
  body += "--" + boundary + "--\r\n";
  return follow(request("POST", path, body, "multipart/form-data; boundary=" + boundary, {}));
}

Answer Browser::log_in(const std::string& user, const std::string& password) {
  get("/login");
  return post("/login", {{"user", user}, {"password", password}});
}

Answer Browser::settled(Answer answer) {
  const auto end = std::chrono::steady_clock::now() + patience();
  while (answer.view_kind() == "progress") {
    if (std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("the task does not end");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    answer = get("/");
  }
  return answer;
}

Answer Browser::command(const std::string& id) {
  return settled(post("/command", {{"_command", id}}));
}

Answer Browser::act(const std::string& action, Fields fields) {
  fields.emplace_back("_view", page_.view_id());
  fields.emplace_back("_action", action);
  return settled(post("/act", std::move(fields)));
}

std::string url_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

std::string raw(std::uint16_t port, const std::string& bytes, const std::string& enough) {
  std::string got;
  try {
    net::StreamSocket socket(net::SocketAddress("127.0.0.1", port));
    socket.setReceiveTimeout(Poco::Timespan(patience().count(), 0));
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      sent += static_cast<std::size_t>(socket.sendBytes(bytes.data() + sent, static_cast<int>(bytes.size() - sent)));
    }
    char buffer[4096];
    while (enough.empty() || got.find(enough) == std::string::npos) {
      const int count = socket.receiveBytes(buffer, sizeof buffer);
      if (count <= 0) {
        break;
      }
      got.append(buffer, static_cast<std::size_t>(count));
    }
  } catch (const net::NetException&) {
    // A server that ends may reset whom it does not wait for; what came until then counts.
  }
  return got;
}

}  // namespace kvc::page_test
