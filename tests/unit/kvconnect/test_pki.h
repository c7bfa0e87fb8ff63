// SPDX-License-Identifier: Apache-2.0
// Certificates made for a test: visibly artificial, and gone with it.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

namespace kvc::test {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertPtr = std::unique_ptr<X509, decltype(&X509_free)>;

struct Identity {
  KeyPtr key{nullptr, &EVP_PKEY_free};
  CertPtr cert{nullptr, &X509_free};
  [[nodiscard]] std::string cert_pem() const;
  [[nodiscard]] std::string key_pem() const;
};

struct CertificateWish {
  std::string common_name = "Testzertifikat";
  std::string san{};  ///< as OpenSSL writes it: "DNS:localhost,IP:127.0.0.1"; empty: none
  bool ca = false;
  long valid_from_days = -1;  ///< from now
  long valid_to_days = 30;
  int rsa_bits = 0;  ///< 0: P-256
  const char* digest = "SHA256";
};

/// Signed by `issuer` or by itself.
Identity make_identity(const CertificateWish& wish, const Identity* issuer);
Identity make_ca(const std::string& common_name, const Identity* issuer = nullptr);

/// A directory that goes with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Writes a file and returns its absolute name.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace kvc::test
