// SPDX-License-Identifier: Apache-2.0
#include "message/verdict.h"

namespace kvc::message {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::malformed:
      return "malformed";
    case Verdict::decrypt_failed:
      return "decrypt_failed";
    case Verdict::not_signed:
      return "not_signed";
    case Verdict::digest_mismatch:
      return "digest_mismatch";
    case Verdict::signer_not_sender:
      return "signer_not_sender";
    case Verdict::issuer_not_trusted:
      return "issuer_not_trusted";
    case Verdict::certificate_expired:
      return "certificate_expired";
    case Verdict::weak_algorithm:
      return "weak_algorithm";
    case Verdict::not_encrypted:
      return "not_encrypted";
    case Verdict::valid:
      return "valid";
  }
  return "malformed";
}

}  // namespace kvc::message
