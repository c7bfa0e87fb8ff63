// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include <openssl/obj_mac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "base/guard.h"
#include "base/time.h"
#include "crypto/asn1_time.h"
#include "crypto/distinguished_name.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {
namespace {

constexpr std::size_t kMaxCertificateText = 1024UL * 1024UL;

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio, &text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

/// UTF-8, or empty for strings with control characters: "a@b\0@c" must not look like "a@b" to anybody.
std::string utf8_of(const ASN1_STRING* value) {
  unsigned char* text = nullptr;
  const int length = value == nullptr ? -1 : ASN1_STRING_to_UTF8(&text, value);
  if (length < 0) {
    return {};
  }
  const std::unique_ptr<unsigned char, OpenSslFree> owner(text);
  std::string result(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
  const bool control = std::any_of(result.begin(), result.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return control ? std::string() : result;
}

std::optional<std::string> first_entry(const X509* x509, int nid) {
  const X509_NAME* subject = X509_get_subject_name(x509);
  const int index = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (index < 0) {
    return std::nullopt;
  }
  return utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
}

std::string first_alternative_address(const X509* x509) {
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_EMAIL) {
      return utf8_of(name->d.rfc822Name);
    }
  }
  return {};
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 0x0fU];
  }
  return text;
}

std::string der_of(const X509* x509) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(x509, &bytes);
  const std::unique_ptr<unsigned char, OpenSslFree> owner(bytes);
  return size > 0 ? std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)) : std::string();
}

/// Parses one certificate and sets `size` to what it took. OpenSSL reads more than DER; a certificate that comes out
/// with other bytes than it went in with would have another fingerprint for everybody else (RFC 5280 section 4.1: DER).
Result<Certificate> parse(const unsigned char* bytes, long& size) {
  X509* x509 = X509_new_ex(library_context(), nullptr);
  const unsigned char* at = bytes;
  // On failure d2i frees the object it was given.
  if (x509 == nullptr || d2i_X509(&x509, &at, size) == nullptr) {
    return openssl_status(error::malformed, "the certificate does not parse");
  }
  Certificate certificate(std::shared_ptr<X509>(x509, X509_free));
  size = at - bytes;
  if (der_of(x509) != std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size))) {
    return Status(error::malformed, "the certificate is not DER");
  }
  if (!seconds_of(X509_get0_notBefore(x509)) || !seconds_of(X509_get0_notAfter(x509))) {
    return Status(error::malformed, "the certificate's validity does not parse");
  }
  return certificate;
}

Result<std::vector<Certificate>> parse_pem(std::string_view pem, std::size_t at_most) {
  const BioPtr text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Certificate> found;
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  while (text && found.size() < at_most && PEM_read_bio(text.get(), &name, &header, &data, &size) == 1) {
    const std::unique_ptr<char, OpenSslFree> own_name(name);
    const std::unique_ptr<char, OpenSslFree> own_header(header);
    const std::unique_ptr<unsigned char, OpenSslFree> own_data(data);
    const std::string_view kind(name);
    if (kind == PEM_STRING_X509 || kind == PEM_STRING_X509_OLD) {
      long used = size;
      KVC_ASSIGN(auto certificate, parse(data, used));
      if (used != size) {
        return Status(error::malformed, "bytes behind a certificate");
      }
      found.push_back(std::move(certificate));
    }
  }
  if (found.empty()) {
    return Status(error::malformed, "no certificate in PEM form found");
  }
  return found;
}

Result<std::vector<Certificate>> guarded_pem(std::string_view pem, std::size_t at_most) {
  return guarded([&]() -> Result<std::vector<Certificate>> {
    if (pem.size() > kMaxCertificateText) {
      return Status(error::malformed, "too large for a list of certificates");
    }
    const ErrorScope errors;
    return parse_pem(pem, at_most);
  });
}

}  // namespace

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  KVC_ASSIGN(auto found, guarded_pem(pem, 1));
  return found.front();
}

Result<std::vector<Certificate>> Certificate::all_from_pem(std::string_view pem) {
  return guarded_pem(pem, kMaxCertificateText);
}

Result<Certificate> Certificate::from_der(std::string_view der) {
  return guarded([&]() -> Result<Certificate> {
    if (der.empty() || der.size() > kMaxCertificateText) {
      return Status(error::malformed, "empty, or too large for a certificate");
    }
    const ErrorScope errors;
    long size = static_cast<long>(der.size());
    KVC_ASSIGN(auto certificate, parse(reinterpret_cast<const unsigned char*>(der.data()), size));
    if (static_cast<std::size_t>(size) != der.size()) {
      return Status(error::malformed, "bytes behind the certificate");
    }
    return certificate;
  });
}

std::string Certificate::pem() const {
  const ErrorScope errors;
  const BioPtr out(BIO_new(BIO_s_mem()));
  return out && PEM_write_bio_X509(out.get(), x509_.get()) == 1 ? text_of(out.get()) : std::string();
}

std::string Certificate::der() const {
  const ErrorScope errors;
  return der_of(x509_.get());
}

std::string Certificate::subject() const {
  const ErrorScope errors;
  return name_text(X509_get_subject_name(x509_.get()));
}

std::string Certificate::issuer() const {
  const ErrorScope errors;
  return name_text(X509_get_issuer_name(x509_.get()));
}

std::string Certificate::serial_hex() const {
  const ErrorScope errors;
  const BignumPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509_.get()), nullptr));
  const std::unique_ptr<char, OpenSslFree> digits(number ? BN_bn2hex(number.get()) : nullptr);
  if (!digits) {
    return {};
  }
  std::string text(digits.get());
  const std::size_t sign = text.front() == '-' ? 1 : 0;
  const std::size_t first = std::min(text.find_first_not_of('0', sign), text.size() - 1);
  return text.substr(0, sign) + text.substr(first);
}

IssuerAndSerial Certificate::issuer_and_serial() const {
  const ErrorScope errors;
  IssuerAndSerial result{issuer(), serial_hex(), {}};
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(X509_get_issuer_name(x509_.get()), &der, &size) == 1) {
    result.issuer_der.assign(der, der + size);
  }
  return result;
}

std::string Certificate::email() const {
  const ErrorScope errors;
  const auto subject = first_entry(x509_.get(), NID_pkcs9_emailAddress);
  return subject ? *subject : first_alternative_address(x509_.get());
}

std::string Certificate::common_name() const {
  const ErrorScope errors;
  return first_entry(x509_.get(), NID_commonName).value_or("");
}

std::string Certificate::uid() const {
  const ErrorScope errors;
  return first_entry(x509_.get(), NID_userId).value_or("");
}

TimePoint Certificate::not_before() const {
  const ErrorScope errors;
  const auto time = seconds_of(X509_get0_notBefore(x509_.get()));
  return time ? saturated(*time) : TimePoint::max();
}

TimePoint Certificate::not_after() const {
  const ErrorScope errors;
  const auto time = seconds_of(X509_get0_notAfter(x509_.get()));
  return time ? saturated(*time) : TimePoint::min();
}

bool Certificate::valid_at(TimePoint time) const {
  // RFC 5280 section 4.1.2.5: from notBefore through notAfter, whose whole second counts.
  // Whole seconds are compared with whole seconds: one below the range of TimePoint has no nanoseconds.
  using std::chrono::seconds;
  return time >= not_before() && std::chrono::floor<seconds>(time) <= std::chrono::floor<seconds>(not_after());
}

std::string Certificate::fingerprint_sha256() const {
  const ErrorScope errors;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(x509_.get(), sha256_algorithm(), digest.data(), &size) != 1) {
    return {};
  }
  return hex(digest.data(), size);
}

bool Certificate::carries_key_of(const PrivateKey& key) const {
  const ErrorScope errors;
  const EVP_PKEY* mine = X509_get0_pubkey(x509_.get());
  return mine != nullptr && EVP_PKEY_eq(mine, key.native()) == 1;
}

int Certificate::key_bits() const {
  const ErrorScope errors;
  const EVP_PKEY* key = X509_get0_pubkey(x509_.get());
  return key == nullptr ? 0 : EVP_PKEY_get_bits(key);
}

std::string Certificate::signature_digest() const {
  const ErrorScope errors;
  int digest = NID_undef;
  if (X509_get_signature_info(x509_.get(), &digest, nullptr, nullptr, nullptr) != 1 || digest == NID_undef) {
    return {};
  }
  std::string name(OBJ_nid2sn(digest));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return name;
}

bool Certificate::is_ca() const {
  const ErrorScope errors;
  return X509_check_ca(x509_.get()) == 1;  // 2 and above: guesses for certificates of version 1
}

bool operator==(const Certificate& a, const Certificate& b) {
  // Another serial number says it sooner than writing both would.
  return a.native() == b.native() ||
         (ASN1_INTEGER_cmp(X509_get0_serialNumber(a.native()), X509_get0_serialNumber(b.native())) == 0 &&
          a.der() == b.der());
}

std::vector<std::string> weaknesses(const Certificate& certificate) {
  constexpr int kMinRsaBits = 2048;
  constexpr int kMinSecurityBits = 112;  // NIST SP 800-57 part 1: what RSA 2048 is worth
  const ErrorScope errors;
  std::vector<std::string> found;
  const EVP_PKEY* key = X509_get0_pubkey(certificate.native());
  if (key == nullptr) {
    found.emplace_back("The key of the certificate is of an unknown kind.");
  } else if (EVP_PKEY_is_a(key, "RSA") == 1 ? EVP_PKEY_get_bits(key) < kMinRsaBits
                                            : EVP_PKEY_get_security_bits(key) < kMinSecurityBits) {
    found.emplace_back("The key of the certificate has only " + std::to_string(certificate.key_bits()) + " bits.");
  }
  const std::string digest = certificate.signature_digest();
  const bool self_signed = (X509_get_extension_flags(certificate.native()) & EXFLAG_SS) != 0;
  if (!self_signed && (digest == "md2" || digest == "md4" || digest == "md5" || digest == "sha1")) {
    found.emplace_back("The certificate is signed with " + digest + ".");
  }
  return found;
}

bool same_address(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace kvc::crypto
