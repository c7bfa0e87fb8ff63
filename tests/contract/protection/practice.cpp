// SPDX-License-Identifier: Apache-2.0
#include "contract/protection/practice.h"

#include <gtest/gtest.h>

#include "service/known.h"

namespace kvc::protection {
namespace {

/// Cheap: what is tested is who has the passphrase, not how slowly it is guessed.
constexpr crypto::ScryptCost kCheap{1024, 8, 1};

settings::Settings settings_for(const kvserver::Server& server) {
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

Secret secret(std::string_view text) {
  return Secret(text);
}

}  // namespace

Practice::Practice(const kvserver::Server& server, std::filesystem::path where)
    : directory(std::move(where)),
      database(store::Database::open("sqlite", directory.string(), Env::system(), Log::none()).value()),
      custody(database, Env::system(), kCheap),
      environments(settings_for(server), Env::system(), Log::none()),
      vault(database, custody, Env::system()),
      accounts(database, vault, environments, Env::system(), Log::none()),
      mail(database, accounts, Env::system(), Log::none()) {}

Secret Practice::passphrase_of(std::string_view user) {
  return Secret("Passphrase-Kanarie-" + std::string(user));
}

void Practice::hire(std::string_view user) {
  const Status done = custody.enroll(user, passphrase_of(user));
  ASSERT_TRUE(done.ok()) << done.to_string();
}

void Practice::log_in(std::string_view user) {
  const Status done = custody.unlock(user, passphrase_of(user));
  ASSERT_TRUE(done.ok()) << done.to_string();
}

void Practice::log_out(std::string_view user) {
  custody.lock(user);
}

std::string Practice::make_account(std::string_view user, const std::string& username, std::string_view initial,
                                   std::string_view password, std::string_view keystore_password) {
  const auto id =
      accounts.create(user, {"test", username, "Praxiskonto", "", secret(initial), secret(keystore_password)});
  EXPECT_TRUE(id.ok()) << id.status().to_string();
  EXPECT_TRUE(accounts.check(user, *id, cancel).ok());
  EXPECT_TRUE(accounts.change_password(user, *id, secret(password), cancel).ok());
  const auto ready = accounts.enroll(user, *id, {}, cancel);
  EXPECT_TRUE(ready.ok()) << ready.status().to_string();
  return *id;
}

std::string Practice::queue(std::string_view user, std::string_view account_id, const Letter& letter) {
  mailbox::Draft draft;
  draft.account_id = account_id;
  draft.to = letter.to;
  draft.service_id = service::enachricht_delivery();
  draft.user_subject = letter.subject;
  draft.text = letter.text;
  draft.request_receipt = false;
  draft.files.push_back({letter.file_name, "text/plain", "Anhang", secret(letter.file_text)});
  const auto id = mail.queue(user, draft);
  EXPECT_TRUE(id.ok()) << id.status().to_string();
  return id.ok() ? *id : std::string();
}

void Practice::send(std::string_view user, std::string_view account_id) {
  const auto sent = mail.send_due(user, account_id, {}, cancel);
  ASSERT_TRUE(sent.ok()) << sent.status().to_string();
  ASSERT_EQ(sent->failed + sent->waiting, 0);
}

void Practice::fetch(std::string_view user, std::string_view account_id) {
  const auto fetched = mail.fetch(user, account_id, {}, cancel);
  ASSERT_TRUE(fetched.ok()) << fetched.status().to_string();
}

std::vector<mailbox::InboxItem> Practice::inbox(std::string_view user, std::string_view account_id) {
  mailbox::InboxFilter filter;
  filter.account_id = account_id;
  auto page = mail.list_inbox(user, filter, {}, 100);
  return page.ok() ? std::move(page.value().items) : std::vector<mailbox::InboxItem>();
}

std::vector<mailbox::OutboxItem> Practice::outbox(std::string_view user, std::string_view account_id) {
  mailbox::OutboxFilter filter;
  filter.account_id = account_id;
  auto page = mail.list_outbox(user, filter, {}, 100);
  return page.ok() ? std::move(page.value().items) : std::vector<mailbox::OutboxItem>();
}

}  // namespace kvc::protection
