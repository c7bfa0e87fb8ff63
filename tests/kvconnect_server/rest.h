// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvconnect_server/accounts.h"
#include "kvconnect_server/certificates.h"
#include "kvconnect_server/mailbox.h"
#include "kvconnect_server/password.h"

namespace kvserver {

struct Credentials {
  std::string username;
  std::string password;
};

/// One request, taken apart as far as every call needs it.
struct Call {
  std::string method;
  std::vector<std::string> path;  ///< decoded segments below the base URL
  std::map<std::string, std::string> query;
  std::string base_url;  ///< as the client addressed it, with the slash at the end
  std::string media_type;
  std::string if_modified_since;
  std::optional<Credentials> credentials;
  std::optional<std::uint64_t> length;  ///< of the body; nullopt for a chunked one
  std::istream* body = nullptr;
  std::function<bool()> sender_gone;  ///< true if the client closed before its chunked body was complete
  bool wrong_certificate = false;     ///< the fault plan wants another account's certificate
};

struct Reply {
  int status = 200;
  std::string content_type = "text/plain;charset=UTF-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  /// For bodies too large for `body`: writes them piece by piece to the sink. `stream_length` if known before.
  std::function<void(const std::function<void(std::string_view)>&)> stream;
  std::optional<std::uint64_t> stream_length;
};

Reply text_reply(int status, std::string_view text);

/// The sixteen calls of protocol A. Knows no socket: what arrives is a Call, what goes out is a Reply. Thread-safe.
class RestService {
 public:
  struct Config {
    std::string mail_domain;
    std::filesystem::path spool_directory;
    std::uint64_t max_mail_bytes = 0;  ///< 0: no limit
    std::function<void()> mail_arrived;
  };
  RestService(Storage& storage, AccountStore& accounts, MailStore& mails, CertificateDesk& desk, Config config);

  Reply handle(Call& call);

 private:
  using OwnerCall = Reply (RestService::*)(Call&, const Account&);

  Reply route_account(Call& call);
  Reply authenticated(Call& call, OwnerCall next, bool before_password_change = false);

  Reply version();
  Reply login(Call& call, const Account& account);
  Reply show_account(Call& call, const Account& account);
  Reply change_password(Call& call, const Account& account);
  Reply list_headers(Call& call, const Account& account);
  Reply mail_digest(Call& call, const Account& account);
  Reply read_mail(Call& call, const Account& account);
  Reply delete_mail(Call& call, const Account& account);
  Reply post_mail(Call& call, const Account& account);
  Reply post_csr(Call& call, const Account& account);
  Reply csr_state(Call& call, const Account& account);
  Reply find_certificate(Call& call, const Account& account);
  Reply delete_certificate(Call& call, const Account& account);
  Reply address_book(const Call& call, bool xml);

  std::optional<Reply> receive(Call& call, Spool& spool) const;
  std::optional<Reply> check_mail(const MailHeader& header, const Account& sender) const;
  std::int64_t directory_changed(const std::string& content);

  Storage& storage_;
  AccountStore& accounts_;
  MailStore& mails_;
  CertificateDesk& desk_;
  Config config_;
  PasswordChecker passwords_;
};

/// `<headers>` of protocol A; with `brief` only the four fields of headers(short).
std::string headers_xml(const std::vector<HeaderEntry>& entries, bool brief);
std::string account_xml(const Account& account);
std::string certificate_xml(const StoredCertificate& certificate);
std::string csr_status_xml(const std::vector<CsrState>& states);
/// The address book as protocol A's JSON array, and as XML.
std::string directory_json(const std::vector<Account>& accounts, const std::vector<StoredCertificate>& certificates);
std::string directory_xml(const std::vector<Account>& accounts, const std::vector<StoredCertificate>& certificates);
/// A ZIP with one file.
std::string zip_of(const std::string& name, const std::string& content, std::int64_t unix_ms);

}  // namespace kvserver
