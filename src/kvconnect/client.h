// SPDX-License-Identifier: Apache-2.0
// The REST interface of a KV-Connect server (protocol A), one object per server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/log.h"
#include "base/status.h"
#include "transport/transport.h"

namespace kvc::kvconnect {

using transport::Credentials;

/// Where a server is and whom its TLS certificate must come from.
struct ServerConfig {
  std::string base_url;                ///< https://host:port/kvconnect/rest/
  std::vector<std::string> tls_roots;  ///< PEM files; the only anchors unless use_system_roots
  bool use_system_roots = false;
  Millis connect_timeout{10000};
  Millis receive_timeout{60000};
  int max_attempts = 4;  ///< of a request that may be repeated, with jittered backoff
  Millis backoff_base{500}, backoff_cap{30000};
  std::size_t max_connections = 4;
};

struct AccountInfo {
  std::string uid, email, password_last_change;
  bool password_change_needed = false;
};

struct CsrStatusEntry {
  int status = 0;    ///< 100 ... 999, protocol A "CSR status codes"
  std::string time;  ///< xs:dateTime
};

/// All calls of the protocol table. As MailTransport: blocking, thread-safe, cancellable within a moment (but for the
/// operating system's name resolution, which ends by its own time-out; an IP address in base_url has none).
///
/// A failure that may pass (no connection, 429, 500, 502, 503, 504) is tried again up to max_attempts times, after the
/// time the server names by Retry-After or else with jittered backoff. A Retry-After longer than backoff_cap is not
/// waited for: the Status carries it (retry_after()). Parameters of a Status: "status" (HTTP) and "server_text" (at
/// most 200 printable characters of the answer, for people only) when the server refused; "host", "port", "reason" when
/// it is unreachable; "host", "certificate", "not_after" when its certificate is not accepted. password_change_needed
/// comes in place of forbidden when the account says so (one more login finds out). SIGPIPE is blocked in the calling
/// thread for the time of a call; its mask is as before afterwards. No exception leaves.
class Client : public transport::MailTransport {
 public:
  /// Loads the TLS roots at once (error file_unreadable naming the file) but contacts nobody.
  static Result<std::unique_ptr<Client>> create(ServerConfig config, Env& env, Log& log);

  virtual Result<std::string> version(const Cancel&) = 0;
  /// Follows redirects on the same scheme, host and port only (else redirect_refused): credentials never go elsewhere.
  virtual Result<AccountInfo> login(const Credentials&, const Cancel&) = 0;
  virtual Result<AccountInfo> account(const Credentials&, std::string_view uid, const Cancel&) = 0;
  /// Sends the new password once, never repeats it by itself: an unclear outcome (error connection_lost or timeout) is
  /// settled by login(). Errors: password_empty, password_rules.
  virtual Status change_password(const Credentials& old, std::string_view uid, const Secret& new_password,
                                 const Cancel&) = 0;
  /// Returns the id of the CSR resource. A request whose answer got lost is sent again: the same key then has two
  /// resources, of which the server cancels the older (901) and the id returned is the newer. Error: csr_rejected.
  virtual Result<std::string> post_csr(const Credentials&, std::string_view csr_pem, const Cancel&) = 0;
  /// Newest first.
  virtual Result<std::vector<CsrStatusEntry>> csr_status(const Credentials&, std::string_view csr_id,
                                                         const Cancel&) = 0;
  /// Error: no_certificate.
  virtual Result<crypto::Certificate> certificate_by_uid(const Credentials&, std::string_view uid, const Cancel&) = 0;
  /// OK also if it is gone after an attempt whose answer got lost. Error: no_certificate.
  virtual Status delete_certificate(const Credentials&, std::string_view uid, const Cancel&) = 0;
  enum class BookFormat { json, xml };
  /// Writes the zip; false if nothing changed since `if_modified_since` (an HTTP date or empty).
  /// `last_modified` gets the new HTTP date.
  virtual Result<bool> address_book(BookFormat, std::string_view if_modified_since, std::string& last_modified,
                                    std::ostream& out, const Cancel&) = 0;
};

}  // namespace kvc::kvconnect
