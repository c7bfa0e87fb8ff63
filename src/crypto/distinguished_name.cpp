// SPDX-License-Identifier: Apache-2.0
#include "crypto/distinguished_name.h"

#include "crypto/openssl_ptr.h"

namespace kvc::crypto {

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  constexpr unsigned long kFlags =
      XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);  // umlauts as they are
  if (!out || name == nullptr || X509_NAME_print_ex(out.get(), name, 0, kFlags) < 0) {
    return {};
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

}  // namespace kvc::crypto
