// SPDX-License-Identifier: Apache-2.0
#include "tool/files.h"

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

/// The same error with the file's name, which the layers below do not know.
Status naming(const Status& status, const std::string& path) {
  return Status(status.code(), path + ": " + status.detail()).with("file", path);
}

Result<std::vector<message::DecryptionKey>> keys_of_pem(const std::string& path, const Secret& text,
                                                        const Secret& password) {
  auto key = crypto::PrivateKey::from_pem(text, password);
  if (!key.ok()) {
    return naming(key.status(), path);
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
    return naming(identities.status(), path);
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
    return naming(certificate.status(), path);
  }
  return certificate;
}

}  // namespace kvc::tool
