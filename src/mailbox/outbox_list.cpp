// SPDX-License-Identifier: Apache-2.0
// Reading the outbox: pages, threads, replies that are missing.
#include <algorithm>

#include "mailbox/all_accounts.h"
#include "mailbox/cursor.h"
#include "mailbox/outbox_details.h"
#include "mailbox/replies.h"
#include "mailbox/service_impl.h"
#include "mailbox/threads.h"
#include "store/sql.h"

namespace kvc::mailbox {
namespace {

std::optional<TimePoint> time_or_none(std::int64_t millis) {
  return millis == 0 ? std::nullopt : std::optional(store::time_of(millis));
}

Key key_of(const OutboxRow& row) {
  return {store::millis(row.created), row.id};
}

bool wanted(const OutboxRow& row, const OutboxFilter& filter) {
  return (!filter.state || row.state == *filter.state) && (!filter.without_receipts || row.receipt_for.empty());
}

OutboxScan scan_of(const OutboxFilter& filter, const Key& begin, TimePoint now) {
  OutboxScan scan;
  scan.before = begin;
  scan.service_key = filter.service_key;
  scan.state = filter.state;
  scan.without_receipts = filter.without_receipts;
  if (filter.overdue_only) {
    scan.overdue_at = store::millis(now);
  }
  if (filter.from) {
    scan.from = store::millis(*filter.from);
  }
  if (filter.to) {
    scan.before = std::min(scan.before, Key{store::millis(*filter.to), ""});
  }
  return scan;
}

Result<Sources> sources_for(MailboxService::Impl& impl, std::string_view user_id, const OutboxFilter& filter,
                            const OutboxScan& scan, std::size_t limit) {
  if (!filter.account_id.empty()) {
    Sources one;
    KVC_ASSIGN(auto account, impl.open_account(user_id, filter.account_id));
    one.accounts.push_back({std::move(account), scan.before});
    return one;
  }
  OutboxScan first = scan;
  first.limit = heads_for(limit);
  std::vector<Head> heads;
  KVC_TRY(impl.context.database->read([&](Poco::Data::Session& session) {
    heads = outbox::heads(session, first, vault::Vault::accounts_of(user_id));
    return Status();
  }));
  return sources_of(std::move(heads), limit,
                    [&](const std::string& account_id) { return impl.open_account(user_id, account_id); });
}

}  // namespace

const Reply* OutboxItem::reply(service::MessageKind kind) const {
  const auto found = std::find_if(replies.begin(), replies.end(), [&](const Reply& r) { return r.kind == kind; });
  return found == replies.end() ? nullptr : &*found;
}

bool OutboxItem::overdue() const {
  return std::any_of(replies.begin(), replies.end(), [](const Reply& r) { return r.overdue; });
}

Result<OutboxItem> MailboxService::Impl::outbox_item(const OutboxRow& row, const OpenAccount& account) {
  auto opened = open_details(account.cipher, row.details, row.id);
  OutboxDetails details = opened.ok() ? std::move(opened).value() : OutboxDetails();
  std::vector<replies::Row> stored;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    stored = replies::of(session, row.id);
    return Status();
  }));
  OutboxItem result;
  result.id = row.id;
  result.account_id = row.account_id;
  result.message_id = row.message_id;
  result.to = row.recipient;
  result.service_id = row.service_id;
  result.service_key = row.service_key;
  result.thread_id = row.thread_id;
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
  result.user_subject = std::move(details.user_subject);
  for (FileInfo& file : details.files) {
    result.file_names.push_back(std::move(file.name));
  }
  result.receipt_requested = row.receipt_requested;
  result.is_receipt = !row.receipt_for.empty();
  result.withdrawable = row.state == OutboxState::draft ||
                        ((row.state == OutboxState::queued || row.state == OutboxState::failed) && !row.may_have_left);
  result.unreadable = !opened.ok();
  result.delivery = std::move(details.delivery);
  for (const replies::Row& reply : stored) {
    result.replies.push_back(replies::shown(account.cipher, row.id, reply, context.env.now()));
  }
  return result;
}

Result<OutboxPage> MailboxService::Impl::list_outbox(std::string_view user_id, const OutboxFilter& filter,
                                                     std::string_view cursor, std::size_t limit) {
  KVC_ASSIGN(const Key begin, parse_cursor(cursor));
  limit = std::clamp<std::size_t>(limit, 1, kLargestPage);
  OutboxScan scan = scan_of(filter, begin, context.env.now());
  KVC_ASSIGN(const Sources sources, sources_for(*this, user_id, filter, scan, limit));
  std::vector<Stretch<std::pair<OutboxRow, const OpenAccount*>>> stretches;
  stretches.push_back(not_read<std::pair<OutboxRow, const OpenAccount*>>(sources));
  for (const Source& source : sources.accounts) {
    scan.account_id = source.account.id();
    Stretch<OutboxRow> rows;
    KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
      rows = read_stretch<OutboxRow>(
          source.before, limit, OutboxPage::kScanLimit,
          [&](const Key& place, std::size_t count) {
            scan.before = place;
            scan.limit = count;
            return outbox::scan(session, scan);
          },
          [&](const OutboxRow& row) -> Result<bool> { return wanted(row, filter); }, key_of);
      return rows.status;
    }));
    auto& found = stretches.emplace_back();
    found.end = rows.end;
    found.more = rows.more;
    for (auto& [key, row] : rows.found) {
      found.found.emplace_back(key, std::pair(std::move(row), &source.account));
    }
  }
  OutboxPage page;
  for (const auto& [row, account] : merge(std::move(stretches), limit, page.next)) {
    KVC_ASSIGN(auto made, outbox_item(row, *account));
    page.items.push_back(std::move(made));
  }
  return page;
}

Status MailboxService::Impl::clear_overdue(std::string_view user_id, std::string_view outbox_id,
                                           service::MessageKind reply, std::string_view note) {
  if (note.size() > kMaxNoteBytes) {
    return Status(error::invalid_field, "the note is too long").with("field", "note");
  }
  KVC_ASSIGN(const auto row, outbox_row(user_id, outbox_id));
  KVC_ASSIGN(const auto account, open_account(user_id, row.account_id));
  KVC_ASSIGN(const std::string sealed, replies::seal_note(account.cipher, row.id, reply, note));
  return context.database->write([&](Poco::Data::Session& session) {
    return replies::clear(session, row.id, reply, user_id, sealed, context.env.now())
               ? Status()
               : Status(error::invalid_state, "this reply is not overdue");
  });
}

Result<std::vector<EarlierDelivery>> MailboxService::Impl::earlier_deliveries(std::string_view user_id,
                                                                              std::string_view account_id,
                                                                              std::string_view bsnr,
                                                                              std::string_view quarter,
                                                                              std::string_view type) {
  KVC_ASSIGN(const auto account, open_account(user_id, account_id));
  KVC_ASSIGN(const std::string key, delivery_key_of(account.cipher, bsnr, quarter, type));
  std::vector<OutboxRow> rows;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    rows = outbox::with_delivery_key(session, account_id, key, kMostEarlier);
    return Status();
  }));
  std::vector<EarlierDelivery> found;
  for (const OutboxRow& row : rows) {
    auto details = open_details(account.cipher, row.details, row.id);
    if (details.ok() && details->delivery) {
      found.push_back({row.id, std::move(*details->delivery), row.state, row.created});
    }
  }
  return found;
}

Result<Thread> MailboxService::Impl::thread(std::string_view user_id, std::string_view account_id,
                                            std::string_view thread_id) {
  KVC_ASSIGN(const auto account, open_account(user_id, account_id));
  std::vector<OutboxRow> sent;
  std::vector<InboxRow> received;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    sent = outbox::of_thread(session, account_id, thread_id, Thread::kMost);
    received = inbox::of_thread(session, account_id, user_id, thread_id, Thread::kMost);
    return Status();
  }));
  if (sent.empty() && received.empty()) {
    return Status(error::not_found, "no such thread for this user");
  }
  Thread thread;
  for (auto row = sent.rbegin(); row != sent.rend(); ++row) {
    KVC_ASSIGN(auto made, outbox_item(*row, account));
    thread.sent.push_back(std::move(made));
  }
  for (auto row = received.rbegin(); row != received.rend(); ++row) {
    thread.received.push_back(inbox_item(*row, account));
  }
  return thread;
}

}  // namespace kvc::mailbox
