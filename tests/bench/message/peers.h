// SPDX-License-Identifier: Apache-2.0
// How others seal and open the same message. A failure of a peer ends the program.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "crypto/openssl_ptr.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::bench {

/// OpenSSL's CMS functions in this process, in its default library context.
class CmsPeer {
 public:
  CmsPeer(const std::string& anna_key, const std::string& anna, const std::string& bernd_key, const std::string& bernd,
          const std::string& root, const std::string& user_ca);

  /// Everything in memory: the signed part of `mail`.
  [[nodiscard]] std::string open_whole(std::string_view mail) const;
  /// From file to file by way of `scratch`; the signed part goes nowhere.
  void open_streamed(const std::string& mail_file, const std::string& scratch) const;
  /// Everything in memory: the finished mail.
  [[nodiscard]] std::string seal_whole(std::string_view content) const;
  /// Signing and encrypting stacked, in one pass, into `out`.
  void seal_streamed(BIO* content, BIO* out) const;

  [[nodiscard]] EVP_PKEY* anna_key() const { return anna_key_.get(); }
  [[nodiscard]] EVP_PKEY* bernd_key() const { return bernd_key_.get(); }

 private:
  [[nodiscard]] crypto::BorrowedX509Stack recipients() const;
  void verify(BIO* signed_mail, BIO* out) const;

  crypto::PkeyPtr anna_key_, bernd_key_;
  crypto::X509Ptr anna_, bernd_;
  crypto::X509StorePtr trust_;
};

/// With the people of unit/message/samples.h.
const CmsPeer& cms_peer();

/// Two `openssl smime` processes for each message, by files, as a production practice system does it.
class ProcessPeer {
 public:
  ProcessPeer();
  [[nodiscard]] std::string file(std::string_view name) const { return scratch_.file(name); }
  void put(std::string_view name, std::string_view content) const { scratch_.put(name, content); }
  void seal(const std::string& content_file) const;
  void open(const std::string& mail_file) const;

 private:
  test_pki::ScratchDirectory scratch_;
};

/// Keys and certificates of the people as PEM files in `directory`: anna.key, anna.pem, bernd.key, bernd.pem, root.pem,
/// user_ca.pem, trust.pem.
void write_people(const std::string& directory);

}  // namespace kvc::bench
