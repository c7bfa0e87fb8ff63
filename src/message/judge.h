// SPDX-License-Identifier: Apache-2.0
// From facts to verdicts (protocol C, "Verification rules"). Internal to message/.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "message/cms.h"
#include "message/open.h"
#include "mime/header.h"

namespace kvc::message {

/// Collects what applies to one layer; the first in the order of precedence becomes the verdict, with its reason.
class Findings {
 public:
  void add(Verdict verdict, std::string_view reason);
  /// Writes verdict, findings and reason of the layer.
  void settle(Layer& layer) const;

 private:
  std::vector<std::pair<Verdict, std::string>> found_;
};

/// The sender a layer claims to have, out of every From it carries: the clear header's and the signed header's.
struct Sender {
  std::string address;              ///< of the clear header; of the signed one if the clear header has none
  std::vector<std::string> claims;  ///< every address that must be the signer's
  std::string problem;              ///< why no sender can be named; empty if one can
};

/// `inherited` is the From of the mail around, for an entity that is no mail of its own (triple wrapping). Several
/// addresses in a From, an unreadable one, or none at all are a `problem`: such a mail has no sender a signature could
/// prove.
Sender sender_of(const mime::Header& outer, const mime::Header& signed_header, const std::string& inherited);

/// Judges the signatures of a layer and fills its signer, signing_time, digest and reference_time. Every signer must
/// pass; the one that is shown is the first whose address is the sender's.
void judge_signatures(const cms::Signatures& signatures, const Sender& sender, const OpenOptions& options, Layer& layer,
                      Findings& findings);

/// Warnings for header fields that the clear header and the signed header both have and that differ. From is judged,
/// not warned of; Subject is meant to differ, because the clear one is the service's neutral text (protocol C
/// "Privacy").
void compare_headers(const mime::Header& outer, const mime::Header& signed_header, Layer& layer);

/// Facts of a layer that are shown: addresses, ids, subject. `trusted_signed`: the signed header is covered by a good
/// signature and its fields go before those of the clear header.
void describe(const mime::Header& outer, const mime::Header& signed_header, bool trusted_signed, Layer& layer);

}  // namespace kvc::message
