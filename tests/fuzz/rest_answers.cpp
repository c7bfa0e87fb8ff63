// SPDX-License-Identifier: Apache-2.0
// What a KV-Connect server, or whoever sits in its place, answers.
#include <algorithm>

#include "fuzz/target.h"
#include "kvconnect/answers.h"
#include "kvconnect/protocol_constants.h"
#include "mime/charset.h"

namespace kvc::fuzz {
namespace {

bool control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

void rest_answers(std::string_view input) {
  constexpr std::size_t kLimit = 3;
  const auto account = kvconnect::parse_account(input);
  require(!account.ok() || !account->uid.empty(), "an account has a uid");
  const auto waiting = kvconnect::parse_headers(input, kLimit);
  if (waiting.ok()) {
    require(waiting->size() <= kLimit, "no more mails than asked for");
    for (const auto& mail : *waiting) {
      require(!mail.message_id.empty(), "a listed mail can be fetched");
      require(mail.subject.size() <= kvconnect::kMaxFieldBytes, "texts are capped");
    }
  }
  const auto certificate = kvconnect::parse_certificate(input);
  require(!certificate.ok() || !certificate->empty(), "a certificate's text is not empty");
  static_cast<void>(kvconnect::parse_csr_status(input));
  const auto version = kvconnect::parse_version(input);
  require(!version.ok() || (!version->empty() && std::none_of(version->begin(), version->end(), control)),
          "a version is one printable line");
  const std::string shown = kvconnect::shown_error_text(input);
  require(mime::is_utf8(shown) && std::none_of(shown.begin(), shown.end(), control), "a shown text is printable");
  require(shown.size() <= 4 * kvconnect::kShownErrorCharacters, "a shown text is short");
}

std::vector<std::string> rest_answers_seeds() {
  return {
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><account uid=\"u-1\"><email>anna@kv-safenet.de</email>"
      "<passwordLastChange>2025-01-01T00:00:00+01:00</passwordLastChange>"
      "<passwordChangeNeeded>true</passwordChangeNeeded></account>",
      "<k:headers xmlns:k='urn:x'><header><from>a@x</from><to>b@x</to><subject>&lt;&#xFC;&gt;</subject><message-id>"
      "&lt;1@x&gt;</message-id><date>d</date><x-kvc-dienstkennung>a;b;V1</x-kvc-dienstkennung></header>"
      "<header><message-id>2</message-id><subject><![CDATA[<!DOCTYPE]]></subject></header><header/><header>"
      "<message-id>3</message-id></header><header><message-id>4</message-id></header></k:headers>",
      "<certificate><body>-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n</body></certificate>",
      "<csr-status><status-entries><status-entry status='999' time='2025-01-01T00:00:00Z'/>"
      "<status-entry status='x'/><status-entry status='100'>t</status-entry></status-entries></csr-status>",
      "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b SYSTEM 'file:///etc/hostname'>]><account uid='&a;&b;'/>",
      "<?xml version='1.0' encoding='ISO-8859-1'?><account uid='u'><email>M\xFCller</email></account>",
      "  1.0.17 (Test)\r\n",
      "Zu viele Anfragen \xC3\xBC \xE2\x82\xAC \xFF\x00\x1B[31m",
  };
}

}  // namespace kvc::fuzz
