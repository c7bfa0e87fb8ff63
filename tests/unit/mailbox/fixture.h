// SPDX-License-Identifier: Apache-2.0
// Two practices that write to each other.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "account/sql.h"
#include "service/known.h"
#include "unit/account/world.h"

namespace kvc::testing {

inline constexpr const char* kAddressA = "praxis-a@kv-safenet.de";
inline constexpr const char* kAddressB = "praxis-b@kv-safenet.de";
// Words that may be nowhere in clear.
inline constexpr const char* kUserSubject = "Befund-Testpatient-Betreff";
inline constexpr const char* kText = "Testpatient-Inhalt-der-Nachricht";
inline constexpr const char* kFileName = "Testpatient-Dateiname.txt";
inline constexpr const char* kGuid = "6F1C2D3E-0000-4A4A-8B8B-0123456789AB";
inline constexpr const char* kFileContent = "Testpatient-Inhalt-der-Datei";

class Mailbox : public ::testing::Test {
 protected:
  mailbox::Draft draft(const std::string& to = kAddressB) const {
    mailbox::Draft made;
    made.account_id = world->account_a;
    made.to = to;
    made.service_id = service::enachricht_delivery();
    made.subject = "eNachricht";
    made.user_subject = kUserSubject;
    made.text = kText;
    made.files.push_back({kFileName, "text/plain", "Anhang", Secret(std::string_view(kFileContent))});
    return made;
  }
  static mailbox::DraftFile file(const std::string& name, const std::string& type, const std::string& content = "x",
                                 const std::string& description = {}) {
    return {name, type, description, Secret(std::string_view(content))};
  }
  // A 1-Click delivery to B, who plays the KV.
  mailbox::Draft billing(const std::string& guid = kGuid, int version = 1) const {
    mailbox::Draft made;
    made.account_id = world->account_a;
    made.to = kAddressB;
    made.service_id = {"1ClickAbrechnung", "Lieferung", "V2.0"};
    made.delivery = mailbox::DeliveryFacts{guid, version, "999999900", "2026-3", "ABRECHNUNG", false};
    made.announced = {service::MessageKind::receipt, service::MessageKind::feedback};
    made.files.push_back(file("begleitdatei.xml", "application/xml", companion(guid, version)));
    made.files.push_back(file("Z01999999900_05.10.2026_09.25.con.XKM", "application/octet-stream"));
    return made;
  }
  static std::string companion(const std::string& guid, int version) {
    return "<einlieferung xmlns=\"http://www.kv-telematik.de/1-Click/Meldung_Einlieferung/2.0.0\"><version V=\"" +
           std::to_string(version) + "\"/><guid V=\"" + guid + "\"/></einlieferung>";
  }
  // What the billing folder does for the program: GUID and version of the companion file.
  static std::optional<mailbox::ThreadKey> thread_key(const message::OpenedMessage& message) {
    for (std::size_t i = 0; i < message.parts.size(); ++i) {
      std::ostringstream text;
      if (message.parts[i].name != "begleitdatei.xml" || !message.read_part(i, text).ok()) {
        continue;
      }
      const auto value = [&](const std::string& name) {
        const std::string xml = text.str();
        const std::size_t at = xml.find('<' + name + " V=\"");
        const std::size_t begin = at == std::string::npos ? xml.size() : at + name.size() + 5;
        return xml.substr(begin, xml.find('"', begin) - begin);
      };
      return mailbox::ThreadKey{value("guid"), std::atoi(value("version").c_str())};
    }
    return std::nullopt;
  }
  // The world's service with the GUID reader, and with another catalogue if one is given.
  void use(mailbox::Options options) {
    options.thread_key = thread_key;
    world->mailbox =
        std::make_unique<mailbox::MailboxService>(world->database, *world->accounts, world->env, Log::none(), options);
  }
  mailbox::InboxPage list(const mailbox::InboxFilter& filter, const std::string& cursor = {}, std::size_t limit = 20) {
    auto page = world->mailbox->list_inbox("bert", filter, cursor, limit);
    EXPECT_TRUE(page.ok()) << page.status().to_string();
    return page.ok() ? std::move(page).value() : mailbox::InboxPage{};
  }

  std::string queue(const mailbox::Draft& made) {
    const auto id = world->mailbox->queue("anna", made);
    EXPECT_TRUE(id.ok()) << id.status().to_string();
    return id.ok() ? *id : std::string();
  }
  Result<mailbox::SendSummary> send() { return world->mailbox->send_due("anna", world->account_a, {}, world->cancel); }
  Result<mailbox::FetchSummary> fetch_a() { return world->mailbox->fetch("anna", world->account_a, {}, world->cancel); }
  Result<mailbox::FetchSummary> fetch_b() { return world->mailbox->fetch("bert", world->account_b, {}, world->cancel); }
  // Everything, page by page.
  std::vector<mailbox::OutboxItem> outbox_of(const std::string& user, const std::string& account) {
    std::vector<mailbox::OutboxItem> all;
    mailbox::OutboxFilter filter;
    filter.account_id = account;
    std::string cursor;
    do {
      auto page = world->mailbox->list_outbox(user, filter, cursor, 100);
      if (!page.ok()) {
        ADD_FAILURE() << page.status().to_string();
        break;
      }
      std::move(page->items.begin(), page->items.end(), std::back_inserter(all));
      cursor = page->next;
    } while (!cursor.empty());
    return all;
  }
  std::vector<mailbox::InboxItem> inbox_of(const std::string& user, const std::string& account) {
    std::vector<mailbox::InboxItem> all;
    mailbox::InboxFilter filter;
    filter.account_id = account;
    std::string cursor;
    do {
      auto page = world->mailbox->list_inbox(user, filter, cursor, 100);
      if (!page.ok()) {
        ADD_FAILURE() << page.status().to_string();
        break;
      }
      std::move(page->items.begin(), page->items.end(), std::back_inserter(all));
      cursor = page->next;
    } while (!cursor.empty());
    return all;
  }
  std::vector<mailbox::OutboxItem> outbox_a() { return outbox_of("anna", world->account_a); }
  std::vector<mailbox::OutboxItem> outbox_b() { return outbox_of("bert", world->account_b); }
  std::vector<mailbox::InboxItem> inbox_a() { return inbox_of("anna", world->account_a); }
  std::vector<mailbox::InboxItem> inbox_b() { return inbox_of("bert", world->account_b); }
  mailbox::OutboxItem item_a(const std::string& id) {
    for (auto& item : outbox_a()) {
      if (item.id == id) {
        return item;
      }
    }
    ADD_FAILURE() << "not in the outbox";
    return {};
  }
  std::vector<std::pair<std::string, std::string>>& on_server_b() { return world->server.account_of("praxis-b").mails; }
  std::vector<std::pair<std::string, std::string>>& on_server_a() { return world->server.account_of("praxis-a").mails; }

  // A mail of A that its own program would not send; `edit` may change the raw bytes on the way. Returns its
  // Message-ID.
  std::string deliver(message::Outgoing mail, const std::function<void(std::string&)>& edit = {}) {
    const auto session = world->accounts->open("anna", world->account_a);
    EXPECT_TRUE(session.ok());
    mail.from = kAddressA;
    mail.to = kAddressB;
    mail.message_id = new_uuid(world->env) + "@kv-safenet.de";
    mail.date = world->env.now();
    const auto recipient = crypto::Certificate::from_pem(*world->server.account_of("praxis-b").certificate);
    std::ostringstream raw;
    const Status sealed = message::seal(
        mail, {session->identities[0].key, session->identities[0].certificate, *recipient}, world->env, raw);
    EXPECT_TRUE(sealed.ok()) << sealed.to_string();
    std::string text = raw.str();
    if (edit) {
      edit(text);
    }
    on_server_b().emplace_back(mail.message_id, text);
    return mail.message_id;
  }
  // How many rows a table has.
  std::int64_t rows(const std::string& table) {
    std::int64_t count = -1;
    const Status read = world->database->read([&](Poco::Data::Session& session) {
      account::Sql sql(session, "SELECT count(*) FROM " + table);
      sql.into(count).next();
      return Status();
    });
    EXPECT_TRUE(read.ok()) << read.to_string();
    return count;
  }
  static message::Outgoing plain_mail() {
    message::Outgoing mail;
    mail.service_id = service::enachricht_delivery();
    mail.subject = "eNachricht";
    mail.text = "Hallo";
    mail.request_receipt = true;
    return mail;
  }

  std::unique_ptr<World> world = World::with_two_accounts();
};

}  // namespace kvc::testing
