// SPDX-License-Identifier: Apache-2.0
#include "message/cms_usual_signed.h"

#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "crypto/asn1_time.h"
#include "crypto/certificate_cache.h"
#include "crypto/library_context.h"
#include "message/cms_names.h"
#include "message/cms_oids.h"
#include "message/der.h"
#include "message/der_read.h"

namespace kvc::message::cms {
namespace {

using namespace std::string_view_literals;
using der::take;
using der::take_bare_algorithm;
using der::take_exactly;

constexpr unsigned char kUtcTime = 0x17, kGeneralizedTime = 0x18;

struct Hash {
  std::string_view oid, signature_oid;
  const EVP_MD* algorithm;
};

const EVP_MD* fetched(const char* name) {
  return EVP_MD_fetch(crypto::library_context(), name, nullptr);
}

/// Fetched once for the life of the process.
const auto& hashes() {
  static const std::array kKnown{Hash{oid::kSha256, oid::kSha256WithRsa, crypto::sha256_algorithm()},
                                 Hash{oid::kSha384, oid::kSha384WithRsa, fetched("SHA384")},
                                 Hash{oid::kSha512, oid::kSha512WithRsa, fetched("SHA512")}};
  return kKnown;
}

/// Up to the certificates; the lengths on the way to the content are indefinite in every outline.
std::optional<std::string_view> digest_algorithm(std::string_view& from) {
  if (!take_exactly(from, "\x30\x80"sv) || !take_exactly(from, oid::kSignedData) ||
      !take_exactly(from, "\xa0\x80\x30\x80\x02\x01\x01"sv)) {
    return std::nullopt;
  }
  const auto algorithms = take(from, der::kSet);
  std::string_view inside = algorithms ? algorithms->content : std::string_view();
  const auto only = take_bare_algorithm(inside);
  if (!only || !inside.empty() || !take_exactly(from, "\x30\x80"sv) || !take_exactly(from, oid::kData)) {
    return std::nullopt;
  }
  take_exactly(from, "\xa0\x80\x04\0\0\0"sv);  // the place of an opaque content
  return take_exactly(from, "\0\0"sv) ? only : std::nullopt;
}

/// The certificate that IssuerAndSerialNumber names, byte for byte, if no other one could be meant.
const crypto::Certificate* named_certificate(std::string_view issuer_and_serial,
                                             std::span<const crypto::Certificate> certificates) {
  const auto issuer = take(issuer_and_serial, der::kSequence);
  const auto serial = take(issuer_and_serial, der::kInteger);
  if (!issuer || !serial || !issuer_and_serial.empty()) {
    return nullptr;
  }
  const crypto::Certificate* found = nullptr;
  for (const auto& certificate : certificates) {
    const auto names = issuer_der(certificate);
    if (!names.ok()) {
      return nullptr;
    }
    if (names->serial != serial->whole) {
      continue;
    }
    if (found != nullptr || names->name != issuer->whole) {
      return nullptr;
    }
    found = &certificate;
  }
  return found;
}

bool is_hex_of(std::string_view text, std::string_view bytes) {
  constexpr auto kDigits = "0123456789abcdef"sv;
  bool same = text.size() == 2 * bytes.size();
  for (std::size_t i = 0; same && i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    same = text[2 * i] == kDigits[byte >> 4U] && text[2 * i + 1] == kDigits[byte & 15U];
  }
  return same;
}

/// A SigningCertificateV2 (RFC 5035 section 3) that names `certificate` and nothing else. False: OpenSSL may say what
/// it names.
bool names_only(std::string_view value, const crypto::Certificate& certificate) {
  const auto all = take(value, der::kSequence);
  std::string_view inside = all ? all->content : std::string_view();
  const auto list = take(inside, der::kSequence);
  if (!list || !value.empty() || !inside.empty()) {
    return false;
  }
  inside = list->content;
  const auto only = take(inside, der::kSequence);
  if (!only || !inside.empty()) {
    return false;
  }
  inside = only->content;
  std::string_view look = inside;
  if (const auto hash = take_bare_algorithm(look)) {  // absent: SHA-256
    if (*hash != oid::kSha256) {
      return false;
    }
    inside = look;
  }
  const auto hash = take(inside, der::kOctets);
  const auto names = issuer_der(certificate);
  if (!hash || !names.ok() || !is_hex_of(crypto::facts_of(certificate)->fingerprint_sha256, hash->content)) {
    return false;
  }
  const std::string issuer = der::element(der::kSequence, der::element(der::kContext4, names->name));
  return inside.empty() || inside == der::element(der::kSequence, {issuer, names->serial});
}

std::optional<TimePoint> time_of(std::string_view value) {
  using Time = crypto::Owned<ASN1_STRING, ASN1_STRING_free>;
  const unsigned char tag = value.empty() ? 0 : static_cast<unsigned char>(value.front());
  const auto text = take(value, tag);
  const Time time(ASN1_STRING_type_new(tag));
  // With seconds, as RFC 5652 section 11.3 wants it: some versions of OpenSSL read other forms, some refuse them.
  const std::size_t size = tag == kUtcTime ? sizeof("YYMMDDhhmmssZ") - 1 : sizeof("YYYYMMDDhhmmssZ") - 1;
  if (!text || text->content.size() != size || text->content.back() != 'Z' || !time ||
      ASN1_STRING_set(time.get(), text->content.data(), static_cast<int>(text->content.size())) != 1) {
    return std::nullopt;
  }
  const auto seconds = crypto::seconds_of(time.get());
  return seconds ? std::optional(saturated(*seconds)) : std::nullopt;
}

/// Attributes of a kind nobody here looks into.
bool is_indifferent(std::string_view object) {
  return object == oid::kCapabilities || object == oid::kAlgorithmProtection;
}

/// The signed attributes, each of known kind with one value, none twice.
bool take_attributes(UsualSigned& result) {
  bool content_type = false, digest = false, time = false, named = false;
  for (std::string_view rest = result.attributes; !rest.empty();) {
    const auto attribute = take(rest, der::kSequence);
    std::string_view inside = attribute ? attribute->content : std::string_view();
    const auto object = take(inside, der::kObject);
    const auto values = take(inside, der::kSet);
    if (!object || !values || !inside.empty()) {
      return false;
    }
    std::string_view value = values->content;
    if (object->whole == oid::kContentType && !content_type) {
      content_type = value == oid::kData;
      if (!content_type) {
        return false;
      }
    } else if (object->whole == oid::kMessageDigest && !digest) {
      const auto octets = take(value, der::kOctets);
      if (!octets || !value.empty()) {
        return false;
      }
      digest = true;
      result.message_digest = octets->content;
    } else if (object->whole == oid::kSigningTime && !time) {
      std::string_view after = value;
      if ((!take(after, kUtcTime) && !take(after, kGeneralizedTime)) || !after.empty()) {
        return false;
      }
      time = true;
      result.signing_time = time_of(value);
      if (!result.signing_time) {
        return false;
      }
    } else if (object->whole == oid::kSigningCertificateV2 && !named) {
      named = names_only(value, result.certificate);
      if (!named) {
        return false;
      }
    } else if (!is_indifferent(object->whole) || !take(value, der::kSequence) || !value.empty()) {
      return false;
    }
  }
  return content_type && digest;
}

}  // namespace

std::optional<UsualSigned> usual_signed(const Outline& outline, std::span<const crypto::Certificate> certificates) {
  std::string_view rest = outline.ber;
  const auto hash_object = digest_algorithm(rest);
  if (!hash_object || static_cast<std::size_t>(rest.data() - outline.ber.data()) != outline.certificates_at ||
      certificates.empty()) {
    return std::nullopt;
  }
  rest.remove_prefix(outline.certificates_size);
  const auto signers = take(rest, der::kSet);
  std::string_view inside = signers ? signers->content : std::string_view();
  const auto signer = take(inside, der::kSequence);
  if (!signer || !inside.empty() || rest != "\0\0\0\0\0\0"sv) {
    return std::nullopt;
  }
  inside = signer->content;
  if (!take_exactly(inside, "\x02\x01\x01"sv)) {
    return std::nullopt;
  }
  const auto names = take(inside, der::kSequence);
  const auto digest_object = take_bare_algorithm(inside);
  const auto attributes = take(inside, der::kContext0);
  const auto signature_object = take_bare_algorithm(inside);
  const auto signature = take(inside, der::kOctets);
  const auto hash = std::ranges::find(hashes(), *hash_object, &Hash::oid);
  if (!names || !digest_object || !attributes || !signature_object || !signature || !inside.empty() ||
      hash == hashes().end() || digest_object != hash_object ||
      (signature_object != oid::kRsaEncryption && signature_object != hash->signature_oid)) {
    return std::nullopt;
  }
  const auto* certificate = named_certificate(names->content, certificates);
  const EVP_PKEY* key = certificate == nullptr ? nullptr : X509_get0_pubkey(certificate->native());
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
    return std::nullopt;
  }
  UsualSigned result{hash->algorithm, attributes->content, {}, signature->content, std::nullopt, *certificate};
  return result.digest != nullptr && take_attributes(result) ? std::optional(std::move(result)) : std::nullopt;
}

bool signature_is_good(const UsualSigned& usual) {
  // RFC 5652 section 5.4: what is signed is the SET OF, not the [0] of the message.
  const std::string head = der::head(der::kSet, usual.attributes.size());
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  const crypto::DigestContextPtr digest(EVP_MD_CTX_new());
  if (!digest || EVP_DigestInit_ex(digest.get(), usual.digest, nullptr) != 1 ||
      EVP_DigestUpdate(digest.get(), head.data(), head.size()) != 1 ||
      EVP_DigestUpdate(digest.get(), usual.attributes.data(), usual.attributes.size()) != 1 ||
      EVP_DigestFinal_ex(digest.get(), hash.data(), &size) != 1) {
    throw std::bad_alloc();
  }
  const crypto::PkeyContextPtr context(
      EVP_PKEY_CTX_new_from_pkey(crypto::library_context(), X509_get0_pubkey(usual.certificate.native()), nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context.get(), usual.digest) == 1 &&
         EVP_PKEY_verify(context.get(), reinterpret_cast<const unsigned char*>(usual.signature.data()),
                         usual.signature.size(), hash.data(), size) == 1;
}

}  // namespace kvc::message::cms
