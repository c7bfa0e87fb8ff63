// SPDX-License-Identifier: Apache-2.0
#include "tool/files.h"

#include <cerrno>
#include <fstream>
#include <iostream>

#include "crypto/key.h"
#include "crypto/pkcs12.h"
#include "mime/wiped_bytes.h"
#include "tool/options.h"

namespace kvc::tool {
namespace {

Status unreadable(const std::string& path) {
  return Status(error::file_unreadable,
                std::string(say("die Datei ist nicht lesbar: ", "the file cannot be read: ")) + path)
      .with("file", path);
}

/// The same error with the file's name, which the layers below do not know. Their sentences are English; `german` is
/// the one for a file that is not what it should be.
Status naming(const Status& status, const std::string& path, std::string_view german) {
  const bool other_words = status.is(error::malformed) && !english();
  return Status(status.code(), path + ": " + (other_words ? std::string(german) : status.detail())).with("file", path);
}

Status no_key(const Status& status, const std::string& path, const Secret& password) {
  if (!status.is(error::wrong_passphrase)) {
    return naming(status, path, "kein lesbarer Schlüssel (PEM oder PKCS#12)");
  }
  const auto why =
      password.empty()
          ? say("ein Passwort schützt diesen Schlüssel; nennen Sie mit --key-password-file die Datei, in der es steht",
                "a password protects this key; name the file it stands in with --key-password-file")
          : say("das Passwort aus --key-password-file öffnet diesen Schlüssel nicht",
                "the password of --key-password-file does not open this key");
  return Status(status.code(), path + ": " + std::string(why)).with("file", path);
}

std::string_view reason_of(int code) {
  switch (code) {
    case EEXIST:
      return say("die Datei gibt es schon und bleibt, wie sie ist; nennen Sie einen anderen Ort",
                 "the file exists and stays as it is; name another place");
    case ENOTDIR:
      return say("das ist kein Ordner", "this is not a directory");
    case ENOENT:
      return say("den Ordner darüber gibt es nicht", "the directory above it does not exist");
    case EACCES:
    case EPERM:
      return say("dort darf dieser Benutzer nicht schreiben", "this user may not write there");
    case EROFS:
      return say("der Datenträger ist schreibgeschützt", "the disk is read-only");
    case ENOSPC:
    case EDQUOT:
      return say("auf dem Datenträger ist kein Platz mehr", "there is no room left on the disk");
    case EISDIR:
      return say("das ist ein Ordner", "this is a directory");
    case ENAMETOOLONG:
      return say("der Name ist zu lang", "the name is too long");
    default:
      return say("der Datenträger nimmt nichts an", "the disk takes nothing");
  }
}

Result<std::vector<message::DecryptionKey>> keys_of_pem(const std::string& path, const Secret& text,
                                                        const Secret& password) {
  auto key = crypto::PrivateKey::from_pem(text, password);
  if (!key.ok()) {
    return no_key(key.status(), path, password);
  }
  message::DecryptionKey result{*key, std::nullopt, path};
  const auto certificates = crypto::Certificate::all_from_pem(text.reveal());
  if (certificates.ok()) {
    for (const auto& certificate : *certificates) {
      if (certificate.carries_key_of(*key)) {
        result.certificate = certificate;
        break;
      }
    }
  }
  return std::vector{std::move(result)};
}

}  // namespace

Result<std::shared_ptr<std::istream>> open_input(const std::string& path) {
  if (path == "-") {
    return std::shared_ptr<std::istream>(&std::cin, [](std::istream*) {});
  }
  auto file = std::make_shared<std::ifstream>(path, std::ios::binary);
  // A directory opens well and fails at the first read.
  if (!*file || (file->peek(), file->bad())) {
    return unreadable(path);
  }
  file->clear();
  return std::shared_ptr<std::istream>(std::move(file));
}

Status unwritable(const std::string& path, int reason) {
  return Status(error::file_unwritable,
                std::string(say("nicht geschrieben: ", "not written: ")) + path + ": " + std::string(reason_of(reason)))
      .with("file", path);
}

Result<Secret> read_secret(const std::string& path) {
  KVC_ASSIGN(const auto in, open_input(path));
  mime::WipedBytes bytes(kMaxKeyFile + 1);
  in->read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto size = static_cast<std::size_t>(in->gcount());
  if (in->bad()) {
    return unreadable(path);
  }
  if (size > kMaxKeyFile) {
    return Status(error::too_large,
                  path + std::string(say(": zu groß für diese Art von Datei", ": too large for this kind of file")));
  }
  return Secret(std::string_view(bytes.data(), size));
}

Result<Secret> read_password(const std::optional<std::string>& path) {
  if (!path) {
    return Secret();
  }
  KVC_ASSIGN(const Secret text, read_secret(*path));
  auto line = text.reveal();
  line = line.substr(0, line.find('\n'));
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  return Secret(line);
}

Result<std::vector<message::DecryptionKey>> load_keys(const std::string& path, const Secret& password) {
  KVC_ASSIGN(const Secret text, read_secret(path));
  if (text.reveal().find("-----BEGIN ") != std::string_view::npos) {
    return keys_of_pem(path, text, password);
  }
  auto identities = crypto::read_pkcs12(text.reveal(), password);
  if (!identities.ok()) {
    return no_key(identities.status(), path, password);
  }
  std::vector<message::DecryptionKey> keys;
  for (const auto& identity : *identities) {
    keys.push_back({identity.key, identity.certificate, path});
  }
  if (keys.empty()) {
    return Status(error::malformed, path + std::string(say(": kein privater Schlüssel", ": no private key")));
  }
  return keys;
}

Result<crypto::Certificate> load_certificate(const std::string& path) {
  KVC_ASSIGN(const Secret text, read_secret(path));
  auto certificate = crypto::Certificate::from_pem(text.reveal());
  if (!certificate.ok()) {
    return naming(certificate.status(), path, "kein lesbares Zertifikat (PEM)");
  }
  return certificate;
}

Result<crypto::TrustList> load_trust(const std::vector<std::string>& roots, const std::vector<std::string>& user_cas) {
  auto trust = crypto::TrustList::load(roots, user_cas);
  if (trust.ok() || english()) {
    return trust;
  }
  const Status status = trust.status();
  for (const auto& [name, file] : status.params()) {
    if (name == "file" && status.is(error::file_unreadable)) {
      return Status(status.code(), "die Datei mit CA-Zertifikaten ist nicht lesbar: " + file).with("file", file);
    }
    if (name == "file" && status.is(error::malformed)) {
      return Status(status.code(), file +
                                       ": kein brauchbares CA-Zertifikat (PEM oder DER; eine Wurzel hat sich selbst "
                                       "unterschrieben)")
          .with("file", file);
    }
  }
  return status;
}

}  // namespace kvc::tool
