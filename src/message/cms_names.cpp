// SPDX-License-Identifier: Apache-2.0
#include "message/cms_names.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "crypto/distinguished_name.h"
#include "crypto/library_context.h"

namespace kvc::message::cms {
namespace {

std::string hex_of(const ASN1_STRING* string) {
  return hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
              static_cast<std::size_t>(ASN1_STRING_length(string))});
}

}  // namespace

std::string hex(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char one : bytes) {
    const auto byte = static_cast<unsigned char>(one);
    text += {kHex[byte >> 4U], kHex[byte & 15U]};
  }
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  return text.empty() ? "0" : text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

crypto::IssuerAndSerial recipient_id(CMS_RecipientInfo* recipient, const crypto::IssuerAndSerial* before) {
  ASN1_OCTET_STRING* key_id = nullptr;
  X509_NAME* issuer = nullptr;
  ASN1_INTEGER* serial = nullptr;
  crypto::IssuerAndSerial id;
  if (CMS_RecipientInfo_ktri_get0_signer_id(recipient, &key_id, &issuer, &serial) != 1) {
    return id;
  }
  if (issuer == nullptr || serial == nullptr) {
    id.issuer = "(subject key identifier)";
    id.serial_hex = key_id == nullptr ? std::string() : hex_of(key_id);
    return id;
  }
  id.serial_hex = hex_of(serial);
  unsigned char* der = nullptr;
  const int length = i2d_X509_NAME(issuer, &der);
  const std::unique_ptr<unsigned char, crypto::OpenSslFree> owner(der);
  if (length > 0) {
    id.issuer_der.assign(der, der + length);
  }
  const bool same = before != nullptr && !id.issuer_der.empty() && id.issuer_der == before->issuer_der;
  id.issuer = same ? before->issuer : crypto::name_text(issuer);
  return id;
}

Result<IssuerDer> issuer_der(const crypto::Certificate& certificate) {
  const unsigned char* name = nullptr;
  std::size_t size = 0;
  unsigned char* serial = nullptr;
  const int length = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate.native()), &serial);
  const std::unique_ptr<unsigned char, crypto::OpenSslFree> owner(serial);
  if (length <= 0 || X509_NAME_get0_der(X509_get_issuer_name(certificate.native()), &name, &size) != 1) {
    return crypto::openssl_status(error::crypto_failed, "a certificate's issuer cannot be written");
  }
  return IssuerDer{std::string(reinterpret_cast<const char*>(name), size),
                   std::string(reinterpret_cast<const char*>(serial), static_cast<std::size_t>(length))};
}

Text octets(const ASN1_OCTET_STRING* string) {
  mime::WipedBytes bytes;
  if (string != nullptr) {
    mime::append(bytes, {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                         static_cast<std::size_t>(ASN1_STRING_length(string))});
  }
  return in_memory(std::move(bytes));
}

}  // namespace kvc::message::cms
