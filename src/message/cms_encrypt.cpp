// SPDX-License-Identifier: Apache-2.0
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>
#include <vector>

#include "crypto/library_context.h"
#include "message/cms_names.h"
#include "message/cms_oids.h"
#include "message/cms_write.h"
#include "message/der.h"
#include "message/reader.h"

namespace kvc::message::cms {
namespace {

using der::element;
using namespace std::string_view_literals;

constexpr std::string_view kNull("\x05\x00", 2);
constexpr std::string_view kVersion0("\x02\x01\x00", 3);
constexpr std::size_t kBlock = 16;  ///< of AES
/// Room for the head of a string and for the block that the padding may add.
constexpr std::size_t kPlainPiece = kPiece - 64;
static_assert(PiecesBeside::kSlot % kBlock == 0 && PiecesBeside::kSlot <= kPlainPiece);

Status failed(const char* what) {
  return crypto::openssl_status(error::crypto_failed, what);
}

/// The content key, wiped.
struct ContentKey {
  std::array<unsigned char, 32> key{};
  std::array<unsigned char, kBlock> iv{};
  ContentKey() = default;
  ContentKey(const ContentKey&) = delete;
  ContentKey& operator=(const ContentKey&) = delete;
  ~ContentKey() { OPENSSL_cleanse(key.data(), key.size()); }
};

// In place, which leaves no plain text behind. Whole blocks only.
bool encrypt_in_place(EVP_CIPHER_CTX* cipher, mime::WipedBytes& plain) {
  const crypto::ErrorScope errors;
  auto* bytes = reinterpret_cast<unsigned char*>(plain.data());
  int size = 0;
  return EVP_EncryptUpdate(cipher, bytes, &size, bytes, static_cast<int>(plain.size())) == 1 &&
         static_cast<std::size_t>(size) == plain.size();
}

Result<std::string> encrypted_key(const ContentKey& content, const crypto::Certificate& recipient) {
  EVP_PKEY* key = X509_get0_pubkey(recipient.native());
  if (key == nullptr || EVP_PKEY_is_a(key, "RSA") != 1) {
    return failed("a recipient's key is not RSA");
  }
  const crypto::PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(crypto::library_context(), key, nullptr));
  std::string bytes(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = bytes.size();
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size, content.key.data(),
                       content.key.size()) != 1) {
    return failed("the content key cannot be encrypted for a recipient");
  }
  bytes.resize(size);
  return bytes;
}

Result<std::string> recipient_infos(const ContentKey& content, std::span<const crypto::Certificate> recipients) {
  std::vector<std::string> infos;
  for (const auto& recipient : recipients) {
    KVC_ASSIGN(const IssuerDer issuer, issuer_der(recipient));
    KVC_ASSIGN(const std::string key, encrypted_key(content, recipient));
    infos.push_back(
        element(der::kSequence, {kVersion0, element(der::kSequence, {issuer.name, issuer.serial}),
                                 element(der::kSequence, {oid::kRsaEncryption, kNull}), element(der::kOctets, key)}));
  }
  return element(der::kSet, der::sorted(std::move(infos)));
}

std::uint64_t padded(std::uint64_t size) {
  return (size / kBlock + 1) * kBlock;
}

/// Everything before the encrypted octets; `size` is theirs.
std::string definite_head(std::string_view infos, std::string_view algorithm, std::uint64_t size) {
  const std::string octets = der::head(der::kContext0Primitive, size);
  const std::string in_content = std::string(oid::kData) + std::string(algorithm) + octets;
  const std::string content = der::head(der::kSequence, in_content.size() + size) + in_content;
  const std::string in_data = std::string(kVersion0) + std::string(infos) + content;
  const std::string data = der::head(der::kSequence, in_data.size() + size) + in_data;
  const std::string in_info = std::string(oid::kEnvelopedData) + der::head(der::kContext0, data.size() + size) + data;
  return der::head(der::kSequence, in_info.size() + size) + in_info;
}

std::string indefinite_head(std::string_view infos, std::string_view algorithm) {
  std::string head = "\x30\x80";
  head += oid::kEnvelopedData;
  head += "\xa0\x80\x30\x80";
  head += kVersion0;
  head += infos;
  head += "\x30\x80";
  head += oid::kData;
  head += algorithm;
  return head + "\xa0\x80";
}

/// Ends of the five indefinite lengths.
constexpr auto kIndefiniteEnd = "\0\0\0\0\0\0\0\0\0\0"sv;

Result<crypto::CipherContextPtr> new_cipher(const ContentKey& content) {
  const crypto::CipherPtr cipher(EVP_CIPHER_fetch(crypto::library_context(), "AES-256-CBC", nullptr));
  crypto::CipherContextPtr context(EVP_CIPHER_CTX_new());
  if (!cipher || !context ||
      EVP_EncryptInit_ex2(context.get(), cipher.get(), content.key.data(), content.iv.data(), nullptr) != 1) {
    return failed("AES-256-CBC is not there");
  }
  return context;
}

}  // namespace

Result<EnvelopeWriter> EnvelopeWriter::begin(std::span<const crypto::Certificate> recipients,
                                             std::optional<std::uint64_t> size, mime::Sink sink) {
  const crypto::ErrorScope errors;
  ContentKey content;
  if (RAND_priv_bytes_ex(crypto::library_context(), content.key.data(), content.key.size(), 0) != 1 ||
      RAND_bytes_ex(crypto::library_context(), content.iv.data(), content.iv.size(), 0) != 1) {
    return failed("there is no randomness for a content key");
  }
  KVC_ASSIGN(const std::string infos, recipient_infos(content, recipients));
  const std::string iv(reinterpret_cast<const char*>(content.iv.data()), content.iv.size());
  const std::string algorithm = element(der::kSequence, {oid::kAes256Cbc, element(der::kOctets, iv)});
  EnvelopeWriter writer(size, std::move(sink));
  KVC_ASSIGN(writer.cipher_, new_cipher(content));
  writer.head_ = size ? definite_head(infos, algorithm, padded(*size)) : indefinite_head(infos, algorithm);
  return writer;
}

/// Hands on what the cipher made of the content.
Status EnvelopeWriter::encrypted(std::string_view piece) {
  if (!head_.empty()) {
    KVC_TRY(sink_(head_));
    head_.clear();
  }
  if (piece.empty()) {
    return {};
  }
  if (!size_) {
    KVC_TRY(sink_(der::head(der::kOctets, piece.size())));
  }
  return sink_(piece);
}

Status EnvelopeWriter::write(std::string_view piece) {
  if (!beside_ && !alone_ && written_ >= PiecesBeside::kWorthAThread) {
    const std::string_view to_block = piece.substr(0, (kBlock - written_ % kBlock) % kBlock);
    KVC_TRY(write_at_once(to_block));
    piece.remove_prefix(to_block.size());
    if (written_ % kBlock == 0) {
      beside_ = PiecesBeside::start([cipher = cipher_.get()](auto& bytes) { return encrypt_in_place(cipher, bytes); });
      alone_ = !beside_;
    }
  }
  if (!beside_) {
    return write_at_once(piece);
  }
  written_ += piece.size();
  return beside_->write(piece, [this](std::string_view ready) { return encrypted(ready); });
}

Status EnvelopeWriter::write_at_once(std::string_view piece) {
  const crypto::ErrorScope errors;
  while (!piece.empty()) {
    const auto part = piece.substr(0, kPlainPiece);
    out_.resize(std::max(out_.size(), part.size() + kBlock));
    int size = 0;
    if (EVP_EncryptUpdate(cipher_.get(), out(), &size, reinterpret_cast<const unsigned char*>(part.data()),
                          static_cast<int>(part.size())) != 1) {
      return failed("encrypting failed");
    }
    written_ += part.size();
    KVC_TRY(encrypted({out_.data(), static_cast<std::size_t>(size)}));
    piece.remove_prefix(part.size());
  }
  return {};
}

Status EnvelopeWriter::finish() {
  if (beside_) {
    const auto beside = std::move(beside_);
    KVC_TRY(beside->drain([this](std::string_view ready) { return encrypted(ready); }));
    written_ -= beside->rest().size();
    KVC_TRY(write_at_once(beside->rest()));
  }
  const crypto::ErrorScope errors;
  if (size_ && *size_ != written_) {
    return {error::internal, "the content of an envelope has another size than was said"};
  }
  out_.resize(std::max(out_.size(), 2 * kBlock));
  int size = 0;
  if (EVP_EncryptFinal_ex(cipher_.get(), out(), &size) != 1) {
    return failed("encrypting failed");
  }
  KVC_TRY(encrypted({out_.data(), static_cast<std::size_t>(size)}));
  return size_ ? Status() : sink_(kIndefiniteEnd);
}

}  // namespace kvc::message::cms
