// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "kvconnect_server/ossl.h"
#include "kvconnect_server/pki.h"

namespace kvserver {

/// A mail opened by its recipient.
struct OpenedMail {
  std::string fault;               ///< "" if it was encrypted for us and signed by its sender; else what is wrong
  std::string entity;              ///< the signed MIME entity
  std::vector<std::string> notes;  ///< departures from protocol C that do not stop anybody from reading it
};

/// Decrypts and verifies `mail` (RFC 5322 text) with OpenSSL alone. Trusted are users of `user_ca` only. `at`:
/// reference time.
OpenedMail open_mail(std::string_view mail, const Identity& recipient, const X509* user_ca, std::time_t at);

/// How a robot writes; real messages of the network come in both manners.
enum class Dialect {
  kModern,  ///< `pkcs7-*` types, DER, the header fields repeated inside the signature
  kLegacy,  ///< `x-pkcs7-*` types, BER with indefinite lengths, only Content-Type inside the signature
};

/// Signs `entity` (MIME, CRLF) and encrypts it for `recipient` and the sender. `header`: the outer header fields, CRLF
/// at the end of each. Returns the finished mail.
std::string seal_mail(const std::string& header, const std::string& entity, const Identity& sender, X509* recipient,
                      Dialect dialect);

}  // namespace kvserver
