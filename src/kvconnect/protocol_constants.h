// SPDX-License-Identifier: Apache-2.0
// Everything of the REST interface that the project defined itself (marked [D] in protocol A) and our own limits, in
// one place: a correction of the protocol is one line here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvc::kvconnect {

// Paths below the base URL. {} is one percent-encoded segment or value. [C]
inline constexpr std::string_view kPathVersion = "server/version";
inline constexpr std::string_view kPathLogin = "login/{}";
inline constexpr std::string_view kPathAccount = "accounts/{}";
inline constexpr std::string_view kPathPassword = "accounts/{}/password";
inline constexpr std::string_view kPathHeaders = "accounts/{}/headers?from={}&to={}";  // window, `to` exclusive [D]
inline constexpr std::string_view kPathMail = "accounts/{}/mails/{}";
inline constexpr std::string_view kPathMails = "mails";
inline constexpr std::string_view kPathCsr = "csr";
inline constexpr std::string_view kPathCsrStatus = "csr/{}";
inline constexpr std::string_view kPathCertificateByUid = "certificates?uid={}";
inline constexpr std::string_view kPathCertificateByEmail = "certificates?email={}";
inline constexpr std::string_view kPathCertificate = "accounts/{}/certificate";
inline constexpr std::string_view kPathBookJson = "vzd/accounts.json.zip";
inline constexpr std::string_view kPathBookXml = "vzd/accounts.xml.zip";

inline constexpr std::string_view kTypeText = "text/plain;charset=UTF-8";  // passwords and mails [C]
inline constexpr std::string_view kTypeCsr = "text/plain";                 // PKCS#10 [C]

// Answers. Every other 2xx counts as success too, so that a server that says 200 where ours says 201 is understood.
inline constexpr int kStatusNotModified = 304;
inline constexpr int kStatusBadRequest = 400;        // empty password [C], malformed mail or CSR [D]
inline constexpr int kStatusWrongCredentials = 401;  // [I]
inline constexpr int kStatusForbidden = 403;         // foreign account, foreign From, password change needed [D]
inline constexpr int kStatusNotFound = 404;          // also: no certificate [C], unknown recipient [D]
inline constexpr int kStatusAlreadyThere = 409;      // POST mails: this Message-ID was accepted before [D]
inline constexpr int kStatusTooLarge = 413;          // [D]
inline constexpr int kStatusPasswordRules = 422;     // [C]
inline constexpr int kStatusLocked = 423;            // [D]
inline constexpr int kStatusTooMany = 429;           // with Retry-After [D]
inline constexpr int kStatusUnavailable = 503;       // with Retry-After [D]

/// Answers after which the same request may be sent again [D].
constexpr bool is_transient(int status) {
  return status == kStatusTooMany || status == 500 || status == 502 || status == kStatusUnavailable || status == 504;
}

// Our limits against a hostile or broken server.
inline constexpr std::size_t kMaxHeadBytes = 64 * 1024;
inline constexpr int kMaxInformational = 8;                       ///< 1xx answers before the real one
inline constexpr int kMaxRedirects = 3;                           ///< of login
inline constexpr std::size_t kMaxIdBytes = 1024;                  ///< of a uid, a Message-ID, a user name
inline constexpr std::size_t kMaxSmallAnswer = 1024 * 1024;       ///< version, account, certificate, CSR status
inline constexpr std::size_t kMaxHeaderList = 128 * 1024 * 1024;  ///< about 10^5 waiting mails
inline constexpr std::size_t kMaxListed = 100'000;                ///< entries asked for at once
inline constexpr std::uint64_t kMaxAddressBook = 256 * 1024 * 1024;
inline constexpr std::size_t kMaxFieldBytes = 64 * 1024;   ///< of one XML element's text
inline constexpr std::size_t kMaxErrorBody = 8 * 1024;     ///< read at most this much of an error's text
inline constexpr std::size_t kShownErrorCharacters = 200;  ///< and show at most this much
inline constexpr std::size_t kTransferBlock = 64 * 1024;   ///< bytes per read and write

// Time.
inline constexpr std::chrono::milliseconds kCancelSlice{200};          ///< longest wait without looking at Cancel
inline constexpr std::chrono::seconds kIdleConnection{30};             ///< older kept connections are not used again
inline constexpr std::chrono::milliseconds kRetryAfterCap{3'600'000};  ///< no server makes us wait longer than an hour

}  // namespace kvc::kvconnect
