// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 as a client speaks it (RFC 9112), over any ByteStream.
//
// Poco's HTTPClientSession is not used for the exchange itself, because it cannot tell a truncated chunked body from a
// whole one, repeats the first write of a request on a new connection by itself, waits where nobody can cancel it, and
// leaves the credentials in buffers that are not wiped. Its header parser, sockets and TLS are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "kvconnect/byte_stream.h"
#include "mime/wiped_bytes.h"

namespace kvc::kvconnect {

/// Head of an answer. Field names compare case-insensitively.
struct ResponseHead {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  /// First value of a field, empty if there is none.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  bool http_1_1 = false;
};

/// Takes a piece of a body; its error ends the transfer and is passed on.
using Sink = std::function<Status(std::string_view)>;

/// Parses "HTTP/1.x NNN reason" and the fields up to the empty line. Error bad_answer.
Result<ResponseHead> parse_response_head(std::string_view text);

/// Reads one answer: first the head, then the body, both once.
class ResponseReader {
 public:
  explicit ResponseReader(ByteStream& stream) : stream_(stream) {}

  /// Skips informational answers. Errors: connection_lost if the stream ends first, bad_answer, those of the stream.
  Result<ResponseHead> read_head();

  /// Passes the whole body on, or fails: connection_lost for one that ends early (RFC 9112 section 8), bad_answer for a
  /// wrong framing, too_large beyond `limit` bytes. A body that lasts until the stream ends is complete only if the end
  /// was orderly (TLS close_notify).
  Status read_body(const ResponseHead& head, std::uint64_t limit, const Sink& sink);

  /// After a successful read_body(): the connection may carry another request.
  [[nodiscard]] bool reusable() const { return reusable_; }
  /// The server sent at least one byte.
  [[nodiscard]] bool answered() const { return answered_; }

 private:
  Result<std::string_view> more();  ///< buffered bytes, else the next from the stream; empty at its end
  Result<std::string> line(std::size_t limit);
  Status exactly(std::uint64_t length, const Sink& sink);
  Status chunked(std::uint64_t limit, const Sink& sink);
  Status until_end(std::uint64_t limit, const Sink& sink);

  ByteStream& stream_;
  mime::WipedBytes buffer_;
  std::size_t used_ = 0, filled_ = 0;  ///< what of buffer_ was taken, and what was received
  bool reusable_ = false;
  bool answered_ = false;
};

/// What a request says. `target` is already percent-encoded.
struct RequestHead {
  std::string method;
  std::string target;
  std::string host_field;
  std::string content_type;          ///< empty: no body
  std::uint64_t content_length = 0;  ///< sent with every body, also an empty one
  std::string if_modified_since;
};

/// The bytes of a head. A Secret, because the credentials are in it (Basic, UTF-8: RFC 7617); `username` null: none.
/// Error bad_request for a control character in any value, or a ':' in the user name.
Result<Secret> write_request_head(const RequestHead& head, const std::string* username, const Secret* password);

}  // namespace kvc::kvconnect
