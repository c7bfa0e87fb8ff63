// SPDX-License-Identifier: Apache-2.0
#include "tool/open_command.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "mailbox/file_content.h"
#include "message/open.h"
#include "tool/extract.h"
#include "tool/files.h"
#include "tool/options.h"
#include "tool/service_parts.h"

namespace kvc::tool {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::array<OptionSpec, 6> kOptions = {{{"--key", true, false},
                                                 {"--key-password-file", false, false},
                                                 {"--root", true, false},
                                                 {"--user-ca", true, false},
                                                 {"--at", false, false},
                                                 {"--extract", false, false}}};

/// Scripts read the keys in this order.
Object object() {
  return Object(Poco::JSON_PRESERVE_KEY_ORDER);
}

Object signer_json(const message::Signer& signer) {
  Object json = object();
  json.set("email", signer.email);
  json.set("subject", signer.subject);
  json.set("issuer", signer.issuer);
  json.set("serial", signer.serial);
  json.set("not_after", rfc3339(signer.not_after));
  return json;
}

Array strings_json(const std::vector<std::string>& values) {
  Array json;
  for (const auto& value : values) {
    json.add(value);
  }
  return json;
}

Array recipients_json(const std::vector<crypto::IssuerAndSerial>& recipients) {
  Array json;
  for (const auto& recipient : recipients) {
    Object entry = object();
    entry.set("issuer", recipient.issuer);
    entry.set("serial", recipient.serial_hex);
    json.add(entry);
  }
  return json;
}

Object layer_json(const message::Layer& layer) {
  Object json = object();
  json.set("verdict", std::string(message::name(layer.verdict)));
  json.set("from", layer.from);
  json.set("signer", layer.signer ? Poco::Dynamic::Var(signer_json(*layer.signer)) : Poco::Dynamic::Var());
  json.set("signing_time",
           layer.signing_time ? Poco::Dynamic::Var(rfc3339(*layer.signing_time)) : Poco::Dynamic::Var());
  json.set("content_cipher", layer.content_cipher);
  json.set("digest", layer.digest);
  json.set("dienstkennung", layer.service_id);
  json.set("message_id", layer.message_id);
  json.set("warnings", strings_json(layer.warnings));
  std::vector<std::string> findings;
  for (const auto finding : layer.findings) {
    findings.emplace_back(message::name(finding));
  }
  json.set("findings", strings_json(findings));
  json.set("reason", layer.reason);
  json.set("recipients", recipients_json(layer.recipients));
  return json;
}

Object message_json(const message::OpenedMessage& message, const std::vector<std::string>& files) {
  Array layers, parts;
  for (const auto& layer : message.layers) {
    layers.add(layer_json(layer));
  }
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const auto& part = message.parts[i];
    Object json = object();
    json.set("name", part.name);
    json.set("type", part.type);
    json.set("description", part.description);
    json.set("size", static_cast<Poco::UInt64>(part.size));
    json.set("sha256", part.sha256);
    if (i < files.size()) {
      json.set("file", files[i]);
    }
    parts.add(json);
  }
  Object json = object();
  json.set("verdict", std::string(message::name(message.verdict)));
  json.set("layers", layers);
  json.set("parts", parts);
  const Object facts = facts_json(message);
  for (const std::string& name : facts.getNames()) {
    json.set(name, facts.get(name));
  }
  return json;
}

Result<message::ReferenceTime> reference_time(const Options& options) {
  const std::string at = options.one("--at").value_or("signing-time");
  if (at == "signing-time") {
    return message::ReferenceTime(message::AtSigningTime{});
  }
  if (at == "now") {
    return message::ReferenceTime(Env::system().now());
  }
  const auto time = parse_rfc3339(at);
  if (!time.ok()) {
    return Status(error::bad_request,
                  std::string(say("--at: erlaubt sind signing-time, now oder ein Zeitpunkt der Form "
                                  "2019-04-26T09:24:43Z",
                                  "--at: signing-time, now or a time of the form "
                                  "2019-04-26T09:24:43Z is allowed")));
  }
  return message::ReferenceTime(*time);
}

Result<message::OpenOptions> open_options(const Options& options) {
  message::OpenOptions result;
  KVC_ASSIGN(result.at, reference_time(options));
  KVC_ASSIGN(const Secret password, read_password(options.one("--key-password-file")));
  for (const auto& file : options.all("--key")) {
    KVC_ASSIGN(auto keys, load_keys(file, password));
    result.keys.insert(result.keys.end(), keys.begin(), keys.end());
  }
  KVC_ASSIGN(result.trust, load_trust(options.all("--root"), options.all("--user-ca")));
  result.now = Env::system().now();
  return result;
}

/// The verdict as a sentence. The technical reason is English and stands in the JSON.
std::string sentence(const message::Layer& layer) {
  using message::Verdict;
  if (english()) {
    return layer.reason;
  }
  switch (layer.verdict) {
    case Verdict::malformed:
      return "Diese Schicht ist nicht aufgebaut, wie eine Nachricht es sein muss (\"reason\" sagt, woran es liegt)";
    case Verdict::decrypt_failed:
      return "Keiner der Schlüssel öffnet diese Schicht";
    case Verdict::not_signed:
      return "Diese Schicht ist nicht als Ganzes unterschrieben";
    case Verdict::digest_mismatch:
      return "Inhalt oder Unterschrift wurde verändert: Beides passt nicht zusammen";
    case Verdict::signer_not_sender:
      return "Unterschrieben hat ein anderer als der genannte Absender";
    case Verdict::issuer_not_trusted:
      return "Das Zertifikat des Unterzeichners führt nicht über eine genannte User-CA zu einer genannten Wurzel";
    case Verdict::certificate_expired:
      return "Ein Zertifikat ist zu der Zeit, zu der geprüft wird (--at), nicht gültig";
    case Verdict::weak_algorithm:
      return "Diese Schicht verwendet ein Verfahren, das nicht mehr als sicher gilt";
    case Verdict::not_encrypted:
      return "Diese Schicht ist nicht verschlüsselt";
    case Verdict::valid:
      break;
  }
  return layer.reason;
}

bool found(const message::OpenedMessage& message, message::Verdict verdict) {
  return std::any_of(message.layers.begin(), message.layers.end(), [&](const message::Layer& layer) {
    return layer.verdict == verdict ||
           std::find(layer.findings.begin(), layer.findings.end(), verdict) != layer.findings.end();
  });
}

/// Which option was left out that would have changed the verdict.
void explain_missing(const message::OpenedMessage& message, const Options& options) {
  const auto missing = [&](const char* option) { return options.all(option).empty(); };
  if (missing("--key") && found(message, message::Verdict::decrypt_failed)) {
    complain(say("  es wurde kein Schlüssel genannt: --key DATEI", "  no key was named: --key FILE"));
  }
  if (!found(message, message::Verdict::issuer_not_trusted)) {
    return;
  }
  if (missing("--root")) {
    complain(say("  es wurde keine Wurzel genannt, der vertraut wird: --root CA.pem",
                 "  no root was named that is trusted: --root CA.pem"));
  }
  if (missing("--user-ca")) {
    complain(say("  es wurde kein Aussteller der Zertifikate genannt: --user-ca CA.pem",
                 "  no issuer of the certificates was named: --user-ca CA.pem"));
  }
}

/// What a person reads beside the JSON: why the message is not valid, and what would help.
void explain(const message::OpenedMessage& message, const Options& options) {
  for (std::size_t i = 0; i < message.layers.size(); ++i) {
    const auto& layer = message.layers[i];
    if (layer.verdict == message::Verdict::valid) {
      continue;
    }
    complain(std::string(say("Schicht ", "layer ")) + std::to_string(i + 1) + ": " +
             std::string(message::name(layer.verdict)) + ": " + sentence(layer));
    if (layer.verdict == message::Verdict::decrypt_failed) {
      for (const auto& recipient : layer.recipients) {
        complain(std::string(
                     say("  passend wäre der Schlüssel zum Zertifikat ", "  the key of this certificate would do: ")) +
                 recipient.serial_hex + say(" von ", " of ").data() + recipient.issuer);
      }
    }
  }
  explain_missing(message, options);
}

/// Nothing of the message itself could be read.
bool unreadable(const message::OpenedMessage& message) {
  return message.parts.empty() &&
         (message.verdict == message::Verdict::malformed || message.verdict == message::Verdict::decrypt_failed);
}

/// What comes through a pipe can be read once only, and a mail is read several times: it is kept in a file without a
/// name, encrypted under a key of this process alone, so that its size costs no memory. A short one stays in memory.
Result<mailbox::FileContent> spooled(std::istream& in) {
  std::error_code none;
  mailbox::FileSpool spool(Env::system(), std::filesystem::temp_directory_path(none).string());
  std::string piece(64UL * 1024, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0) {
    if (!spool.add(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount()))).ok()) {
      return Status(error::storage_failed,
                    std::string(say("Für die Nachricht ist kein Platz im Verzeichnis für Zwischenablagen (TMPDIR)",
                                    "there is no room for the message in the directory for temporary files (TMPDIR)")));
    }
  }
  if (in.bad()) {
    return Status(error::file_unreadable, std::string(say("Die Nachricht lässt sich nicht zu Ende lesen",
                                                          "the message cannot be read to its end")));
  }
  return spool.finish();
}

/// A file is read again whenever its content is needed, so that its size costs no memory.
Result<message::OpenedMessage> open_file(const std::string& path, const message::OpenOptions& options) {
  KVC_ASSIGN(const auto in, open_input(path));
  if (in->peek() == std::istream::traits_type::eof() && !in->bad()) {
    return Status(error::malformed,
                  std::string(say("es gibt keine Nachricht, die Eingabe ist leer", "no message, the input is empty")));
  }
  std::error_code unknown;
  if (path == "-" || !std::filesystem::is_regular_file(path, unknown)) {
    KVC_ASSIGN(const mailbox::FileContent content, spooled(*in));
    return message::open([content] { return content.open(); }, options);
  }
  return message::open([path] { return std::make_unique<std::ifstream>(path, std::ios::binary); }, options);
}

Result<int> open_mail(std::span<const std::string> args) {
  KVC_ASSIGN(const Options options, parse_options(args, kOptions, 1));
  if (options.positional.empty() || options.positional.front().empty()) {
    return Status(error::bad_request, std::string(say("genau eine Nachricht wird erwartet (- für die Standardeingabe)",
                                                      "exactly one message is expected (- for standard input)")));
  }
  KVC_ASSIGN(const auto open_with, open_options(options));
  KVC_ASSIGN(const auto message, open_file(options.positional.front(), open_with));
  const auto directory = options.one("--extract");
  const Result<std::vector<std::string>> files =
      directory ? extract_parts(message, *directory) : std::vector<std::string>();
  // What the message is worth does not depend on whether its parts could be put down.
  message_json(message, files.ok() ? *files : std::vector<std::string>()).stringify(std::cout, 2);
  std::cout << std::endl;
  explain(message, options);
  if (!files.ok()) {
    return report(files.status());
  }
  if (message.verdict == message::Verdict::valid) {
    return kGood;
  }
  return unreadable(message) ? kFailed : kWarning;
}

}  // namespace

int run_open(std::span<const std::string> args) {
  const auto result = open_mail(args);
  return result.ok() ? *result : report(result.status());
}

}  // namespace kvc::tool
