// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvconnect_server/accounts.h"
#include "kvconnect_server/pki.h"
#include "kvconnect_server/storage.h"

namespace kvserver {

struct StoredCertificate {
  std::string serial;
  std::string uid;
  std::string email;
  std::string pem;
  std::int64_t valid_from = 0;
  std::int64_t valid_to = 0;
};

/// A state of a request (protocol A, "CSR status codes") and the server time it was reached, in milliseconds.
struct CsrState {
  int status = 0;
  std::int64_t time = 0;
};

/// Requests and certificates of the accounts. A request moves on by the clock: nothing runs in the background, each
/// call first brings the state up to now, so a restart in between changes nothing. Thread-safe.
class CertificateDesk {
 public:
  CertificateDesk(Storage& storage, AccountStore& accounts, const Pki& pki, std::int64_t step_ms);

  /// Takes a request. nullopt: no readable PKCS#10 (400). Otherwise its id. An acceptable request removes the account's
  /// certificate at once and cancels an unfinished older request; one that ends with 902 or 903 touches neither.
  std::optional<std::string> submit(const Account& account, std::string_view pem);
  /// States reached so far, newest first; nullopt if the account has no such request.
  std::optional<std::vector<CsrState>> states(const Account& account, std::string_view id);
  /// The published certificate of an account.
  std::optional<StoredCertificate> published(std::string_view uid);
  /// The published certificate of somebody else: what the fault `wrong_certificate` answers.
  std::optional<StoredCertificate> published_not_of(std::string_view uid);
  /// All published certificates.
  std::vector<StoredCertificate> all_published();
  bool remove(std::string_view uid);
  /// Gives an account of the server itself (a robot) a certificate for `key` without a request.
  X509Ptr issue_directly(const Account& account, EVP_PKEY* key);

 private:
  void advance();
  void issue(const Account& account, EVP_PKEY* key, std::int64_t at, std::int64_t published, std::string& serial,
             X509Ptr& cert);

  Storage& storage_;
  AccountStore& accounts_;
  const Pki& pki_;
  std::int64_t step_ms_;
};

}  // namespace kvserver
