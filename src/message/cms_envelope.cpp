// SPDX-License-Identifier: Apache-2.0
// Envelopes. OpenSSL's CMS code reads the outline, recovers the content key and sets the cipher up, with its defence
// against PKCS#1 oracles (RFC 3218): a key that could not be recovered is replaced by a random one and decryption goes
// on. The content itself streams through the cipher here.
#include <algorithm>
#include <array>
#include <utility>

#include "crypto/library_context.h"
#include "message/cms.h"
#include "message/cms_names.h"
#include "message/cms_usual_envelope.h"

namespace kvc::message::cms {
namespace {

using crypto::BioPtr;

/// [D] Decrypted content up to this is kept, so that letters without files are decrypted once: one piece of a stream.
constexpr std::size_t kKept = 64UL * 1024;

Status not_opened() {
  return {error::decrypt_failed, "no key at hand opens the envelope"};
}

/// A random key opens CBC padding once in 256 tries and leaves noise. What begins like no header was not opened.
class MimeBegin {
 public:
  void add(std::string_view piece) {
    for (std::size_t i = 0; i < piece.size() && !decided_; ++i) {
      const char c = piece[i];
      if (c == '\n') {
        decide(length_ == 0 || (length_ == 1 && first_ == '\r'));
      } else if (c == ':') {
        decide(length_ > 0 && printable_);
      } else {
        first_ = length_ == 0 ? c : first_;
        printable_ = printable_ && c > ' ' && c < 0x7f;
        ++length_;
      }
    }
  }
  [[nodiscard]] bool good() const { return decided_ ? good_ : length_ == 1 && first_ == '\r'; }

 private:
  void decide(bool good) {
    decided_ = true;
    good_ = good;
  }
  std::uint64_t length_ = 0;
  char first_ = 0;
  bool printable_ = true, decided_ = false, good_ = false;
};

/// One way to open an envelope: this key on that recipient.
struct Attempt {
  Text ber;
  Outline outline;
  crypto::PrivateKey key;
  int recipient = 0;
  OSSL_LIB_CTX* context = nullptr;
};

crypto::CmsPtr parse_outline(const std::string& ber, OSSL_LIB_CTX* context) {
  CMS_ContentInfo* cms = CMS_ContentInfo_new_ex(context, nullptr);
  if (cms == nullptr) {
    throw std::bad_alloc();
  }
  const auto* at = reinterpret_cast<const unsigned char*>(ber.data());
  // d2i frees the object it was given when it fails.
  return crypto::CmsPtr(d2i_CMS_ContentInfo(&cms, &at, static_cast<long>(ber.size())));
}

/// Recovers the key. No cipher: it is unknown here, or its parameters are broken.
Ready make_ready(CMS_ContentInfo* cms, CMS_RecipientInfo* recipient, const crypto::PrivateKey& key) {
  Ready ready;
  if (EVP_PKEY_up_ref(key.native()) != 1) {
    return ready;
  }
  CMS_RecipientInfo_set0_pkey(recipient, key.native());
  ready.key_recovered = CMS_RecipientInfo_decrypt(cms, recipient) > 0;
  CMS_RecipientInfo_set0_pkey(recipient, nullptr);
  // The chain is made for its cipher alone. Its source is where the content would come from.
  BioPtr nowhere(BIO_new(BIO_s_null()));
  const BioPtr chain(nowhere ? CMS_dataInit(cms, nowhere.get()) : nullptr);
  if (!chain) {
    return ready;
  }
  static_cast<void>(nowhere.release());  // the chain owns it now
  BIO* filter = BIO_find_type(chain.get(), BIO_TYPE_CIPHER);
  EVP_CIPHER_CTX* cipher = nullptr;
  if (filter == nullptr || BIO_get_cipher_ctx(filter, &cipher) != 1) {
    return ready;
  }
  ready.cipher.reset(EVP_CIPHER_CTX_new());
  if (!ready.cipher || EVP_CIPHER_CTX_copy(ready.cipher.get(), cipher) != 1) {
    ready.cipher.reset();
  }
  return ready;
}

/// Decrypted content. The last piece is only good when the end was reached without an error.
class DecryptingReader : public Reader {
 public:
  DecryptingReader(ReaderPtr in, Ready ready) : in_(std::move(in)), ready_(std::move(ready)) {}

  Result<std::string_view> next() override {
    while (!ended_) {
      KVC_ASSIGN(const std::string_view piece, in_->next());
      int size = 0;
      if (piece.empty()) {
        ended_ = true;
        out_.resize(std::max<std::size_t>(out_.size(), EVP_MAX_BLOCK_LENGTH));
        const bool good = EVP_DecryptFinal_ex(ready_.cipher.get(), out(), &size) == 1;
        if (!good || !ready_.key_recovered) {
          return not_opened();
        }
      } else {
        out_.resize(std::max<std::size_t>(out_.size(), piece.size() + EVP_MAX_BLOCK_LENGTH));
        if (EVP_DecryptUpdate(ready_.cipher.get(), out(), &size, reinterpret_cast<const unsigned char*>(piece.data()),
                              static_cast<int>(piece.size())) != 1) {
          broken_ = true;
        }
      }
      if (size > 0 && !broken_) {
        return std::string_view(out_.data(), static_cast<std::size_t>(size));
      }
    }
    return broken_ ? Result<std::string_view>(not_opened()) : Result<std::string_view>(std::string_view());
  }

 private:
  unsigned char* out() { return reinterpret_cast<unsigned char*>(out_.data()); }

  ReaderPtr in_;
  Ready ready_;
  mime::WipedBytes out_;
  bool ended_ = false, broken_ = false;
};

/// The content of an opened envelope. Every reading begins with a copy of the cipher as it was set up.
class DecryptedSource : public Source {
 public:
  DecryptedSource(Text ciphertext, crypto::CipherContextPtr cipher)
      : ciphertext_(std::move(ciphertext)), cipher_(std::move(cipher)) {}
  [[nodiscard]] Result<ReaderPtr> open() const override {
    const crypto::ErrorScope errors;
    KVC_ASSIGN(auto in, ciphertext_->open());
    Ready ready{crypto::CipherContextPtr(EVP_CIPHER_CTX_new()), true};
    if (!ready.cipher || EVP_CIPHER_CTX_copy(ready.cipher.get(), cipher_.get()) != 1) {
      return Status(error::out_of_memory, "not enough memory for the message");
    }
    return ReaderPtr(std::make_unique<DecryptingReader>(std::move(in), std::move(ready)));
  }

 private:
  Text ciphertext_;
  crypto::CipherContextPtr cipher_;
};

/// Where the octets are: apart from the outline, or in it (unusual forms of BER), or nowhere.
Text ciphertext_of(const Parsed& envelope, CMS_ContentInfo* cms) {
  if (envelope.outline.content_apart) {
    return content(envelope.ber);
  }
  ASN1_OCTET_STRING** left_in = CMS_get0_content(cms);
  return octets(left_in == nullptr ? nullptr : *left_in);
}

/// Content that is being tried: at its end it shows whether it is any.
class Trial : public Reader {
 public:
  explicit Trial(Reader& content) : content_(content) {}

  Result<std::string_view> next() override {
    KVC_TRY(status_);
    auto piece = content_.next();
    if (!piece.ok()) {
      status_ = piece.status();
      return piece;
    }
    begin_.add(*piece);
    if (keep_ && kept_.size() + piece->size() > kKept) {
      keep_ = false;
      kept_ = {};
    }
    if (keep_) {
      mime::append(kept_, *piece);
    }
    return piece;
  }
  [[nodiscard]] bool good() const { return status_.ok() && begin_.good(); }
  /// The content as a text. `cipher` is ready to begin with it.
  Text take(Text ciphertext, crypto::CipherContextPtr cipher) {
    return keep_ ? in_memory(std::move(kept_))
                 : std::make_shared<DecryptedSource>(std::move(ciphertext), std::move(cipher));
  }

 private:
  Reader& content_;
  Status status_;
  MimeBegin begin_;
  mime::WipedBytes kept_;
  bool keep_ = true;
};

std::string name_of(EVP_CIPHER_CTX* cipher) {
  return lower(EVP_CIPHER_get0_name(EVP_CIPHER_CTX_get0_cipher(cipher)));
}

/// One attempt. The content is decrypted to its end even when the key was not recovered, so that all failures take the
/// same way. Error: of reading only.
Result<bool> try_open(const Parsed& envelope, CMS_ContentInfo* cms, CMS_RecipientInfo* recipient,
                      const crypto::PrivateKey& key, Decrypted& result) {
  Ready ready = make_ready(cms, recipient, key);
  if (!ready.cipher) {
    return false;
  }
  result.cipher = name_of(ready.cipher.get());
  crypto::CipherContextPtr again(EVP_CIPHER_CTX_new());
  if (!again || EVP_CIPHER_CTX_copy(again.get(), ready.cipher.get()) != 1) {
    return false;
  }
  const Text ciphertext = ciphertext_of(envelope, cms);
  KVC_ASSIGN(auto in, ciphertext->open());
  DecryptingReader content(std::move(in), std::move(ready));
  Trial trial(content);
  const Status status = drain(trial);
  if (!status.ok() && !status.is(error::decrypt_failed)) {
    return status;
  }
  if (!trial.good()) {
    return false;
  }
  result.content = trial.take(ciphertext, std::move(again));
  return true;
}

/// [D] So often one certificate may stand among the recipients and be tried: each time the whole content is decrypted,
/// and an envelope that names it a hundred times would keep a workstation busy for minutes. Real ones name it once.
constexpr int kMostTimesNamed = 4;

bool is_rsa_recipient(CMS_RecipientInfo* recipient) {
  return CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_TRANS;
}

Result<bool> open_with_any(const Parsed& envelope, CMS_ContentInfo* cms, std::span<const DecryptionKey> keys,
                           Decrypted& result) {
  STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(cms);
  for (const bool by_name : {true, false}) {
    for (const auto& key : keys) {
      int named = 0;
      for (int i = 0; key.certificate.has_value() == by_name && i < sk_CMS_RecipientInfo_num(infos); ++i) {
        CMS_RecipientInfo* info = sk_CMS_RecipientInfo_value(infos, i);
        if (!is_rsa_recipient(info) ||
            (by_name && CMS_RecipientInfo_ktri_cert_cmp(info, key.certificate->native()) != 0)) {
          continue;
        }
        if (by_name && ++named > kMostTimesNamed) {
          break;
        }
        KVC_ASSIGN(const bool opened, try_open(envelope, cms, info, key.key, result));
        if (opened) {
          result.key_label = key.label;
          return true;
        }
      }
    }
  }
  return false;
}

bool is_policy_cipher(const std::string& name) {
  constexpr std::array kAllowed = {"aes-128-cbc", "aes-192-cbc", "aes-256-cbc",
                                   "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"};
  return std::find(kAllowed.begin(), kAllowed.end(), name) != kAllowed.end();
}

Status list_recipients(CMS_ContentInfo* cms, Decrypted& result) {
  STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(cms);
  if (infos == nullptr || sk_CMS_RecipientInfo_num(infos) == 0) {
    return {error::malformed, "the envelope names no recipient"};
  }
  if (sk_CMS_RecipientInfo_num(infos) > kMaxRecipients) {
    return {error::malformed, "the envelope names too many recipients"};
  }
  for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); ++i) {
    CMS_RecipientInfo* info = sk_CMS_RecipientInfo_value(infos, i);
    if (is_rsa_recipient(info)) {
      result.recipients.push_back(recipient_id(info, result.recipients.empty() ? nullptr : &result.recipients.back()));
    }
  }
  return {};
}

/// The recipient and key that open_with_any() tries first.
std::pair<CMS_RecipientInfo*, const DecryptionKey*> first_choice(CMS_ContentInfo* cms,
                                                                 std::span<const DecryptionKey> keys) {
  STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(cms);
  for (const bool by_name : {true, false}) {
    for (const auto& key : keys) {
      for (int i = 0; key.certificate.has_value() == by_name && i < sk_CMS_RecipientInfo_num(infos); ++i) {
        CMS_RecipientInfo* info = sk_CMS_RecipientInfo_value(infos, i);
        if (is_rsa_recipient(info) &&
            (!by_name || CMS_RecipientInfo_ktri_cert_cmp(info, key.certificate->native()) == 0)) {
          return {info, &key};
        }
      }
    }
  }
  return {};
}

/// A walk that goes on after its first piece was taken.
class Resumed : public Reader {
 public:
  Resumed(ContentWalker& walker, std::string_view first) : walker_(walker), first_(first) {}
  Result<std::string_view> next() override {
    return first_.empty() ? walker_.next() : Result<std::string_view>(std::exchange(first_, {}));
  }

 private:
  ContentWalker& walker_;
  std::string_view first_;
};

Decrypted decrypt_in(OSSL_LIB_CTX* context, const Parsed& envelope, std::span<const DecryptionKey> keys) {
  const crypto::ContextScope scope(context);
  Decrypted result;
  const crypto::CmsPtr cms = parse_outline(envelope.outline.ber, context);
  if (!cms) {
    result.status = Status(error::malformed, "the CMS structure is broken or cut off");
    return result;
  }
  result.status = list_recipients(cms.get(), result);
  if (result.status.ok()) {
    const auto opened = open_with_any(envelope, cms.get(), keys, result);
    result.status = !opened.ok() ? opened.status() : (*opened ? Status() : not_opened());
  }
  result.weak = !result.cipher.empty() && !is_policy_cipher(result.cipher);
  return result;
}

/// Whether the structure is an envelope and no authenticated one, whose tag comes behind the content.
bool is_plain_envelope(CMS_ContentInfo* cms) {
  return OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_enveloped;
}

/// How an envelope is opened at once: by whom, and with the recipients noted in a Decrypted.
struct Choice {
  Ready ready;
  const DecryptionKey* key = nullptr;
};

/// With the first key whose certificate is named. Nothing: another form, or none is named.
std::optional<Choice> choose_usual(std::string_view outline, std::span<const DecryptionKey> keys, Decrypted& result) {
  const auto envelope = usual_envelope(outline);
  if (!envelope) {
    return std::nullopt;
  }
  for (const auto& key : keys) {
    const auto* recipient = key.certificate ? recipient_of(*envelope, *key.certificate) : nullptr;
    if (recipient == nullptr) {
      continue;
    }
    auto recipients = identities(*envelope, *key.certificate);
    if (!recipients) {
      return std::nullopt;
    }
    result.recipients = std::move(*recipients);
    return Choice{make_ready(*envelope, *recipient, key.key), &key};
  }
  return std::nullopt;
}

/// With OpenSSL's reading of the outline.
std::optional<Choice> choose(const std::string& outline, std::span<const DecryptionKey> keys, Decrypted& result) {
  const crypto::ContextScope scope(crypto::library_context());
  const crypto::CmsPtr cms = parse_outline(outline, crypto::library_context());
  if (!cms || !is_plain_envelope(cms.get()) || !list_recipients(cms.get(), result).ok()) {
    return std::nullopt;
  }
  const auto [recipient, key] = first_choice(cms.get(), keys);
  return recipient == nullptr ? std::nullopt : std::optional(Choice{make_ready(cms.get(), recipient, key->key), key});
}

}  // namespace

std::optional<DecryptedAtOnce> decrypt_at_once(const Text& ber, std::span<const DecryptionKey> keys,
                                               const Preview& preview) {
  const crypto::ErrorScope errors;
  auto in = ber->open();
  if (!in.ok()) {
    return std::nullopt;
  }
  ContentWalker walker(std::move(in).value());
  const auto first = walker.next();
  if (!first.ok() || first->empty()) {
    return std::nullopt;
  }
  const std::string outline = walker.outline_so_far();
  DecryptedAtOnce result;
  auto choice = choose_usual(outline, keys, result.decrypted);
  choice = choice ? std::move(choice) : choose(outline, keys, result.decrypted);
  crypto::CipherContextPtr again(EVP_CIPHER_CTX_new());
  if (!choice || !choice->ready.cipher || !again || EVP_CIPHER_CTX_copy(again.get(), choice->ready.cipher.get()) != 1) {
    return std::nullopt;
  }
  result.decrypted.cipher = name_of(choice->ready.cipher.get());
  DecryptingReader content(std::make_unique<Resumed>(walker, *first), std::move(choice->ready));
  Trial trial(content);
  preview(trial);
  // To the end, whatever the preview did; nothing may follow the content that the outline did not have.
  if (!drain(trial).ok() || !trial.good() || walker.outline().ber != outline) {
    return std::nullopt;
  }
  result.trailing_bytes = walker.outline().trailing_bytes;
  result.decrypted.weak = !is_policy_cipher(result.decrypted.cipher);
  result.decrypted.key_label = choice->key->label;
  result.decrypted.content = trial.take(cms::content(ber), std::move(again));
  return result;
}

Decrypted decrypt(const Parsed& envelope, std::span<const DecryptionKey> keys) {
  const crypto::ErrorScope errors;
  Decrypted result = decrypt_in(crypto::library_context(), envelope, keys);
  // A cipher of the "legacy" provider (RC2, DES) shows as no cipher at all; archived mail may have one.
  if (result.status.is(error::decrypt_failed) && result.cipher.empty() && !keys.empty()) {
    auto legacy = crypto::legacy_context();
    if (legacy.ok()) {
      Decrypted again = decrypt_in(*legacy, envelope, keys);
      if (!again.cipher.empty()) {
        return again;
      }
    }
  }
  return result;
}

}  // namespace kvc::message::cms
