// SPDX-License-Identifier: Apache-2.0
#include "mailbox/mailbox_service.h"

#include <istream>
#include <ostream>

#include "base/guard.h"
#include "mailbox/context.h"
#include "mailbox/drafting.h"
#include "mailbox/receiver.h"
#include "mailbox/sender.h"
#include "store/sql.h"

namespace kvc::mailbox {
namespace {

constexpr std::string_view kFetchPurpose = "fetch";
constexpr Millis kFetchPatience{30000};

Status not_found() {
  return {error::not_found, "no such message for this user"};
}

std::optional<TimePoint> time_or_none(std::int64_t millis) {
  return millis == 0 ? std::nullopt : std::optional(store::time_of(millis));
}

}  // namespace

struct MailboxService::Impl {
  Context context;

  Result<OpenAccount> open_account(std::string_view user_id, std::string_view account_id);
  Result<OutboxRow> outbox_row(std::string_view user_id, std::string_view outbox_id);
  Result<InboxRow> inbox_row(std::string_view user_id, std::string_view inbox_id);
  Result<std::string> queue(std::string_view user_id, const Draft& draft);
  Result<FetchSummary> fetch(std::string_view user_id, std::string_view account_id, const ProgressFn& progress,
                             const Cancel& cancel);
  Result<FetchSummary> receive(const OpenAccount& account, const ProgressFn& progress, const Cancel& cancel);
  Result<OutboxItem> item(const OutboxRow& row, const OpenAccount& account);
  Result<InboxItem> item(const InboxRow& row, const OpenAccount& account);
  Result<OpenedItem> open(std::string_view user_id, std::string_view inbox_id);
  Result<int> reopen(std::string_view user_id, std::string_view account_id, const ProgressFn& progress,
                     const Cancel& cancel);
};

MailboxService::MailboxService(std::shared_ptr<store::Database> database, account::AccountService& accounts, Env& env,
                               Log& log)
    : impl_(std::make_shared<Impl>(Impl{{std::move(database), accounts, env, log}})) {}

Result<OpenAccount> MailboxService::Impl::open_account(std::string_view user_id, std::string_view account_id) {
  KVC_ASSIGN(auto session, context.accounts.open(user_id, account_id));
  ContentCipher cipher(context.env, session.content_key, session.account.id, session.older_content_keys);
  return OpenAccount{std::move(session), std::move(cipher)};
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

// ---- outbox ----

Result<std::string> MailboxService::Impl::queue(std::string_view user_id, const Draft& draft) {
  KVC_ASSIGN(const auto account, open_account(user_id, draft.account_id));
  KVC_TRY(check_draft(draft, account.session.max_message_bytes));
  KVC_ASSIGN(const OutboxRow row, row_for(draft, account, context.env));
  const Status stored = context.database->write([&](Poco::Data::Session& session) -> Status {
    outbox::insert(session, row);
    for (std::size_t i = 0; i < draft.files.size(); ++i) {
      KVC_TRY(store_file(session, account.cipher, row.id, static_cast<std::int64_t>(i), draft.files[i].content));
    }
    return {};
  });
  KVC_TRY(stored);
  return row.id;
}

Result<OutboxItem> MailboxService::Impl::item(const OutboxRow& row, const OpenAccount& account) {
  KVC_ASSIGN(const OutboxDetails details, open_details(account.cipher, row.details, row.id));
  OutboxItem result;
  result.id = row.id;
  result.account_id = row.account_id;
  result.message_id = row.message_id;
  result.to = row.recipient;
  result.service_id = row.service_id;
  result.state = row.state;
  result.created = row.created;
  result.accepted = time_or_none(row.accepted_at);
  result.delivered = time_or_none(row.delivered_at);
  result.answered = time_or_none(row.answered_at);
  if (row.state == OutboxState::queued) {
    result.next_try = row.next_try;
  }
  result.tries = row.tries;
  result.last_error = row.last_error;
  result.user_subject = details.user_subject;
  for (const FileInfo& file : details.files) {
    result.file_names.push_back(file.name);
  }
  result.receipt_requested = row.receipt_requested;
  result.is_receipt = !row.receipt_for.empty();
  return result;
}

// ---- inbox ----

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
  return summary;
}

Result<InboxItem> MailboxService::Impl::item(const InboxRow& row, const OpenAccount& account) {
  KVC_ASSIGN(const InboxDetails details, open_details(account.cipher, row));
  const auto first_of = [](const std::string& signed_value, const std::string& clear_value) {
    return signed_value.empty() ? clear_value : signed_value;
  };
  InboxItem result;
  result.id = row.id;
  result.account_id = row.account_id;
  result.message_id = row.message_id;
  result.from = first_of(details.from, row.sender);
  result.service_id = first_of(details.service_id, row.service_id);
  result.in_reply_to = first_of(details.in_reply_to, row.in_reply_to);
  result.subject = first_of(details.subject, row.subject);
  result.received = row.received;
  result.date = row.header_date;
  result.verdict = row.verdict;
  result.opened = row.opened;
  result.is_receipt = row.is_receipt;
  result.read = row.read;
  result.parts = static_cast<std::size_t>(row.parts);
  return result;
}

Result<OpenedItem> MailboxService::Impl::open(std::string_view user_id, std::string_view inbox_id) {
  KVC_ASSIGN(auto row, inbox_row(user_id, inbox_id));
  KVC_ASSIGN(const auto account, open_account(user_id, row.account_id));
  Reader reader(context, account);
  KVC_ASSIGN(auto message, reader.judge(row));
  KVC_TRY(reader.record(row, message));
  KVC_TRY(context.database->write([&](Poco::Data::Session& session) {
    inbox::mark_read(session, inbox_id, user_id, context.env.now());
    return Status();
  }));
  row.read = true;
  KVC_ASSIGN(auto listed, item(row, account));
  return OpenedItem{std::move(listed), std::move(message)};
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

// ---- the public door ----

Result<std::string> MailboxService::queue(std::string_view user_id, const Draft& draft) {
  return guarded([&] { return impl_->queue(user_id, draft); });
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

Status MailboxService::withdraw(std::string_view user_id, std::string_view outbox_id) {
  return guarded([&]() -> Status {
    KVC_TRY(impl_->outbox_row(user_id, outbox_id).status());
    return impl_->context.database->write([&](Poco::Data::Session& session) {
      return outbox::withdraw(session, outbox_id)
                 ? Status()
                 : Status(error::invalid_state, "the message may have left already and cannot be taken back");
    });
  });
}

Result<FetchSummary> MailboxService::fetch(std::string_view user_id, std::string_view account_id,
                                           const ProgressFn& progress, const Cancel& cancel) {
  return guarded([&] { return impl_->fetch(user_id, account_id, progress, cancel); });
}

Result<std::vector<OutboxItem>> MailboxService::outbox(std::string_view user_id, std::string_view account_id,
                                                       std::size_t offset, std::size_t limit, std::size_t& total) {
  return guarded([&]() -> Result<std::vector<OutboxItem>> {
    KVC_ASSIGN(const auto account, impl_->open_account(user_id, account_id));
    std::vector<OutboxRow> rows;
    KVC_TRY(impl_->context.database->read([&](Poco::Data::Session& session) {
      rows = outbox::page(session, account_id, offset, limit, total);
      return Status();
    }));
    std::vector<OutboxItem> items;
    for (const OutboxRow& row : rows) {
      KVC_ASSIGN(auto made, impl_->item(row, account));
      items.push_back(std::move(made));
    }
    return items;
  });
}

Result<std::vector<InboxItem>> MailboxService::inbox(std::string_view user_id, std::string_view account_id,
                                                     std::size_t offset, std::size_t limit, std::size_t& total) {
  return guarded([&]() -> Result<std::vector<InboxItem>> {
    KVC_ASSIGN(const auto account, impl_->open_account(user_id, account_id));
    std::vector<InboxRow> rows;
    KVC_TRY(impl_->context.database->read([&](Poco::Data::Session& session) {
      rows = inbox::page(session, account_id, user_id, offset, limit, total);
      return Status();
    }));
    std::vector<InboxItem> items;
    for (const InboxRow& row : rows) {
      KVC_ASSIGN(auto made, impl_->item(row, account));
      items.push_back(std::move(made));
    }
    return items;
  });
}

Result<OpenedItem> MailboxService::open(std::string_view user_id, std::string_view inbox_id) {
  return guarded([&] { return impl_->open(user_id, inbox_id); });
}

Status MailboxService::read_raw(std::string_view user_id, std::string_view inbox_id, std::ostream& out) {
  return guarded([&]() -> Status {
    KVC_ASSIGN(const auto row, impl_->inbox_row(user_id, inbox_id));
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

}  // namespace kvc::mailbox
