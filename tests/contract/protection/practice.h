// SPDX-License-Identifier: Apache-2.0
// A practice with several users, each with a passphrase, over a data directory that others may have copied.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "account/account_service.h"
#include "kvconnect_server/server.h"
#include "mailbox/mailbox_service.h"
#include "vault/passphrase_custody.h"

namespace kvc::protection {

struct Letter {
  std::string to, subject, text, file_name, file_text;
};

/// Opens the data directory `where`, which may be a copy: then nobody has logged in.
class Practice {
 public:
  Practice(const kvserver::Server& server, std::filesystem::path where);

  /// A new user, logged in.
  void hire(std::string_view user);
  void log_in(std::string_view user);
  void log_out(std::string_view user);
  static Secret passphrase_of(std::string_view user);

  /// From the KV's initial password to the certificate. The account's id.
  std::string make_account(std::string_view user, const std::string& username, std::string_view initial,
                           std::string_view password, std::string_view keystore_password);
  std::string queue(std::string_view user, std::string_view account_id, const Letter& letter);
  void send(std::string_view user, std::string_view account_id);
  void fetch(std::string_view user, std::string_view account_id);
  std::vector<mailbox::InboxItem> inbox(std::string_view user, std::string_view account_id);
  std::vector<mailbox::OutboxItem> outbox(std::string_view user, std::string_view account_id);

  std::filesystem::path directory;
  std::shared_ptr<store::Database> database;
  vault::PassphraseCustody custody;
  account::Environments environments;
  vault::Vault vault;
  account::AccountService accounts;
  mailbox::MailboxService mail;
  Cancel cancel;
};

}  // namespace kvc::protection
