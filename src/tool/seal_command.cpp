// SPDX-License-Identifier: Apache-2.0
#include "tool/seal_command.h"

#include <Poco/JSON/Object.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/env.h"
#include "message/seal.h"
#include "mime/build.h"
#include "service/clear_subject.h"
#include "service/known.h"
#include "service/service_id.h"
#include "tool/files.h"
#include "tool/options.h"
#include "tool/service_parts.h"

namespace kvc::tool {
namespace {

constexpr std::array<OptionSpec, 10> kOptions = {{{"--from", false, true},
                                                  {"--to", false, true},
                                                  {"--service", false, true},
                                                  {"--text", false, true},
                                                  {"--attach", true, false},
                                                  {"--key", false, true},
                                                  {"--key-password-file", false, false},
                                                  {"--cert", false, true},
                                                  {"--recipient-cert", false, true},
                                                  {"--out", false, true}}};
constexpr const char* kSenderSystem = "KVConnectPlugin;V0.1";

Status refuse(const ErrorCode& code, std::string_view german, std::string_view in_english) {
  return {code, std::string(say(german, in_english))};
}

/// Three elements, of which the version alone may be empty ("eTS;Fehlernachricht;"). What is received may look
/// otherwise, what is sent may not.
Result<service::ServiceId> parse_service(const std::string& text) {
  auto id = service::ServiceId::parse(text);
  if (!id.ok() || std::count(text.begin(), text.end(), ';') != 2 || id->type.empty()) {
    return refuse(error::bad_request,
                  "--service: erwartet wird \"Dienst;Art;Version\", zum Beispiel \"eNachricht;Lieferung;V2.0\"",
                  "--service: \"Service;Type;Version\" is expected, for instance \"eNachricht;Lieferung;V2.0\"");
  }
  return id;
}

/// FILE[:type[:description]]; without a type the name's end says it. A name that exists as a whole is one without a
/// type, so that ':' in it does no harm.
Result<message::Attachment> parse_attachment(const std::string& argument) {
  std::string path = argument, type, description;
  std::error_code ignored;
  if (!std::filesystem::exists(argument, ignored)) {
    const auto first = argument.find(':');
    const auto second = first == std::string::npos ? first : argument.find(':', first + 1);
    path = argument.substr(0, first);
    type = first == std::string::npos
               ? ""
               : argument.substr(first + 1, second == std::string::npos ? second : second - first - 1);
    description = second == std::string::npos ? "" : argument.substr(second + 1);
  }
  message::Attachment attachment;
  attachment.name = std::filesystem::path(path).filename().string();
  attachment.type = type.empty() ? type_of(attachment.name) : type;
  attachment.description = description;
  const auto refused = [&](std::string_view german, std::string_view in_english) {
    return Status(error::bad_request, "--attach " + path + ": " + std::string(say(german, in_english)));
  };
  if (std::filesystem::is_directory(path, ignored) || !std::ifstream(path, std::ios::binary)) {
    return refused("die Datei ist nicht lesbar", "the file cannot be read");
  }
  if (!mime::is_file_type(attachment.type)) {
    return refused("hinter dem ersten \":\" steht kein Dateityp wie application/pdf",
                   "what follows the first \":\" is no type like application/pdf");
  }
  attachment.open = [path]() -> std::unique_ptr<std::istream> {
    auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
    return *file ? std::unique_ptr<std::istream>(std::move(file)) : nullptr;
  };
  return attachment;
}

Result<std::string> read_text(const std::string& path) {
  KVC_ASSIGN(const auto in, open_input(path));
  std::ostringstream text;
  if (in->peek() != std::istream::traits_type::eof()) {
    text << in->rdbuf();
  }
  return text.str();
}

Result<message::Outgoing> outgoing_of(const Options& options) {
  message::Outgoing outgoing;
  outgoing.from = options.text("--from");
  outgoing.to = options.text("--to");
  KVC_ASSIGN(outgoing.service_id, parse_service(options.text("--service")));
  outgoing.subject = service::clear_subject(outgoing.service_id);
  outgoing.sender_system = kSenderSystem;
  outgoing.date = Env::system().now();
  const auto at = outgoing.from.find('@');
  outgoing.message_id = new_uuid(Env::system()) + (at == std::string::npos ? "@invalid" : outgoing.from.substr(at));
  KVC_ASSIGN(outgoing.text, read_text(options.text("--text")));
  for (const auto& argument : options.all("--attach")) {
    KVC_ASSIGN(auto attachment, parse_attachment(argument));
    outgoing.attachments.push_back(std::move(attachment));
  }
  return outgoing;
}

Result<message::SealKeys> keys_of(const Options& options) {
  KVC_ASSIGN(const Secret password, read_password(options.one("--key-password-file")));
  KVC_ASSIGN(const auto keys, load_keys(options.text("--key"), password));
  KVC_ASSIGN(const auto certificate, load_certificate(options.text("--cert")));
  KVC_ASSIGN(const auto recipient, load_certificate(options.text("--recipient-cert")));
  for (const auto& key : keys) {
    if (certificate.carries_key_of(key.key)) {
      return message::SealKeys{key.key, certificate, recipient};
    }
  }
  return refuse(error::not_our_key, "das Zertifikat (--cert) gehört nicht zum Schlüssel (--key)",
                "the certificate (--cert) does not carry the key (--key)");
}

Status check_addresses(const message::Outgoing& outgoing, const message::SealKeys& keys) {
  if (!crypto::same_address(outgoing.from, keys.certificate.email())) {
    return refuse(error::certificate_foreign, "--from ist nicht die Adresse des eigenen Zertifikats",
                  "--from is not the address of the own certificate");
  }
  if (!crypto::same_address(outgoing.to, keys.recipient_certificate.email())) {
    return refuse(error::certificate_foreign, "--to ist nicht die Adresse des Empfängerzertifikats",
                  "--to is not the address of the recipient's certificate");
  }
  return {};
}

bool valid_now(const crypto::Certificate& certificate) {
  const auto now = Env::system().now();
  return certificate.not_before() <= now && now <= certificate.not_after();
}

/// rename() that leaves a file alone that bears the new name, also one that came this moment. Some file systems cannot
/// promise that; there the look before has to do.
bool rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  return (errno == EINVAL || errno == ENOSYS) && std::rename(from.c_str(), to.c_str()) == 0;
}

bool exists(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(std::filesystem::symlink_status(path, unknown));
}

/// A mail that is there under its name is whole: it is written beside and renamed.
Status write_mail(const message::Outgoing& outgoing, const message::SealKeys& keys, const std::string& path) {
  if (path == "-") {
    return message::seal(outgoing, keys, Env::system(), std::cout);
  }
  if (exists(path)) {
    return unwritable(path, EEXIST);
  }
  const std::string part = path + ".part";
  errno = 0;
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  if (!out) {
    return unwritable(path, errno);
  }
  Status status = message::seal(outgoing, keys, Env::system(), out);
  errno = 0;
  out.close();
  if (status.ok() && (!out || !rename_to_new(part, path))) {
    status = unwritable(path, errno);
  }
  if (!status.ok()) {
    std::remove(part.c_str());
  }
  return status;
}

Result<int> seal_mail(std::span<const std::string> args) {
  KVC_ASSIGN(const Options options, parse_options(args, kOptions));
  KVC_ASSIGN(const auto outgoing, outgoing_of(options));
  KVC_ASSIGN(const auto keys, keys_of(options));
  KVC_TRY(check_addresses(outgoing, keys));
  const bool valid = valid_now(keys.certificate) && valid_now(keys.recipient_certificate);
  if (!valid) {
    complain(say("Achtung: ein Zertifikat ist jetzt nicht gültig; versenden Sie diese Nachricht nicht",
                 "caution: a certificate is not valid now; do not send this message"));
  }
  const auto misfits = unfitting(outgoing.service_id, outgoing.attachments);
  for (const std::string& misfit : misfits) {
    complain(std::string(say("Achtung: passt nicht zum Dienst: ", "caution: does not fit the service: ")) + misfit);
  }
  const std::string path = options.text("--out");
  KVC_TRY(write_mail(outgoing, keys, path));
  if (path != "-") {
    Poco::JSON::Object json(Poco::JSON_PRESERVE_KEY_ORDER);
    json.set("message_id", outgoing.message_id);
    json.set("out", path);
    json.stringify(std::cout, 2);
    std::cout << std::endl;
  }
  return valid && misfits.empty() ? kGood : kWarning;
}

}  // namespace

int run_seal(std::span<const std::string> args) {
  const auto result = seal_mail(args);
  return result.ok() ? *result : report(result.status());
}

}  // namespace kvc::tool
