// SPDX-License-Identifier: Apache-2.0
#include "mailbox/mailbox_service.h"

#include <istream>
#include <ostream>

#include "base/guard.h"
#include "mailbox/archived.h"
#include "mailbox/blob.h"
#include "mailbox/drafting.h"
#include "mailbox/reader.h"
#include "mailbox/receiver.h"
#include "mailbox/recipient.h"
#include "mailbox/replies.h"
#include "mailbox/sender.h"
#include "mailbox/service_impl.h"

namespace kvc::mailbox {
namespace {

constexpr std::string_view kFetchPurpose = "fetch";
constexpr Millis kFetchPatience{30000};

Status not_found() {
  return {error::not_found, "no such message for this user"};
}

Status left_already() {
  return {error::invalid_state, "the message may have left already and cannot be taken back"};
}

Status not_fetched() {
  return {error::invalid_state, "the mail is larger than the settings allow and was not fetched"};
}

std::vector<std::string> roles_of(const message::OpenedMessage& message, const std::string& service_id,
                                  const service::Catalogue& catalogue) {
  std::vector<std::string> roles(message.parts.size());
  const auto match = catalogue.find(service_id);
  if (!match) {
    return roles;
  }
  std::vector<service::FileFacts> files;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const message::Part& part = message.parts[i];
    if (part.attachment) {
      files.push_back({part.name, part.type, part.description});
      places.push_back(i);
    }
  }
  auto found = service::roles_of(*match->message, files);
  for (std::size_t i = 0; i < places.size(); ++i) {
    roles[places[i]] = std::move(found[i]);
  }
  return roles;
}

}  // namespace

MailboxService::MailboxService(std::shared_ptr<store::Database> database, account::AccountService& accounts, Env& env,
                               Log& log, Options options)
    : impl_(std::make_shared<Impl>(Impl{{std::move(database), accounts, env, log, std::move(options)}})) {}

const service::Catalogue& MailboxService::catalogue() const {
  return impl_->context.catalogue();
}

FileSpool MailboxService::new_file() const {
  return impl_->context.new_file();
}

Result<OpenAccount> MailboxService::Impl::open_account(std::string_view user_id, std::string_view account_id) {
  KVC_ASSIGN(auto session, context.accounts.open(user_id, account_id));
  ContentCipher cipher(context.env, session.content_key, session.account.id, session.older_content_keys);
  return OpenAccount{std::move(session), std::move(cipher)};
}

Result<store::Selection> MailboxService::Impl::accounts_of(std::string_view user_id, std::string_view account_id) {
  if (account_id.empty()) {
    return vault::Vault::accounts_of(user_id);
  }
  KVC_TRY(context.accounts.overview(user_id, account_id).status());
  return store::Selection::of(account_id);
}

Result<OutboxRow> MailboxService::Impl::outbox_row(std::string_view user_id, std::string_view outbox_id) {
  std::optional<OutboxRow> row;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    row = outbox::find(session, outbox_id);
    return Status();
  }));
  if (!row || !context.accounts.overview(user_id, row->account_id).ok()) {
    return not_found();
  }
  return std::move(*row);
}

Result<InboxRow> MailboxService::Impl::inbox_row(std::string_view user_id, std::string_view inbox_id) {
  std::optional<InboxRow> row;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    row = inbox::find(session, inbox_id, user_id);
    return Status();
  }));
  if (!row || !context.accounts.overview(user_id, row->account_id).ok()) {
    return not_found();
  }
  return std::move(*row);
}

// ---- fetching and opening ----

Result<FetchSummary> MailboxService::Impl::fetch(std::string_view user_id, std::string_view account_id,
                                                 const ProgressFn& progress, const Cancel& cancel) {
  KVC_ASSIGN(const auto account, open_account(user_id, account_id));
  auto received = receive(account, progress, cancel);
  if (!received.ok()) {
    return received;
  }
  // Answers to what was fetched go out with everything else that is due. Why sending fails stands in the outbox.
  const auto sent = guarded([&] { return Sender(context, account, progress, cancel).run(); });
  if (!sent.ok()) {
    context.log.write(LogLevel::warning, "mailbox",
                      std::string("sending after a fetch stopped: ") + sent.status().code().key);
  }
  return received;
}

Result<FetchSummary> MailboxService::Impl::receive(const OpenAccount& account, const ProgressFn& progress,
                                                   const Cancel& cancel) {
  KVC_ASSIGN(auto lease, account::Lease::acquire(context.database, context.env, account.id(), kFetchPurpose,
                                                 kFetchPatience, cancel));
  Status skipped;
  Receiver receiver(context, account, account.session.max_message_bytes * 2, lease, progress, cancel);
  auto summary = receiver.run(skipped);
  const Status outcome = summary.ok() ? skipped : summary.status();
  KVC_TRY(context.accounts.record_fetch(account.id(), outcome));
  // Here, because a fetch happens in every practice every day, and on no thread of the host's.
  if (const Status kept = context.database->maintain(); !kept.ok()) {
    context.log.write(LogLevel::warning, "mailbox", std::string("no backup of the database: ") + kept.code().key);
  }
  return summary;
}

Result<OpenedItem> MailboxService::Impl::open(std::string_view user_id, std::string_view inbox_id) {
  KVC_ASSIGN(auto row, inbox_row(user_id, inbox_id));
  if (row.too_large_limit != 0) {
    return not_fetched();
  }
  KVC_ASSIGN(const auto account, open_account(user_id, row.account_id));
  Reader reader(context, account);
  KVC_ASSIGN(auto message, reader.judge(row));
  KVC_TRY(reader.record(row, message));
  KVC_TRY(context.database->write([&](Poco::Data::Session& session) {
    inbox::mark_read(session, inbox_id, user_id, context.env.now());
    return Status();
  }));
  row.read = true;
  auto listed = inbox_item(row, account);
  if (listed.unreadable) {
    KVC_TRY(reader.repair(row, message));
    listed = inbox_item(row, account);
  }
  auto roles = roles_of(message, listed.service_id, context.catalogue());
  OpenedBy by = reader.opened_by(message);
  KVC_ASSIGN(const bool archived, is_archived(*context.database, inbox_id));
  return OpenedItem{std::move(listed), std::move(message), std::move(by), archived, std::move(roles)};
}

Result<int> MailboxService::Impl::reopen(std::string_view user_id, std::string_view account_id,
                                         const ProgressFn& progress, const Cancel& cancel) {
  KVC_ASSIGN(const auto account, open_account(user_id, account_id));
  std::vector<std::string> ids;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    ids = inbox::unopened(session, account_id);
    return Status();
  }));
  Reader reader(context, account);
  int opened = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (cancel.requested()) {
      return Status(error::cancelled, "cancelled while opening stored mails");
    }
    if (progress) {
      progress(static_cast<int>(i * 1000 / ids.size()), "reopen.mail");
    }
    KVC_ASSIGN(auto row, inbox_row(user_id, ids[i]));
    KVC_ASSIGN(const auto message, reader.judge(row));
    KVC_TRY(reader.record(row, message));
    opened += row.opened ? 1 : 0;
  }
  return opened;
}

// ---- the public door: writing ----

Result<std::vector<DraftProblem>> MailboxService::check(std::string_view user_id, const Draft& draft) {
  return guarded([&]() -> Result<std::vector<DraftProblem>> {
    KVC_TRY(impl_->context.accounts.overview(user_id, draft.account_id).status());
    return parts_problems(draft, catalogue());
  });
}

Result<std::string> MailboxService::queue(std::string_view user_id, const Draft& draft, std::string_view replaces) {
  return guarded([&] { return impl_->queue(user_id, draft, replaces); });
}

Result<std::string> MailboxService::save_draft(std::string_view user_id, const Draft& draft,
                                               std::string_view outbox_id) {
  return guarded([&] { return impl_->save_draft(user_id, draft, outbox_id); });
}

Result<Draft> MailboxService::load_draft(std::string_view user_id, std::string_view outbox_id) {
  return guarded([&] { return impl_->load_draft(user_id, outbox_id); });
}

Result<std::string> MailboxService::queue_draft(std::string_view user_id, std::string_view outbox_id) {
  return guarded([&] { return impl_->queue_draft(user_id, outbox_id); });
}

Result<Draft> MailboxService::answer_draft(std::string_view user_id, std::string_view inbox_id,
                                           std::string_view prefix) {
  return guarded([&] { return impl_->answer_draft(user_id, inbox_id, prefix); });
}

Result<Draft> MailboxService::forward_draft(std::string_view user_id, std::string_view inbox_id,
                                            std::string_view prefix) {
  return guarded([&] { return impl_->forward_draft(user_id, inbox_id, prefix); });
}

// ---- the public door: sending ----

Result<RecipientCheck> MailboxService::check_recipient(std::string_view user_id, std::string_view account_id,
                                                       std::string_view address, const Cancel& cancel) {
  return guarded([&]() -> Result<RecipientCheck> {
    KVC_ASSIGN(const auto account, impl_->open_account(user_id, account_id));
    return mailbox::check_recipient(account, address, impl_->context.env.now(), cancel);
  });
}

Result<SendSummary> MailboxService::send_due(std::string_view user_id, std::string_view account_id,
                                             const ProgressFn& progress, const Cancel& cancel) {
  return guarded([&]() -> Result<SendSummary> {
    KVC_ASSIGN(const auto account, impl_->open_account(user_id, account_id));
    return Sender(impl_->context, account, progress, cancel).run();
  });
}

Status MailboxService::retry(std::string_view user_id, std::string_view outbox_id) {
  return guarded([&]() -> Status {
    KVC_TRY(impl_->outbox_row(user_id, outbox_id).status());
    return impl_->context.database->write([&](Poco::Data::Session& session) {
      return outbox::make_due(session, outbox_id, impl_->context.env.now())
                 ? Status()
                 : Status(error::invalid_state, "only failed or waiting messages can be sent again");
    });
  });
}

Status MailboxService::withdraw(std::string_view user_id, std::string_view outbox_id, Withdraw only) {
  return guarded([&]() -> Status {
    KVC_TRY(impl_->outbox_row(user_id, outbox_id).status());
    return impl_->context.database->write([&](Poco::Data::Session& session) {
      return outbox::withdraw(session, outbox_id, only) ? Status() : left_already();
    });
  });
}

Status MailboxService::take_back(std::string_view user_id, std::string_view outbox_id) {
  return guarded([&]() -> Status {
    KVC_TRY(impl_->outbox_row(user_id, outbox_id).status());
    return impl_->context.database->write([&](Poco::Data::Session& session) {
      return outbox::take_back(session, outbox_id) ? Status() : left_already();
    });
  });
}

// ---- the public door: outbox ----

Result<OutboxPage> MailboxService::list_outbox(std::string_view user_id, const OutboxFilter& filter,
                                               std::string_view cursor, std::size_t limit) {
  return guarded([&] { return impl_->list_outbox(user_id, filter, cursor, limit); });
}

Result<OutboxItem> MailboxService::outbox_item(std::string_view user_id, std::string_view outbox_id) {
  return guarded([&]() -> Result<OutboxItem> {
    KVC_ASSIGN(const auto row, impl_->outbox_row(user_id, outbox_id));
    KVC_ASSIGN(const auto account, impl_->open_account(user_id, row.account_id));
    return impl_->outbox_item(row, account);
  });
}

Result<std::size_t> MailboxService::overdue_count(std::string_view user_id, std::string_view account_id) {
  return guarded([&]() -> Result<std::size_t> {
    KVC_ASSIGN(const auto accounts, impl_->accounts_of(user_id, account_id));
    std::size_t count = 0;
    KVC_TRY(impl_->context.database->read([&](Poco::Data::Session& session) {
      count = replies::count_overdue(session, accounts, impl_->context.env.now());
      return Status();
    }));
    return count;
  });
}

Status MailboxService::clear_overdue(std::string_view user_id, std::string_view outbox_id, service::MessageKind reply,
                                     std::string_view note) {
  return guarded([&] { return impl_->clear_overdue(user_id, outbox_id, reply, note); });
}

Result<std::vector<EarlierDelivery>> MailboxService::earlier_deliveries(std::string_view user_id,
                                                                        std::string_view account_id,
                                                                        std::string_view bsnr, std::string_view quarter,
                                                                        std::string_view type) {
  return guarded([&] { return impl_->earlier_deliveries(user_id, account_id, bsnr, quarter, type); });
}

// ---- the public door: inbox ----

Result<FetchSummary> MailboxService::fetch(std::string_view user_id, std::string_view account_id,
                                           const ProgressFn& progress, const Cancel& cancel) {
  return guarded([&] { return impl_->fetch(user_id, account_id, progress, cancel); });
}

Result<InboxPage> MailboxService::list_inbox(std::string_view user_id, const InboxFilter& filter,
                                             std::string_view cursor, std::size_t limit) {
  return guarded([&] { return impl_->list_inbox(user_id, filter, cursor, limit); });
}

Result<std::vector<ServiceCount>> MailboxService::counts(std::string_view user_id, std::string_view account_id) {
  return guarded([&]() -> Result<std::vector<ServiceCount>> {
    KVC_ASSIGN(const auto accounts, impl_->accounts_of(user_id, account_id));
    std::vector<ServiceCount> counts;
    KVC_TRY(impl_->context.database->read([&](Poco::Data::Session& session) {
      for (const InboxCount& count : inbox::counts(session, accounts, user_id)) {
        counts.push_back(
            {count.service_key, static_cast<std::size_t>(count.total), static_cast<std::size_t>(count.unread)});
      }
      return Status();
    }));
    return counts;
  });
}

Result<OpenedItem> MailboxService::open(std::string_view user_id, std::string_view inbox_id) {
  return guarded([&] { return impl_->open(user_id, inbox_id); });
}

Status MailboxService::set_read(std::string_view user_id, std::string_view inbox_id, bool read) {
  return guarded([&]() -> Status {
    KVC_TRY(impl_->inbox_row(user_id, inbox_id).status());
    return impl_->context.database->write([&](Poco::Data::Session& session) {
      if (read) {
        inbox::mark_read(session, inbox_id, user_id, impl_->context.env.now());
      } else {
        inbox::mark_unread(session, inbox_id, user_id);
      }
      return Status();
    });
  });
}

Status MailboxService::read_raw(std::string_view user_id, std::string_view inbox_id, std::ostream& out) {
  return guarded([&]() -> Status {
    KVC_ASSIGN(const auto row, impl_->inbox_row(user_id, inbox_id));
    if (row.too_large_limit != 0) {
      return not_fetched();
    }
    KVC_ASSIGN(const auto reader, BlobReader::open(*impl_->context.database, row.blob_id));
    if (reader->size() != 0 && !(out << reader.get())) {
      KVC_TRY(reader->status());
      return {error::file_unwritable, "the original bytes could not be written"};
    }
    return reader->status();
  });
}

Result<int> MailboxService::reopen(std::string_view user_id, std::string_view account_id, const ProgressFn& progress,
                                   const Cancel& cancel) {
  return guarded([&] { return impl_->reopen(user_id, account_id, progress, cancel); });
}

Result<Thread> MailboxService::thread(std::string_view user_id, std::string_view account_id,
                                      std::string_view thread_id) {
  return guarded([&] { return impl_->thread(user_id, account_id, thread_id); });
}

}  // namespace kvc::mailbox
