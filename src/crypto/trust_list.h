// SPDX-License-Identifier: Apache-2.0
// Whom an environment trusts: its roots AND the User CAs it names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "crypto/certificate.h"

namespace kvc::crypto {

/// Trust anchors of one environment. Chaining to a root is not enough: reference and foreign User CAs hang under the
/// same root, so the issuing CA must itself be on the list (protocol C, "issuer_not_trusted"). Certificates that come
/// with a message never act as CA. Thread: [any] after construction.
struct TrustList {
  std::vector<Certificate> roots;
  std::vector<Certificate> user_cas;

  /// Reads PEM files (one or more certificates each) or DER files, at most 1 MiB. Error: file_unreadable, or malformed
  /// for a file without certificate, with one that is no CA, or with a "root" that is not self-signed; param "file".
  static Result<TrustList> load(const std::vector<std::string>& root_files,
                                const std::vector<std::string>& user_ca_files);
};

/// What check_chain() found out.
struct ChainCheck {
  bool trusted = false;  ///< signature chain leaf -> allowed User CA -> root is right, CA flags and path length too
  bool in_validity =
      false;           ///< the leaf was valid at the reference time, and every CA when it issued the certificate below
  std::string reason;  ///< one English sentence when either is false
  std::optional<Certificate> issuer;    ///< the User CA that issued the leaf, as soon as it is known
  std::vector<std::string> weaknesses;  ///< of the leaf and its issuer, see weaknesses(Certificate)
};

/// Judges a user's certificate at the time `at`. The CA is found by its signature, not by key ids: the CAs of the
/// network carry none, and the leaf's authority key id (SHA-1 of the CA's key) is only a hint.
///
/// Expired CAs are no fault of what they issued while they were valid (chain model): the User CA is judged at the
/// leaf's notBefore, the root at the User CA's notBefore. The production root expired in 2021 while its User CA 3 went
/// on issuing until 2025; mail of those years must stay verifiable. No revocation: the network publishes none (protocol
/// B). Which path is right is remembered for a few hundred certificates, together with this very trust list; times are
/// looked at every time. Thread: [any]. Never throws: a failure inside gives trusted = false with the reason.
ChainCheck check_chain(const TrustList& trust, const Certificate& leaf, TimePoint at);

}  // namespace kvc::crypto
