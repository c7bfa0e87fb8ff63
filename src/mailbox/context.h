// SPDX-License-Identifier: Apache-2.0
// What the coordinators of this folder work with.
#pragma once

#include "mailbox/content_cipher.h"
#include "mailbox/mailbox_service.h"

namespace kvc::mailbox {

struct Context {
  std::shared_ptr<store::Database> database;
  account::AccountService& accounts;
  Env& env;
  Log& log;
  Options options;
  [[nodiscard]] const service::Catalogue& catalogue() const { return *options.catalogue; }
  [[nodiscard]] FileSpool new_file() const { return {env, options.spool_directory}; }
};

/// An account opened for one call.
struct OpenAccount {
  account::Session session;
  ContentCipher cipher;
  [[nodiscard]] const std::string& id() const { return session.account.id; }
  [[nodiscard]] const std::string& address() const { return session.account.address; }
};

}  // namespace kvc::mailbox
