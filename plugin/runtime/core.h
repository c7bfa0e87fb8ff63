// SPDX-License-Identifier: Apache-2.0
// The core's services, wired together.
#pragma once

#include <memory>
#include <string>

#include "account/account_service.h"
#include "archive/archive_service.h"
#include "base/env.h"
#include "base/log.h"
#include "base/status.h"
#include "directory/directory_service.h"
#include "mailbox/mailbox_service.h"
#include "service/catalogue.h"
#include "settings/settings.h"
#include "store/database.h"
#include "vault/key_custody.h"
#include "vault/vault.h"

namespace kvc::plugin {

/// Everything of src/ the commands use. Thread: [worker].
class Core {
 public:
  /// Opens the database in `directory`, migrating it if it is older, and reads the integrator's services. Errors: those
  /// of store::Database::open and service::Catalogue::load.
  static Result<std::shared_ptr<Core>> open(const settings::Settings& settings, const std::string& directory,
                                            vault::KeyCustody& custody, Env& env, Log& log);

  Core(std::shared_ptr<store::Database> database, service::Catalogue catalogue, const settings::Settings& settings,
       const std::string& directory, vault::KeyCustody& custody, Env& env, Log& log);

  [[nodiscard]] account::AccountService& accounts() noexcept { return accounts_; }
  [[nodiscard]] mailbox::MailboxService& mailbox() noexcept { return mailbox_; }
  [[nodiscard]] directory::DirectoryService& directory() noexcept { return directory_; }
  [[nodiscard]] archive::ArchiveService& archive() noexcept { return archive_; }
  [[nodiscard]] const service::Catalogue& catalogue() const noexcept { return catalogue_; }
  [[nodiscard]] account::Environments& environments() noexcept { return environments_; }

 private:
  std::shared_ptr<store::Database> database_;
  service::Catalogue catalogue_;
  vault::Vault vault_;
  account::Environments environments_;
  account::AccountService accounts_;
  directory::DirectoryService directory_;
  mailbox::MailboxService mailbox_;
  archive::ArchiveService archive_;
};

}  // namespace kvc::plugin
