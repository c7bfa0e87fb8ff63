// SPDX-License-Identifier: Apache-2.0
// Names and strings in CMS structures. Internal to message/.
#pragma once

#include <string>
#include <string_view>

#include "crypto/certificate.h"
#include "crypto/openssl_ptr.h"
#include "message/reader.h"

namespace kvc::message::cms {

/// ASCII.
std::string lower(std::string_view text);
/// Upper case, without zeros in front; "0" for nothing but zeros.
std::string hex(std::string_view bytes);
/// Which certificate a KeyTransRecipientInfo names. `before`, if not null, is another recipient's: mostly of the same
/// issuer, whose name need not be written as text again.
crypto::IssuerAndSerial recipient_id(CMS_RecipientInfo* recipient, const crypto::IssuerAndSerial* before = nullptr);
/// A certificate's issuer and serial number as DER elements, as they stand in it.
struct IssuerDer {
  std::string name, serial;
};
/// Error: crypto_failed.
Result<IssuerDer> issuer_der(const crypto::Certificate& certificate);
/// A copy of what stands in an octet string; nothing if there is none.
Text octets(const ASN1_OCTET_STRING* string);

}  // namespace kvc::message::cms
