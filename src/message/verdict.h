// SPDX-License-Identifier: Apache-2.0
// What may be said of a layer of a message (protocol C, "Verification rules").
#pragma once

#include <string_view>

namespace kvc::message {

/// In the order of precedence: of several that apply the first is the verdict, the others are findings.
enum class Verdict {
  malformed = 0,
  decrypt_failed,
  not_signed,
  digest_mismatch,
  signer_not_sender,
  issuer_not_trusted,
  certificate_expired,
  weak_algorithm,
  not_encrypted,
  valid,
};

/// The name of the protocol table: "valid", "digest_mismatch" ...
std::string_view name(Verdict verdict);

}  // namespace kvc::message
