// SPDX-License-Identifier: Apache-2.0
// How we speak TLS, and whom we believe.
#pragma once

#include <Poco/Net/Context.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "crypto/certificate.h"
#include "kvconnect/client.h"

namespace kvc::kvconnect {

// The policy, after BSI TR-02102-2 (2024): TLS 1.2 and 1.3, forward secrecy, authenticated encryption, curves and
// groups of the guideline. Everything is set by us, so that neither OpenSSL's defaults nor a system openssl.cnf decide.
inline constexpr std::string_view kTls12Ciphers =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256";
inline constexpr std::string_view kTls13Ciphers = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256";
inline constexpr std::string_view kGroups =
    "P-256:P-384:P-521:brainpoolP256r1:brainpoolP384r1:brainpoolP512r1:ffdhe3072";
inline constexpr int kSecurityLevel = 2;  // RSA and DH of 2048 bits, no SHA-1 in the chain
inline constexpr int kMaxChainDepth = 5;

/// A client context for one server: the anchors of `config` and nothing else, host name checked by OpenSSL inside the
/// handshake, no client certificate, no password prompt, no session tickets kept by OpenSSL itself (the pool keeps
/// them). Every listed certificate is an anchor, self-signed or not. `host` is a DNS name or an IP address. A
/// certificate without a SAN is matched by its common name: servers of the old network have none.
///
/// Limit: Poco's context lives in OpenSSL's default library context, and Poco's initialiser reads the system's
/// openssl.cnf. What that file can set for TLS (protocols, ciphers, groups, security level) is overwritten here; a
/// provider or engine it loads is not. Errors: file_unreadable (param "file"), invalid_settings if there is no anchor.
Result<Poco::Net::Context::Ptr> make_tls_context(const ServerConfig& config, const std::string& host);

/// What a handshake on this thread sees of the server.
struct TlsFacts {
  std::optional<crypto::Certificate> certificate;  ///< the server's own; empty on a resumed session
  int verify_error = 0;                            ///< X509_V_ERR_*, 0 if the chain was accepted
  int error_depth = 0;                             ///< 0 is the server's own certificate
  std::string protocol, cipher;
};

/// Gathers the facts of handshakes of this thread while it lives. At most one per thread.
class TlsWatch {
 public:
  TlsWatch() noexcept;
  ~TlsWatch();
  TlsWatch(const TlsWatch&) = delete;
  TlsWatch& operator=(const TlsWatch&) = delete;
  TlsFacts facts;
};

/// Turns a failed handshake into tls_wrong_host, tls_expired, tls_not_trusted or tls_failed. Parameters: "host",
/// "certificate" (subject, issuer, SHA-256 in one line) and "not_after" where a certificate was seen.
Status tls_status(const TlsFacts& facts, const std::string& host, std::string_view library_text);

/// "subject=...; issuer=...; sha256=..."
std::string describe(const crypto::Certificate& certificate);

}  // namespace kvc::kvconnect
