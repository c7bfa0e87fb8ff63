// SPDX-License-Identifier: Apache-2.0
// A browser without a script: keeps cookies, follows redirects after a POST, finds what it needs in the page by its
// marks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvc::page_test {

using Fields = std::vector<std::pair<std::string, std::string>>;
struct File {
  std::string field, name, type, bytes;
};

struct Answer {
  int status = 0;
  std::string body;
  std::map<std::string, std::string> headers;  ///< names in small letters; several of one name joined by "\n"
  [[nodiscard]] bool has(std::string_view text) const { return body.find(text) != std::string::npos; }
  [[nodiscard]] std::string header(const std::string& name) const;
  /// What stands in the attribute of the centre: "form", "table" ...
  [[nodiscard]] std::string view_kind() const { return attribute("data-view-kind"); }
  [[nodiscard]] std::string view_name() const { return attribute("data-view-name"); }
  [[nodiscard]] std::string view_id() const { return attribute("data-view-id"); }
  /// Of the first element that has the attribute; empty if none.
  [[nodiscard]] std::string attribute(const std::string& name) const;
  /// The same behind the first place where `after` stands.
  [[nodiscard]] std::string attribute_after(const std::string& after, const std::string& name) const;
};

class Browser {
 public:
  explicit Browser(std::uint16_t port) : port_(port) {}

  Answer get(const std::string& path, const Fields& headers = {});
  /// As it comes, without following.
  Answer request(const std::string& method, const std::string& path, const std::string& body, const std::string& type,
                 const Fields& headers);
  /// With the mark of the last page, follows the redirect.
  Answer post(const std::string& path, Fields fields);
  Answer post_files(const std::string& path, Fields fields, const std::vector<File>& files);

  Answer log_in(const std::string& user, const std::string& password);
  /// Invokes and waits until the centre shows something else than a running task.
  Answer command(const std::string& id);
  /// An action of the view in front, of a row or of a part ("_row", "_part" among the fields).
  Answer act(const std::string& action, Fields fields = {});
  Answer settled(Answer answer);

  [[nodiscard]] const std::map<std::string, std::string>& cookies() const { return cookies_; }
  void set_cookie(const std::string& name, const std::string& value) { cookies_[name] = value; }
  [[nodiscard]] std::string session_cookie() const { return cookies_.at("pvs_session_" + std::to_string(port_)); }
  [[nodiscard]] const std::string& mark() const { return mark_; }
  [[nodiscard]] const Answer& page() const { return page_; }

 private:
  Answer follow(Answer answer);
  Answer remember(Answer answer);
  std::uint16_t port_;
  std::map<std::string, std::string> cookies_;
  std::string mark_;  ///< against forged requests
  Answer page_;
};

[[nodiscard]] std::string url_encoded(std::string_view text);
/// Sends bytes as they are and reads until the server closes, or `enough` was seen.
[[nodiscard]] std::string raw(std::uint16_t port, const std::string& bytes, const std::string& enough = "");

}  // namespace kvc::page_test
