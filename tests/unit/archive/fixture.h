// SPDX-License-Identifier: Apache-2.0
// Two practices, and a folder with mails of both.
#pragma once

#include <filesystem>
#include <fstream>

#include "archive/archive_service.h"
#include "unit/crypto/openssl_tool.h"
#include "unit/mailbox/fixture.h"
#include "unit/message/samples.h"

namespace kvc::testing {

class Archive : public Mailbox {
 protected:
  void SetUp() override {
    folder = scratch.file("archiv");
    std::filesystem::create_directories(folder);
  }

  archive::ArchiveService service() { return {world->database, *world->accounts, world->env, Log::none()}; }

  /// A mail of A for B that was never on a server.
  std::string mail(const std::function<void(message::Outgoing&)>& edit = {}) {
    message::Outgoing made = plain_mail();
    if (edit) {
      edit(made);
    }
    deliver(made);
    std::string raw = on_server_b().back().second;
    on_server_b().pop_back();
    return raw;
  }
  std::string put(const std::string& name, const std::string& bytes) {
    const auto path = folder / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  archive::ImportSummary import(const std::string& path, const std::string& user = "bert") {
    auto made = service();
    const auto summary = made.import(user, path, {}, world->cancel);
    EXPECT_TRUE(summary.ok()) << summary.status().to_string();
    return summary.ok() ? *summary : archive::ImportSummary();
  }
  archive::ImportSummary import_all(const std::string& user = "bert") { return import(folder.string(), user); }

  static std::string with_lf(std::string text) {
    std::erase(text, '\r');
    return text;
  }
  static std::string without_field(const std::string& mail, const std::string& name) {
    const std::size_t begin = mail.find("\r\n" + name + ":") + 2;
    return mail.substr(0, begin) + mail.substr(mail.find("\r\n", begin) + 2);
  }

  test_pki::ScratchDirectory scratch;
  std::filesystem::path folder;
};

}  // namespace kvc::testing
