// SPDX-License-Identifier: Apache-2.0
// Digests of content that streams by, as it is and with every line end turned into CRLF. Internal to message/.
#pragma once

#include <string_view>
#include <vector>

#include "crypto/openssl_ptr.h"
#include "mime/wiped_bytes.h"

namespace kvc::message::cms {

/// Feed every piece, then ask. Throws std::bad_alloc.
class ContentDigests {
 public:
  ContentDigests() = default;
  /// The digests a micalg parameter announces (RFC 8551 section 3.5.3.2), SHA-256 if it announces none that is known. A
  /// wrong announcement costs a second reading, no more.
  static ContentDigests announced(std::string_view micalg);

  /// Before the first piece; a digest that is there already is not doubled.
  void want(const EVP_MD* digest);
  void add(std::string_view piece);
  /// Some line end is no CRLF, so that the canonical form is another text.
  [[nodiscard]] bool canonical_differs() const noexcept { return differs_; }
  /// The running state of one digest, to be copied; null if it was not wanted.
  [[nodiscard]] const EVP_MD_CTX* find(const EVP_MD* digest, bool canonical) const;
  [[nodiscard]] bool empty() const noexcept { return digests_.empty(); }

 private:
  struct Running {
    crypto::DigestContextPtr plain, canonical;
  };
  void add_plain(std::string_view piece);
  void add_canonical(std::string_view piece);

  std::vector<Running> digests_;
  bool differs_ = false;
  bool after_cr_ = false;  ///< the piece before ended in CR
  mime::WipedBytes lines_;
};

}  // namespace kvc::message::cms
