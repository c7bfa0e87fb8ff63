// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/tls_policy.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Timestamp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "base/read_file.h"

namespace kvc::kvconnect {
namespace {

constexpr std::size_t kMaxRootFile = 1024 * 1024;

thread_local TlsWatch* t_watch = nullptr;

std::optional<crypto::Certificate> keep(X509* certificate) {
  if (certificate == nullptr || X509_up_ref(certificate) != 1) {
    return std::nullopt;
  }
  return crypto::Certificate(std::shared_ptr<x509_st>(certificate, &X509_free));
}

/// Called by OpenSSL for every certificate of the chain; must not throw and must not change the judgement.
int note_verification(int accepted, X509_STORE_CTX* context) {
  if (t_watch == nullptr) {
    return accepted;
  }
  TlsFacts& facts = t_watch->facts;
  try {
    if (!facts.certificate) {
      facts.certificate = keep(X509_STORE_CTX_get0_cert(context));
    }
    if (accepted == 0 && facts.verify_error == 0) {
      facts.verify_error = X509_STORE_CTX_get_error(context);
      facts.error_depth = X509_STORE_CTX_get_error_depth(context);
    }
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (ssl != nullptr && facts.protocol.empty()) {
      facts.protocol = SSL_get_version(ssl);
    }
  } catch (const std::exception&) {
    return 0;  // out of memory: no verdict is no trust
  }
  return accepted;
}

void note_state(const SSL* ssl, int where, int) {
  if (t_watch == nullptr || (where & SSL_CB_HANDSHAKE_DONE) == 0) {
    return;
  }
  try {
    t_watch->facts.protocol = SSL_get_version(ssl);
    t_watch->facts.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl));
  } catch (const std::exception&) {
    t_watch->facts.cipher.clear();  // a fact for people; the connection is good without it
  }
}

bool is_address(const std::string& host) {
  Poco::Net::IPAddress ignored;
  return Poco::Net::IPAddress::tryParse(host, ignored);
}

Status add_roots(SSL_CTX* context, const std::string& file) {
  std::error_code failure;
  std::ifstream in(file, std::ios::binary);
  if (!std::filesystem::is_regular_file(file, failure) || !in) {
    return Status(error::file_unreadable, "a file with TLS roots cannot be read").with("file", file);
  }
  const std::string pem = read_at_most(in, kMaxRootFile);
  auto roots = crypto::Certificate::all_from_pem(pem);
  if (pem.size() > kMaxRootFile || !roots.ok()) {
    return Status(error::file_unreadable, "a file with TLS roots holds no certificates").with("file", file);
  }
  for (const crypto::Certificate& root : *roots) {
    if (X509_get0_pubkey(root.native()) == nullptr) {
      return Status(error::file_unreadable, "the key of a TLS root is neither RSA nor of an elliptic curve")
          .with("file", file);
    }
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root.native()) != 1) {
      return Status(error::file_unreadable, "OpenSSL does not take a TLS root").with("file", file);
    }
  }
  return {};
}

bool apply_policy(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_clear_options(
      context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Poco switches protocol versions off by options; a system-wide MinProtocol would hide behind them.
  SSL_CTX_clear_options(context, SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, 0) == 1 &&
         SSL_CTX_set_cipher_list(context, std::string(kTls12Ciphers).c_str()) == 1 &&
         SSL_CTX_set_ciphersuites(context, std::string(kTls13Ciphers).c_str()) == 1 &&
         SSL_CTX_set1_groups_list(context, std::string(kGroups).c_str()) == 1;
}

bool expect_host(SSL_CTX* context, const std::string& host) {
  X509_VERIFY_PARAM* rules = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_depth(rules, kMaxChainDepth);
  return is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1
                          : X509_VERIFY_PARAM_set1_host(rules, host.c_str(), 0) == 1;
}

}  // namespace

TlsWatch::TlsWatch() noexcept {
  t_watch = this;
}
TlsWatch::~TlsWatch() {
  t_watch = nullptr;
}

Result<Poco::Net::Context::Ptr> make_tls_context(const ServerConfig& config, const std::string& host) {
  if (config.tls_roots.empty() && !config.use_system_roots) {
    return Status(error::invalid_settings, "no TLS root is configured, so no server could be trusted");
  }
  try {
    Poco::Net::Context::Params params;
    params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
    params.verificationDepth = kMaxChainDepth;
    params.loadDefaultCAs = config.use_system_roots;
    params.cipherList = kTls12Ciphers;
    Poco::Net::Context::Ptr context = new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params);
    context->enableSessionCache(true);
    // The host name is checked by OpenSSL during the handshake, also for "localhost", which Poco would let pass.
    context->enableExtendedCertificateVerification(false);
    SSL_CTX* native = context->sslContext();
    if (!apply_policy(native) || !expect_host(native, host)) {
      return Status(error::tls_failed, "OpenSSL refuses the TLS policy");
    }
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    // In place of Poco's callbacks, which ask the process-wide SSLManager what to do.
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &note_verification);
    SSL_CTX_set_info_callback(native, &note_state);
    for (const std::string& file : config.tls_roots) {
      KVC_TRY(add_roots(native, file));
    }
    return context;
  } catch (const Poco::Exception&) {
    return Status(error::tls_failed, "no TLS context can be made");
  }
}

std::string describe(const crypto::Certificate& certificate) {
  return "subject=" + certificate.subject() + "; issuer=" + certificate.issuer() +
         "; sha256=" + certificate.fingerprint_sha256();
}

Status tls_status(const TlsFacts& facts, const std::string& host, std::string_view library_text) {
  if (facts.verify_error == 0) {
    return Status(error::tls_failed, "no TLS connection: " + std::string(library_text)).with("host", host);
  }
  const ErrorCode* code = &error::tls_not_trusted;
  if (facts.verify_error == X509_V_ERR_HOSTNAME_MISMATCH || facts.verify_error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    code = &error::tls_wrong_host;
  } else if (facts.verify_error == X509_V_ERR_CERT_HAS_EXPIRED || facts.verify_error == X509_V_ERR_CERT_NOT_YET_VALID) {
    code = &error::tls_expired;
  }
  std::string detail =
      std::string(X509_verify_cert_error_string(facts.verify_error)) + " at depth " + std::to_string(facts.error_depth);
  if (!facts.certificate) {
    return Status(*code, std::move(detail)).with("host", host);
  }
  const std::string seen = describe(*facts.certificate);
  const auto seconds = std::chrono::system_clock::to_time_t(facts.certificate->not_after());
  std::string until =
      Poco::DateTimeFormatter::format(Poco::Timestamp::fromEpochTime(seconds), Poco::DateTimeFormat::ISO8601_FORMAT);
  return Status(*code, detail + "; " + seen)
      .with("host", host)
      .with("certificate", seen)
      .with("not_after", std::move(until));
}

}  // namespace kvc::kvconnect
