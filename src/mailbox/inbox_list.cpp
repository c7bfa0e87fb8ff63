// SPDX-License-Identifier: Apache-2.0
// Reading the inbox: pages, filters, search.
#include <Poco/UTF8String.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "mailbox/all_accounts.h"
#include "mailbox/cursor.h"
#include "mailbox/inbox_details.h"
#include "mailbox/service_impl.h"
#include "store/sql.h"

namespace kvc::mailbox {
namespace {

Key key_of(const InboxRow& row) {
  return {store::millis(row.received), row.id};
}

// Case is folded letter by letter, and every way to write an umlaut is one: GRÖSSE, Größe and groesse are the same,
// also with the dots as a character of their own, as macOS writes names of files. Bytes that are no UTF-8 are compared
// as they are.
std::string folded(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSpellings = {{{"ä", "ae"},
                                                                                        {"ö", "oe"},
                                                                                        {"ü", "ue"},
                                                                                        {"ß", "ss"},
                                                                                        {"a\xcc\x88", "ae"},
                                                                                        {"o\xcc\x88", "oe"},
                                                                                        {"u\xcc\x88", "ue"}}};
  const std::string small = Poco::UTF8::toLower(text);
  std::string result;
  result.reserve(small.size());
  for (std::string_view rest = small; !rest.empty();) {
    const auto* const found = std::find_if(kSpellings.begin(), kSpellings.end(),
                                           [&](const auto& spelling) { return rest.starts_with(spelling.first); });
    const bool plain = found == kSpellings.end();
    result += plain ? rest.substr(0, 1) : found->second;
    rest.remove_prefix(plain ? 1 : found->first.size());
  }
  return result;
}

bool contains(const std::string& text, const std::string& folded_word) {
  return folded(text).find(folded_word) != std::string::npos;
}

/// The conditions no index knows.
class Sieve {
 public:
  Sieve(const InboxFilter& filter, const ContentCipher& cipher)
      : filter_(filter), cipher_(cipher), word_(folded(filter.search)) {}

  [[nodiscard]] Result<bool> wanted(const InboxRow& row) const {
    if ((filter_.unread_only && row.read) || (filter_.unassigned_only && !row.unassigned)) {
      return false;
    }
    if (filter_.verdict && (row.verdict != *filter_.verdict || row.too_large_limit != 0 || !row.processed)) {
      return false;
    }
    return word_.empty() ? Result<bool>(true) : found(row);
  }

 private:
  [[nodiscard]] Result<bool> found(const InboxRow& row) const {
    if (contains(row.sender, word_) || contains(row.subject, word_)) {
      return true;
    }
    const auto opened = open_details(cipher_, row);
    if (opened.status().is(error::storage_corrupt)) {
      return false;  // nothing to search in; shown by every list that does not search
    }
    KVC_TRY(opened.status());
    const InboxDetails& details = opened.value();
    return contains(details.from, word_) || contains(details.subject, word_) ||
           std::any_of(details.file_names.begin(), details.file_names.end(),
                       [&](const std::string& name) { return contains(name, word_); });
  }

  const InboxFilter& filter_;
  const ContentCipher& cipher_;
  std::string word_;
};

InboxScan scan_of(const InboxFilter& filter, std::string_view user_id, const Key& begin) {
  InboxScan scan;
  scan.user_id = user_id;
  scan.before = begin;
  // One index narrows the rows, the sieve does the rest.
  if (filter.unassigned_only) {
    scan.unassigned = true;
  } else if (filter.service_key) {
    scan.service_key = filter.service_key;
  } else if (filter.verdict) {
    scan.verdict = std::string(message::name(*filter.verdict));
  }
  if (filter.from) {
    scan.from = store::millis(*filter.from);
  }
  if (filter.to) {
    scan.before = std::min(scan.before, Key{store::millis(*filter.to), ""});
  }
  return scan;
}

Result<Sources> sources_for(MailboxService::Impl& impl, std::string_view user_id, const InboxFilter& filter,
                            const InboxScan& scan, std::size_t limit) {
  if (!filter.account_id.empty()) {
    Sources one;
    KVC_ASSIGN(auto account, impl.open_account(user_id, filter.account_id));
    one.accounts.push_back({std::move(account), scan.before});
    return one;
  }
  InboxScan first = scan;
  first.limit = heads_for(limit);
  std::vector<Head> heads;
  KVC_TRY(impl.context.database->read([&](Poco::Data::Session& session) {
    heads = inbox::heads(session, first, vault::Vault::accounts_of(user_id));
    return Status();
  }));
  return sources_of(std::move(heads), limit,
                    [&](const std::string& account_id) { return impl.open_account(user_id, account_id); });
}

}  // namespace

InboxItem MailboxService::Impl::inbox_item(const InboxRow& row, const OpenAccount& account) {
  auto opened = open_details(account.cipher, row);
  InboxDetails details = opened.ok() ? std::move(opened).value() : InboxDetails();
  const auto first_of = [](const std::string& signed_value, const std::string& clear_value) {
    return signed_value.empty() ? clear_value : signed_value;
  };
  InboxItem result;
  result.id = row.id;
  result.account_id = row.account_id;
  result.message_id = inbox::own_message_id(row);
  result.from = first_of(details.from, row.sender);
  result.service_id = first_of(details.service_id, row.service_id);
  result.service_key = row.service_key;
  result.thread_id = row.thread_id;
  result.in_reply_to = first_of(details.in_reply_to, row.in_reply_to);
  result.subject = first_of(details.subject, row.subject);
  result.received = row.received;
  result.date = row.header_date;
  result.verdict = row.verdict;
  result.opened = row.opened;
  result.judged = row.processed;
  result.is_receipt = row.is_receipt;
  result.read = row.read;
  result.parts = static_cast<std::size_t>(row.parts);
  result.file_names = std::move(details.file_names);
  result.too_large = row.too_large_limit != 0;
  result.unreadable = !opened.ok();
  if (row.unassigned) {
    result.unassigned = UnassignedAnswer{result.from, row.header_date, result.message_id, std::move(details.guid)};
  }
  return result;
}

Result<InboxPage> MailboxService::Impl::list_inbox(std::string_view user_id, const InboxFilter& filter,
                                                   std::string_view cursor, std::size_t limit) {
  KVC_ASSIGN(const Key begin, parse_cursor(cursor));
  limit = std::clamp<std::size_t>(limit, 1, kLargestPage);
  InboxScan scan = scan_of(filter, user_id, begin);
  KVC_ASSIGN(const Sources sources, sources_for(*this, user_id, filter, scan, limit));
  std::vector<Stretch<InboxItem>> stretches;
  stretches.push_back(not_read<InboxItem>(sources));
  for (const Source& source : sources.accounts) {
    const Sieve sieve(filter, source.account.cipher);
    scan.account_id = source.account.id();
    Stretch<InboxRow> rows;
    KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
      rows = read_stretch<InboxRow>(
          source.before, limit, InboxPage::kScanLimit,
          [&](const Key& place, std::size_t count) {
            scan.before = place;
            scan.limit = count;
            return inbox::scan(session, scan);
          },
          [&](const InboxRow& row) { return sieve.wanted(row); }, key_of);
      return rows.status;
    }));
    Stretch<InboxItem>& items = stretches.emplace_back();
    items.end = rows.end;
    items.more = rows.more;
    for (const auto& [key, row] : rows.found) {
      items.found.emplace_back(key, inbox_item(row, source.account));
    }
  }
  InboxPage page;
  page.items = merge(std::move(stretches), limit, page.next);
  return page;
}

}  // namespace kvc::mailbox
