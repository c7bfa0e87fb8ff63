// SPDX-License-Identifier: Apache-2.0
// The LDAP twin of the address book (protocol A): the same participants with fewer fields.
#pragma once

#include <string>
#include <vector>

#include "directory/source.h"

namespace kvc::directory {

struct LdapConfig {
  std::string url;                     ///< ldaps://host[:port]; without a port 636
  std::vector<std::string> tls_roots;  ///< PEM files; the only anchors unless use_system_roots
  bool use_system_roots = false;
};

/// Anonymous search in pages (RFC 2696) over TLS from the first byte, by the same rules and anchors as the REST client.
/// There is no StartTLS: whoever sits in between could answer that there is none. Without practice, services and
/// certificate age, which the twin does not have. No stamp: LDAP knows no If-Modified-Since; what did not change is not
/// written again.
class LdapSource final : public Source {
 public:
  explicit LdapSource(LdapConfig config) : config_(std::move(config)) {}
  [[nodiscard]] std::string_view kind() const override { return "ldap"; }
  /// Errors: unreachable, timeout, tls_*, connection_lost, forbidden, not_found (the base is not there), server_busy,
  /// server_error (param "status": LDAP result code), bad_answer, cancelled, file_unreadable, invalid_settings.
  /// Progress keys: "directory.download", "directory.read".
  Result<Fetched> fetch(const std::string& stamp, EntrySink& sink, const ProgressFn& progress,
                        const Cancel& cancel) override;

 private:
  LdapConfig config_;
};

}  // namespace kvc::directory
