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

std::vector<std::string> texts(Sql& sql) {
  std::vector<std::string> all;
  std::string text;
  sql.into(text);
  while (sql.next()) {
    all.push_back(text);
  }
  return all;
}

std::size_t count(Poco::Data::Session& session, std::string_view text, std::string_view account_id) {
  std::int64_t number = 0;
  Sql sql(session, text);
  sql.arg(account_id).into(number);
  return sql.next() ? static_cast<std::size_t>(number) : 0;
}

/// Every lease of the account that holds: of the account itself, and of its messages that are being sent.
std::vector<Work> holders(Poco::Data::Session& session, std::string_view account_id, TimePoint now) {
  std::vector<Work> all;
  const auto read = [&](std::string_view text) {
    std::string owner;
    std::string purpose;
    std::int64_t until = 0;
    Sql sql(session, text);
    sql.arg(account_id).into(owner).into(until).into(purpose);
    while (sql.next()) {
      if (until > store::millis(now) && until <= store::millis(now + kLongestLease) && !owner_gone(owner)) {
        all.push_back({purpose, workstation_of(owner), TimePoint(Millis(until))});
      }
    }
  };
  read("SELECT owner, lease_until, purpose FROM lease WHERE account_id = ? ORDER BY purpose");
  // Only queued messages are leased; asked so, the index outbox_due answers, and not the whole outbox.
  read(
      "SELECT lease_owner, lease_until, 'send' FROM outbox WHERE account_id = ? AND state = 'queued' AND lease_owner "
      "<> "
      "''");
  return all;
}

}  // namespace

std::vector<std::string> sites(Poco::Data::Session& session, std::string_view account_id) {
  Sql sql(session, "SELECT bsnr FROM account_site WHERE account_id = ? ORDER BY bsnr");
  sql.arg(account_id);
  return texts(sql);
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

std::vector<std::string> default_sender_for(Poco::Data::Session& session, std::string_view account_id) {
  Sql sql(session, "SELECT user_id FROM default_sender WHERE account_id = ? ORDER BY user_id");
  sql.arg(account_id);
  return texts(sql);
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

bool claim_hint(Poco::Data::Session& session, std::string_view account_id, std::string_view user_id, TimePoint now,
                Millis interval) {
  std::int64_t shown = 0;
  Sql last(session, "SELECT shown_at FROM renewal_hint WHERE account_id = ? AND user_id = ?");
  last.arg(account_id).arg(user_id).into(shown);
  if (last.next() && shown <= store::millis(now) && store::millis(now) - shown < interval.count()) {
    return false;
  }
  Sql(session,
      "INSERT INTO renewal_hint (account_id, user_id, shown_at) VALUES (?, ?, ?) "
      "ON CONFLICT (account_id, user_id) DO UPDATE SET shown_at = excluded.shown_at")
      .arg(account_id)
      .arg(user_id)
      .arg(store::millis(now))
      .run();
  return true;
}

void forget_user(Poco::Data::Session& session, std::string_view account_id, std::string_view user_id) {
  clear_default_sender(session, user_id, account_id);
  Sql(session, "DELETE FROM renewal_hint WHERE account_id = ? AND user_id = ?").arg(account_id).arg(user_id).run();
}

bool somebody_works(Poco::Data::Session& session, std::string_view account_id, TimePoint now,
                    const std::vector<std::string_view>& own_purposes) {
  const std::vector<Work> all = holders(session, account_id, now);
  return std::any_of(all.begin(), all.end(), [&](const Work& work) {
    return std::find(own_purposes.begin(), own_purposes.end(), work.purpose) == own_purposes.end();
  });
}

std::vector<Work> work(Poco::Data::Session& session, std::string_view account_id, TimePoint now) {
  std::vector<Work> all = holders(session, account_id, now);
  // A workstation sends several messages at once; people see that it sends.
  std::sort(all.begin(), all.end(), [](const Work& a, const Work& b) {
    return std::tie(a.purpose, a.workstation) < std::tie(b.purpose, b.workstation);
  });
  all.erase(std::unique(
                all.begin(), all.end(),
                [](const Work& a, const Work& b) { return a.purpose == b.purpose && a.workstation == b.workstation; }),
            all.end());
  return all;
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
