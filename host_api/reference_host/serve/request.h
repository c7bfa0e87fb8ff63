// SPDX-License-Identifier: Apache-2.0
// A request of a browser, read completely and within limits, and what goes back.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <pvs/host.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace Poco::Net {
class HTTPServerRequest;
}

namespace pvs::host::serve {

/// What is taken at most. Uploaded files stay in memory, so that nothing of a patient lies in a temporary file.
inline constexpr std::uint64_t kMaxUpload = 128ULL << 20;      ///< one request, files and fields together
inline constexpr std::uint64_t kMaxAllUploads = 512ULL << 20;  ///< all requests and open streams together
inline constexpr std::uint64_t kMaxPlainBody = 4ULL << 20;     ///< a form without files
inline constexpr int kMaxFields = 2000;
inline constexpr std::size_t kMaxQuery = 4096;

/// The request is larger than the limits: 413.
struct TooLarge : std::runtime_error {
  TooLarge() : std::runtime_error("the request is too large") {}
};
/// It cannot be understood: 400.
struct BadRequest : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Counts the memory of uploads. A share is given back when its last holder goes. [any]
class UploadBudget {
 public:
  using Share = std::shared_ptr<const void>;
  /// Null: not enough left.
  [[nodiscard]] Share take(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t used() const { return used_->load(); }

 private:
  std::shared_ptr<std::atomic<std::uint64_t>> used_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

struct Upload {
  std::string field, name, media_type, bytes;
};

/// One request. Its values may be secrets: they are wiped when it goes.
struct Request {
  std::string method, path;
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> cookies;
  bool background = false;  ///< the page asked by itself, no person did
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<Upload> uploads;
  UploadBudget::Share share;

  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  Request(Request&&) = default;
  Request& operator=(Request&&) = delete;
  ~Request();

  /// The first value of that name, or empty.
  [[nodiscard]] const std::string& value(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  /// Files as streams for the plugin; the request has them no more.
  void hand_over(std::string_view field, StreamTable& streams, v1::Value::FileRefs& files,
                 std::vector<std::uint64_t>& opened);
};

/// Reads method, address, cookies and, for POST, the body. Throws TooLarge or BadRequest.
[[nodiscard]] Request read_request(Poco::Net::HTTPServerRequest& from, UploadBudget& budget);

struct Response {
  int status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body;
  std::string location;  ///< not empty: a redirect
  std::vector<std::string> set_cookies;
  std::string download_name;       ///< not empty: saved by the browser, never shown
  std::unique_ptr<Stream> stream;  ///< the body, if not null
  std::uint64_t wait_for_job = 0;  ///< the answer may wait a moment for the end of this job
  bool suggestions = false;        ///< the body is made when that wait is over, by Shell::suggestions
};

[[nodiscard]] Response redirect(std::string location);

}  // namespace pvs::host::serve
