// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

#include "kvconnect_server/ossl.h"

namespace kvserver {

/// A certificate and the private key that belongs to it.
struct Identity {
  X509Ptr cert;
  KeyPtr key;
};

/// What the CA writes into the subject of a user certificate (protocol B, in this order).
struct UserSubject {
  std::string email;
  std::string uid;  ///< `<uuid>@<two-digit KV code>`
  std::string cn;
  std::string o;
};

/// The certificates a client needs as files (PEM).
struct CaFiles {
  std::filesystem::path root;
  std::filesystem::path user_ca;
  std::filesystem::path server_ca;
  /// A second User CA under the same root which belongs to another environment: no client of this server may trust it.
  std::filesystem::path foreign_user_ca;
};

/// What is wrong with a certificate request; see check_csr().
enum class CsrFault { kNone, kMalformed, kWrongSubject, kWeakKey };

/// Reads a PEM PKCS#10 and checks it by protocol A: signature right (else kMalformed), RSA 2048 (else kWeakKey),
/// subject exactly `x500UniqueIdentifier=<username>` (else kWrongSubject). `key` receives the public key unless
/// malformed.
CsrFault check_csr(std::string_view pem, std::string_view username, KeyPtr& key);

/// The CA tree of the server: root -> User CA, Server CA, foreign User CA, shaped like the network's (RSA, sha512,
/// path length 1 and 0, no key identifiers). Created once in `dir` with keys in mode 0600 and reused afterwards.
class Pki {
 public:
  /// Loads the tree in `dir` or creates it with keys of `bits` bits (4096 as in the network; 2048 for fast tests).
  /// Throws std::runtime_error with a readable reason.
  Pki(std::filesystem::path dir, int bits);

  /// A certificate with exactly the documented user profile. `now` is the server's clock; the end is cut at the CA's.
  X509Ptr issue_user(EVP_PKEY* key, const UserSubject& subject, bool foreign_ca, std::time_t now, int days) const;

  const CaFiles& files() const { return files_; }
  /// Leaf and Server CA, in this order, and the leaf's key: what the TLS context loads.
  const std::filesystem::path& server_chain_file() const { return chain_file_; }
  const std::filesystem::path& server_key_file() const { return server_key_file_; }
  const X509* root() const { return root_.cert.get(); }
  const X509* user_ca() const { return user_ca_.cert.get(); }

 private:
  void load_or_create(int bits);
  void create(int bits);
  void renew_server_certificate();

  std::filesystem::path dir_;
  CaFiles files_;
  std::filesystem::path chain_file_;
  std::filesystem::path server_key_file_;
  Identity root_;
  Identity user_ca_;
  Identity server_ca_;
  Identity foreign_user_ca_;
};

/// A fresh RSA key; throws on failure.
KeyPtr make_rsa_key(int bits);
/// Writes an unencrypted PEM key, mode 0600 from its first byte.
void write_key_file(const std::filesystem::path& path, const EVP_PKEY* key);
/// Null if the file is not there or holds no key.
KeyPtr read_key_file(const std::filesystem::path& path);
/// Writes through a temporary name, so that a killed process leaves no half file.
void write_file(const std::filesystem::path& path, std::string_view content, unsigned mode);
/// The whole file; throws std::runtime_error if it cannot be read.
std::string read_file(const std::filesystem::path& path);
/// Lower-case hexadecimal serial number.
std::string serial_hex(const X509* cert);
std::time_t not_before(const X509* cert);
std::time_t not_after(const X509* cert);

}  // namespace kvserver
