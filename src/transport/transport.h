// SPDX-License-Identifier: Apache-2.0
// What a mailbox needs from a network, whichever it is: KV-Connect today, KIM later.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/secret.h"
#include "base/status.h"
#include "crypto/certificate.h"

namespace kvc::transport {

struct Credentials {
  std::string username;
  Secret password;
};

/// What a list of waiting mail tells without opening it. Ids are without brackets.
struct WaitingMail {
  std::string message_id, from, to, subject, date, service_id, in_reply_to;
};

/// One server of one environment. Every function blocks (time-outs and retries of transient failures inside), returns
/// early with error::cancelled, and may be called from several threads. Errors: network.*, auth.*, protocol.*.
class MailTransport {
 public:
  virtual ~MailTransport() = default;
  /// `uid` is the account's id on the server. Oldest first, at most `limit` from the start.
  virtual Result<std::vector<WaitingMail>> list(const Credentials&, std::string_view uid, std::size_t limit,
                                                const Cancel&) = 0;
  /// Writes the raw mail. A truncated transfer is an error, never a short mail; what `out` got then is worthless. A
  /// retry after a broken transfer needs a seekable `out` (it goes back to where it stood); without one there is none.
  /// Errors also: not_found, file_unwritable.
  virtual Status fetch(const Credentials&, std::string_view uid, std::string_view message_id, std::ostream& out,
                       const Cancel&) = 0;
  /// OK also when it is not there any more.
  virtual Status remove(const Credentials&, std::string_view uid, std::string_view message_id, const Cancel&) = 0;
  /// Hands over a finished mail of `size` bytes. OK also when the server already has this Message-ID (protocol A, 409).
  /// `mail` must be seekable: a retry reads it again from where it stood. Errors also: mail_rejected,
  /// unknown_recipient, mail_too_large, forbidden (From is not the account's address), file_unreadable (shorter than
  /// `size`).
  virtual Status submit(const Credentials&, std::istream& mail, std::uint64_t size, const Cancel&) = 0;
  /// The current certificate of an address; no judgement of it. Error no_certificate.
  virtual Result<crypto::Certificate> certificate_of(const Credentials&, std::string_view address, const Cancel&) = 0;
};

}  // namespace kvc::transport
