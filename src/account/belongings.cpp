// SPDX-License-Identifier: Apache-2.0
#include "account/belongings.h"

#include <algorithm>

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

// Reads rows (owner, lease_until, purpose).
bool any_alive(Sql& sql, TimePoint now, const std::vector<std::string_view>& own_purposes) {
  std::string owner;
  std::string purpose;
  std::int64_t until = 0;
  sql.into(owner).into(until).into(purpose);
  bool alive = false;
  while (sql.next()) {
    const bool own = std::find(own_purposes.begin(), own_purposes.end(), purpose) != own_purposes.end();
    alive = alive || (!own && until > store::millis(now) && !owner_gone(owner));
  }
  return alive;
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
  Sql leases(session, "SELECT owner, lease_until, purpose FROM lease WHERE account_id = ?");
  leases.arg(account_id);
  Sql sending(session,
              "SELECT lease_owner, lease_until, 'send' FROM outbox WHERE account_id = ? AND lease_owner <> ''");
  sending.arg(account_id);
  return any_alive(leases, now, own_purposes) || any_alive(sending, now, own_purposes);
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
