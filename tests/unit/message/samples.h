// SPDX-License-Identifier: Apache-2.0
// People, keys and messages for the tests of message/, and the pieces to assemble messages no product would write.
// Library kvc_test_message.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "crypto/pkcs12.h"
#include "message/open.h"
#include "message/seal.h"
#include "unit/crypto/test_pki.h"

namespace kvc::message::samples {

/// One environment: a root, the User CA on the trust list, a foreign User CA under the same root, and four accounts.
struct World {
  test_pki::Authority root, user_ca, foreign_ca;
  crypto::Identity anna;     ///< anna@kv-safenet.de
  crypto::Identity bernd;    ///< bernd@kv-safenet.de
  crypto::Identity foreign;  ///< anna@kv-safenet.de of the foreign User CA
  crypto::Identity expired;  ///< anna@kv-safenet.de, valid in 2019 only
  crypto::TrustList trust;
};
const World& world();

/// A clock that stands still; randomness of the system.
class FixedEnv : public Env {
 public:
  explicit FixedEnv(TimePoint now) : now_(now) {}
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] std::chrono::steady_clock::time_point monotonic() const override { return Env::system().monotonic(); }
  bool sleep(Millis duration, const std::atomic<bool>& cancelled) override {
    return Env::system().sleep(duration, cancelled);
  }
  void random(std::span<std::uint8_t> out) override { Env::system().random(out); }
  double jitter() override { return 0.5; }

 private:
  TimePoint now_;
};

/// The day all samples are signed, unless a test says otherwise.
TimePoint signing_day();

/// From Anna to Bernd, an eNachricht with a text.
Outgoing letter();
Attachment attachment(std::string name, std::string bytes, std::string type = "application/octet-stream",
                      std::string description = "");
/// Sealed by Anna for Bernd.
std::string sealed(const Outgoing& outgoing);
std::string sealed(const Outgoing& outgoing, const SealKeys& keys, TimePoint now);

/// Bernd's keys, the trust list, and the time of signing.
OpenOptions options();
OpenedMessage opened(const std::string& mail, const OpenOptions& with = options());

/// How a signature of the tests may differ from what seal() writes.
struct SignOptions {
  std::string digest = "SHA256";
  bool pss = false;
  bool embed_certificate = true;
  bool attributes = true;
  bool opaque = false;
  std::vector<crypto::Identity> more_signers = {};
  std::optional<crypto::Certificate> name_other = {};  ///< signingCertificateV2 of another certificate
};
/// DER of a SignedData over these very bytes. Aborts the test program on failure, as everything below.
std::string signature(std::string_view content, const crypto::Identity& signer, const SignOptions& how = {});

struct EncryptOptions {
  std::string cipher = "AES-256-CBC";  ///< a GCM cipher makes it AuthEnvelopedData
  bool oaep = false;
  bool by_key_id = false;
  bool indefinite = false;  ///< BER with constructed strings, as streaming senders write
};
std::string envelope(std::string_view content, const std::vector<crypto::Certificate>& recipients,
                     const EncryptOptions& how = {});

std::string base64(std::string_view bytes);

/// multipart/signed entity (with its own header) around `part`, byte for byte.
std::string multipart_signed(std::string_view part, std::string_view signature_der, std::string_view prefix = "");
/// Entity application/pkcs7-mime, base64, without the fields of a mail.
std::string pkcs7_mime(std::string_view der, std::string_view smime_type, std::string_view prefix = "");
/// Fields of a mail from Anna to Bernd, CRLF, to be put before an entity's own.
std::string mail_fields(std::string_view from = "anna@kv-safenet.de");
/// A small text entity without fields of a mail.
std::string text_entity(std::string_view text = "Guten Tag");

/// mail_fields + an envelope for Bernd around the entity.
std::string enveloped_mail(std::string_view entity, std::string_view from = "anna@kv-safenet.de",
                           const EncryptOptions& how = {});
/// The usual shape with Java-style part 1: text_entity signed by `signer`.
std::string signed_entity(const crypto::Identity& signer, const SignOptions& how = {});

}  // namespace kvc::message::samples
