// SPDX-License-Identifier: Apache-2.0
// A practice: everything of src/ on its own directory, against a server of the tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kvconnect_server/server.h"
#include "service/known.h"
#include "unit/account/world.h"

namespace kvc::testing {

inline constexpr const char* kSubject = "Testpatientin-Betreffzeile";
inline constexpr const char* kLetter = "Testpatientin-Nachrichtentext";
inline constexpr const char* kFile = "Testpatientin-Befund.txt";
inline constexpr const char* kFileText = "Testpatientin-Laborwerte";

// The machine's clock, which a test may put forward so that nobody waits for the next try of a message.
class ForwardEnv final : public Env {
 public:
  [[nodiscard]] TimePoint now() const override { return Env::system().now() + ahead; }
  [[nodiscard]] std::chrono::steady_clock::time_point monotonic() const override { return Env::system().monotonic(); }
  bool sleep(Millis duration, const std::atomic<bool>& cancelled) override {
    return Env::system().sleep(duration, cancelled);
  }
  void random(std::span<std::uint8_t> out) override { Env::system().random(out); }
  double jitter() override { return Env::system().jitter(); }
  Millis ahead{0};
};

inline settings::Settings settings_for(const kvserver::Server& server) {
  const auto files = server.ca_files();
  settings::Environment environment;
  environment.id = "test";
  environment.base_url = server.base_url();
  environment.mail_domain = "kv-safenet.de";
  environment.tls_roots = {files.root.string()};
  environment.message_roots = {files.root.string()};
  environment.user_cas = {files.user_ca.string()};
  settings::Settings settings;
  settings.environments.push_back(environment);
  settings.csr_poll_seconds = 1;
  return settings;
}

class Practice {
 public:
  Practice(const kvserver::Server& server, std::filesystem::path where, std::string user_id)
      : Practice(settings_for(server), std::move(where), std::move(user_id)) {}
  Practice(const settings::Settings& settings, std::filesystem::path where, std::string user_id)
      : directory(std::move(where)), user(std::move(user_id)), environments(settings, env, Log::none()) {
    options.spool_directory = directory.string();
    open();
  }
  ~Practice() { close(); }

  // The process dies and starts again.
  void restart() {
    close();
    env.ahead += std::chrono::hours(1);
    open();
  }
  Status become_ready(const std::string& username, const char* initial, const char* password) {
    account::NewAccount data{
        "test", username, username, "", Secret(std::string_view(initial)), Secret(std::string_view(kKeystorePassword))};
    KVC_ASSIGN(id, accounts->create(user, data));
    KVC_ASSIGN(const auto checked, accounts->check(user, id, cancel));
    EXPECT_EQ(checked.state, account::State::password_change_needed);
    KVC_TRY(accounts->change_password(user, id, Secret(std::string_view(password)), cancel));
    return accounts->enroll(user, id, {}, cancel).status();
  }
  Status queue_letter(const std::string& to) {
    mailbox::Draft draft;
    draft.account_id = id;
    draft.to = to;
    draft.service_id = service::enachricht_delivery();
    draft.subject = "eNachricht";
    draft.user_subject = kSubject;
    draft.text = kLetter;
    draft.files.push_back({kFile, "text/plain", "Anhang", Secret(std::string_view(kFileText))});
    return mail->queue(user, draft).status();
  }
  Result<mailbox::SendSummary> send() { return mail->send_due(user, id, {}, cancel); }
  Result<mailbox::FetchSummary> fetch() { return mail->fetch(user, id, {}, cancel); }
  std::vector<mailbox::OutboxItem> outbox() {
    mailbox::OutboxFilter filter;
    filter.account_id = id;
    return mail->list_outbox(user, filter, {}, 100).value().items;
  }
  std::vector<mailbox::InboxItem> inbox() {
    mailbox::InboxFilter filter;
    filter.account_id = id;
    return mail->list_inbox(user, filter, {}, 100).value().items;
  }

  std::filesystem::path directory;
  std::string user, id;
  ForwardEnv env;
  FakeCustody custody;
  account::Environments environments;
  std::shared_ptr<store::Database> database;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<account::AccountService> accounts;
  std::unique_ptr<mailbox::MailboxService> mail;
  mailbox::Options options;  ///< of `mail` from its next start on
  Cancel cancel;

 private:
  void open() {
    database = store::Database::open("sqlite", directory.string(), env, Log::none()).value();
    vault = std::make_unique<vault::Vault>(database, custody, env);
    accounts = std::make_unique<account::AccountService>(database, *vault, environments, env, Log::none());
    mail = std::make_unique<mailbox::MailboxService>(database, *accounts, env, Log::none(), options);
  }
  void close() {
    mail.reset();
    accounts.reset();
    vault.reset();
    database.reset();
  }
};

}  // namespace kvc::testing
