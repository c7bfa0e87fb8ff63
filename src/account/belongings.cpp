// SPDX-License-Identifier: Apache-2.0
#include "account/belongings.h"

#include <algorithm>
#include <tuple>

#include "account/lease.h"
#include "account/owner.h"
#include "account/sql.h"
#include "store/sql.h"

namespace kvc::account::belongings {
namespace {

/// Rows of account and text.
ByAccount<std::string> texts(Poco::Data::Session& session, const std::string& statement,
                             const store::Selection& accounts) {
  ByAccount<std::string> all;
  std::string account_id;
  std::string text;
  Sql sql(session, statement);
  sql.args(accounts).into(account_id).into(text);
  while (sql.next()) {
    all[account_id].push_back(text);
  }
  return all;
}

std::size_t count(Poco::Data::Session& session, std::string_view text, std::string_view account_id) {
  std::int64_t number = 0;
  Sql sql(session, text);
  sql.arg(account_id).into(number);
  return sql.next() ? static_cast<std::size_t>(number) : 0;
}

/// Every lease of the accounts that holds: of an account itself, and of its messages that are being sent.
ByAccount<Work> holders(Poco::Data::Session& session, const store::Selection& accounts, TimePoint now) {
  ByAccount<Work> all;
  const auto read = [&](const std::string& text) {
    std::string account_id;
    std::string owner;
    std::string purpose;
    std::int64_t until = 0;
    Sql sql(session, text);
    sql.args(accounts).into(account_id).into(owner).into(until).into(purpose);
    while (sql.next()) {
      if (until > store::millis(now) && until <= store::millis(now + kLongestLease) && !owner_gone(owner)) {
        all[account_id].push_back({purpose, workstation_of(owner), TimePoint(Millis(until))});
      }
    }
  };
  read("SELECT account_id, owner, lease_until, purpose FROM lease WHERE account_id IN (" + accounts.sql +
       ") ORDER BY account_id, purpose");
  // Only queued messages are leased; asked so, the index outbox_due answers, and not the whole outbox.
  read("SELECT account_id, lease_owner, lease_until, 'send' FROM outbox WHERE account_id IN (" + accounts.sql +
       ") AND state = 'queued' AND lease_owner <> ''");
  return all;
}

}  // namespace

ByAccount<std::string> sites(Poco::Data::Session& session, const store::Selection& accounts) {
  return texts(session,
               "SELECT account_id, bsnr FROM account_site WHERE account_id IN (" + accounts.sql + ") ORDER BY bsnr",
               accounts);
}

void replace_sites(Poco::Data::Session& session, std::string_view account_id, const std::vector<std::string>& bsnr) {
  Sql(session, "DELETE FROM account_site WHERE account_id = ?").arg(account_id).run();
  for (const std::string& site : bsnr) {
    Sql(session, "INSERT INTO account_site (account_id, bsnr) VALUES (?, ?) ON CONFLICT (account_id, bsnr) DO NOTHING")
        .arg(account_id)
        .arg(site)
        .run();
  }
}

ByAccount<std::string> default_sender_for(Poco::Data::Session& session, const store::Selection& accounts) {
  return texts(
      session,
      "SELECT account_id, user_id FROM default_sender WHERE account_id IN (" + accounts.sql + ") ORDER BY user_id",
      accounts);
}

void set_default_sender(Poco::Data::Session& session, std::string_view user_id, std::string_view account_id) {
  Sql(session,
      "INSERT INTO default_sender (user_id, account_id) VALUES (?, ?) "
      "ON CONFLICT (user_id) DO UPDATE SET account_id = excluded.account_id")
      .arg(user_id)
      .arg(account_id)
      .run();
}

void clear_default_sender(Poco::Data::Session& session, std::string_view user_id, std::string_view account_id) {
  Sql(session, "DELETE FROM default_sender WHERE user_id = ? AND account_id = ?").arg(user_id).arg(account_id).run();
}

std::set<std::string, std::less<>> told(Poco::Data::Session& session, std::string_view user_id, TimePoint now,
                                        Millis interval) {
  std::set<std::string, std::less<>> ids;
  std::string account_id;
  std::int64_t shown = 0;
  Sql sql(session, "SELECT account_id, shown_at FROM renewal_hint WHERE user_id = ?");
  sql.arg(user_id).into(account_id).into(shown);
  while (sql.next()) {
    if (shown <= store::millis(now) && store::millis(now) - shown < interval.count()) {
      ids.insert(account_id);
    }
  }
  return ids;
}

void remember_told(Poco::Data::Session& session, const std::vector<std::string>& account_ids, std::string_view user_id,
                   TimePoint now) {
  if (account_ids.empty()) {
    return;
  }
  std::string values = "(?, ?, ?)";
  for (std::size_t i = 1; i < account_ids.size(); ++i) {
    values += ", (?, ?, ?)";
  }
  Sql insert(session, "INSERT INTO renewal_hint (account_id, user_id, shown_at) VALUES " + values +
                          " ON CONFLICT (account_id, user_id) DO UPDATE SET shown_at = excluded.shown_at");
  for (const std::string& id : account_ids) {
    insert.arg(id).arg(user_id).arg(store::millis(now));
  }
  insert.run();
}

void forget_user(Poco::Data::Session& session, std::string_view account_id, std::string_view user_id) {
  clear_default_sender(session, user_id, account_id);
  Sql(session, "DELETE FROM renewal_hint WHERE account_id = ? AND user_id = ?").arg(account_id).arg(user_id).run();
}

bool somebody_works(Poco::Data::Session& session, std::string_view account_id, TimePoint now,
                    const std::vector<std::string_view>& own_purposes) {
  const ByAccount<Work> accounts = holders(session, store::Selection::of(account_id), now);
  const auto found = accounts.find(account_id);
  if (found == accounts.end()) {
    return false;
  }
  const std::vector<Work>& all = found->second;
  return std::any_of(all.begin(), all.end(), [&](const Work& work) {
    return std::find(own_purposes.begin(), own_purposes.end(), work.purpose) == own_purposes.end();
  });
}

ByAccount<Work> work(Poco::Data::Session& session, const store::Selection& accounts, TimePoint now) {
  ByAccount<Work> found = holders(session, accounts, now);
  for (auto& [id, all] : found) {
    // A workstation sends several messages at once; people see that it sends.
    std::sort(all.begin(), all.end(), [](const Work& a, const Work& b) {
      return std::tie(a.purpose, a.workstation) < std::tie(b.purpose, b.workstation);
    });
    all.erase(std::unique(all.begin(), all.end(),
                          [](const Work& a, const Work& b) {
                            return a.purpose == b.purpose && a.workstation == b.workstation;
                          }),
              all.end());
  }
  return found;
}

Contents contents(Poco::Data::Session& session, std::string_view account_id) {
  Contents all;
  all.inbox = count(session, "SELECT count(*) FROM inbox WHERE account_id = ?", account_id);
  all.outbox = count(session, "SELECT count(*) FROM outbox WHERE account_id = ?", account_id);
  all.waiting =
      count(session, "SELECT count(*) FROM outbox WHERE account_id = ? AND state IN ('draft', 'queued', 'failed')",
            account_id);
  return all;
}

}  // namespace kvc::account::belongings
