// SPDX-License-Identifier: Apache-2.0
#include "message/cms_usual_envelope.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "base/secret.h"
#include "crypto/certificate_cache.h"
#include "crypto/distinguished_name.h"
#include "crypto/library_context.h"
#include "message/cms.h"
#include "message/cms_names.h"
#include "message/cms_oids.h"
#include "message/der.h"
#include "message/der_read.h"

namespace kvc::message::cms {
namespace {

using namespace std::string_view_literals;
using der::take;
using der::take_exactly;

constexpr std::size_t kIvBytes = 16;

struct Cipher {
  std::string_view oid;
  const EVP_CIPHER* algorithm;
};

const EVP_CIPHER* fetched(const char* name) {
  return EVP_CIPHER_fetch(crypto::library_context(), name, nullptr);
}

/// Null: none of the policy's CBC ciphers. Fetched once for the life of the process.
const EVP_CIPHER* algorithm(std::string_view object) {
  static const std::array kKnown{Cipher{oid::kAes256Cbc, fetched("AES-256-CBC")},
                                 Cipher{oid::kAes192Cbc, fetched("AES-192-CBC")},
                                 Cipher{oid::kAes128Cbc, fetched("AES-128-CBC")}};
  const auto* const found = std::ranges::find(kKnown, object, &Cipher::oid);
  return found == kKnown.end() ? nullptr : found->algorithm;
}

/// A KeyTransRecipientInfo (RFC 5652 section 6.2.1) of version 0 with rsaEncryption.
std::optional<UsualRecipient> take_recipient(std::string_view& from) {
  const auto info = take(from, der::kSequence);
  std::string_view inside = info ? info->content : std::string_view();
  if (!take_exactly(inside, "\x02\x01\0"sv)) {
    return std::nullopt;
  }
  const auto names = take(inside, der::kSequence);
  const auto wrapping = der::take_bare_algorithm(inside);
  const auto key = take(inside, der::kOctets);
  if (!names || wrapping != oid::kRsaEncryption || !key || !inside.empty()) {
    return std::nullopt;
  }
  inside = names->content;
  const auto issuer = take(inside, der::kSequence);
  const auto serial = take(inside, der::kInteger);
  if (!issuer || !serial || !inside.empty() || !der::magnitude(serial->content)) {
    return std::nullopt;
  }
  return UsualRecipient{issuer->whole, serial->whole, key->content};
}

/// EncryptedContentInfo (RFC 5652 section 6.1) and the ends of what is around it.
bool take_content_info(std::string_view from, UsualEnvelope& result) {
  if (!take_exactly(from, "\x30\x80"sv) || !take_exactly(from, oid::kData)) {
    return false;
  }
  const auto encryption = take(from, der::kSequence);
  std::string_view inside = encryption ? encryption->content : std::string_view();
  const auto object = take(inside, der::kObject);
  const auto iv = take(inside, der::kOctets);
  if (!object || !iv || !inside.empty() || iv->content.size() != kIvBytes) {
    return false;
  }
  result.iv = iv->content;
  result.cipher = algorithm(object->whole);
  return result.cipher != nullptr && from == "\x80\0\0\0\0\0\0\0\0\0"sv;
}

std::optional<std::string> text_of_name(std::string_view der) {
  using Name = crypto::Owned<X509_NAME, X509_NAME_free>;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const Name name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
  return name ? std::optional(crypto::name_text(name.get())) : std::nullopt;
}

}  // namespace

std::optional<UsualEnvelope> usual_envelope(std::string_view outline) {
  if (!take_exactly(outline, "\x30\x80"sv) || !take_exactly(outline, oid::kEnvelopedData) ||
      !take_exactly(outline, "\xa0\x80\x30\x80\x02\x01\0"sv)) {
    return std::nullopt;
  }
  const auto infos = take(outline, der::kSet);
  UsualEnvelope result;
  for (std::string_view rest = infos ? infos->content : std::string_view(); !rest.empty();) {
    const auto recipient = take_recipient(rest);
    if (!recipient || result.recipients.size() == kMaxRecipients) {
      return std::nullopt;
    }
    result.recipients.push_back(*recipient);
  }
  return !result.recipients.empty() && take_content_info(outline, result) ? std::optional(std::move(result))
                                                                          : std::nullopt;
}

const UsualRecipient* recipient_of(const UsualEnvelope& envelope, const crypto::Certificate& certificate) {
  const auto names = issuer_der(certificate);
  if (!names.ok()) {
    return nullptr;
  }
  const auto found = std::ranges::find_if(envelope.recipients, [&](const UsualRecipient& recipient) {
    return recipient.serial == names->serial && recipient.issuer == names->name;
  });
  return found == envelope.recipients.end() ? nullptr : &*found;
}

std::optional<std::vector<crypto::IssuerAndSerial>> identities(const UsualEnvelope& envelope,
                                                               const crypto::Certificate& known) {
  std::vector<crypto::IssuerAndSerial> result;
  const auto names = issuer_der(known);
  for (const UsualRecipient& recipient : envelope.recipients) {
    crypto::IssuerAndSerial id;
    std::string_view serial = recipient.serial;
    id.serial_hex = hex(der::magnitude(take(serial, der::kInteger)->content).value());
    id.issuer_der.assign(recipient.issuer.begin(), recipient.issuer.end());
    if (names.ok() && names->name == recipient.issuer) {  // the usual one is of the own CA
      id.issuer = crypto::facts_of(known)->issuer;
    } else {
      auto text = text_of_name(recipient.issuer);
      if (!text) {
        return std::nullopt;
      }
      id.issuer = std::move(*text);
    }
    result.push_back(std::move(id));
  }
  return result;
}

Ready make_ready(const UsualEnvelope& envelope, const UsualRecipient& recipient, const crypto::PrivateKey& key) {
  Ready ready;
  const auto wanted = static_cast<std::size_t>(EVP_CIPHER_get_key_length(envelope.cipher));
  Secret content_key = Secret::of_size(wanted);
  if (RAND_priv_bytes_ex(crypto::library_context(), content_key.data(), wanted, 0) != 1) {
    return ready;
  }
  const crypto::PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(crypto::library_context(), key.native(), nullptr));
  Secret opened = Secret::of_size(static_cast<std::size_t>(std::max(EVP_PKEY_get_size(key.native()), 1)));
  std::size_t size = opened.size();
  if (context && EVP_PKEY_decrypt_init(context.get()) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1) {
    const int decrypted = EVP_PKEY_decrypt(context.get(), opened.data(), &size,
                                           reinterpret_cast<const unsigned char*>(recipient.encrypted_key.data()),
                                           recipient.encrypted_key.size());
    ready.key_recovered = decrypted == 1 && size == wanted;
  }
  if (ready.key_recovered) {
    std::copy_n(opened.data(), wanted, content_key.data());
  }
  ready.cipher.reset(EVP_CIPHER_CTX_new());
  if (!ready.cipher || EVP_DecryptInit_ex2(ready.cipher.get(), envelope.cipher, content_key.data(),
                                           reinterpret_cast<const unsigned char*>(envelope.iv.data()), nullptr) != 1) {
    ready.cipher.reset();
  }
  return ready;
}

}  // namespace kvc::message::cms
