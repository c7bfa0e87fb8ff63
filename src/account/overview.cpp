// SPDX-License-Identifier: Apache-2.0
#include "account/overview.h"

#include <Poco/UTF8String.h>

#include <algorithm>
#include <tuple>

#include "account/access.h"
#include "account/belongings.h"
#include "crypto/certificate_cache.h"

namespace kvc::account {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// UID=<uuid>@<two-digit code> (protocol B, user certificate profile).
std::string kv_code_of(const crypto::Certificate& certificate) {
  constexpr std::size_t kDigits = 2;
  const std::string uid = certificate.uid();
  const std::size_t at = uid.rfind('@');
  if (at == std::string::npos || uid.size() - at - 1 != kDigits) {
    return {};
  }
  const std::string code = uid.substr(at + 1);
  return std::all_of(code.begin(), code.end(), is_digit) ? code : std::string();
}

Result<Generation> generation_of(const GenerationRow& row) {
  Generation result;
  result.number = row.number;
  result.current = row.current;
  result.end_reason = row.end_reason;
  result.imported = row.imported;
  if (!row.certificate.empty()) {
    KVC_ASSIGN(result.certificate, crypto::shared_certificate_of_pem(row.certificate));
  }
  return result;
}

// States 110/120 appear on a first request too (protocol A): only where a certificate was current is one lost. That the
// server publishes the old one all the same is known from asking it later.
bool old_certificate_removed(const AccountRow& account, const std::vector<GenerationRow>& rows) {
  const auto current = std::find_if(rows.begin(), rows.end(), [](const GenerationRow& row) { return row.current; });
  return current != rows.end() && account.server_certificate != ServerCertificate::same &&
         std::any_of(rows.begin(), current,
                     [](const GenerationRow& row) { return row.old_removed && row.state != GenerationState::done; });
}

void add_account(const AccountRow& row, Overview& result) {
  result.id = row.id;
  result.environment_id = row.environment_id;
  result.username = row.username;
  result.display_name = row.display_name;
  result.description = row.description;
  result.address = row.address;
  result.uid = row.uid;
  result.state = row.state.value_or(State::draft);
  result.password_last_change = row.password_last_change;
  result.last_fetch = row.last_fetch;
  result.last_error = row.last_error;
  result.csr_status = row.csr_status;
  result.server_certificate = row.server_certificate;
}

Status add_generations(const AccountRow& account, const std::vector<GenerationRow>& rows, Overview& result) {
  for (const GenerationRow& row : rows) {
    KVC_ASSIGN(auto generation, generation_of(row));
    if (generation.certificate && (generation.current || result.kv_code.empty())) {
      result.kv_code = kv_code_of(*generation.certificate);
    }
    result.renewal_under_way = result.renewal_under_way || under_way(row);
    result.generations.push_back(std::move(generation));
  }
  result.old_certificate_removed = old_certificate_removed(account, rows);
  return {};
}

/// What the other tables say of several accounts: one statement for each table.
struct Facts {
  belongings::ByAccount<GenerationRow> generations;
  belongings::ByAccount<std::string> users, sites, default_sender_for;
  belongings::ByAccount<Work> work;
};

Facts facts_of(Poco::Data::Session& session, const store::Selection& accounts, TimePoint now) {
  Facts facts;
  for (GenerationRow& row : repository::generations(session, accounts)) {
    facts.generations[row.account_id].push_back(std::move(row));
  }
  for (auto& [account_id, user_id] : vault::Vault::users(session, accounts)) {
    facts.users[account_id].push_back(std::move(user_id));
  }
  facts.sites = belongings::sites(session, accounts);
  facts.default_sender_for = belongings::default_sender_for(session, accounts);
  facts.work = belongings::work(session, accounts, now);
  return facts;
}

template <class Item>
std::vector<Item> taken(belongings::ByAccount<Item>& from, const std::string& account_id) {
  const auto found = from.find(account_id);
  return found == from.end() ? std::vector<Item>() : std::move(found->second);
}

Result<Overview> put_together(const AccountRow& row, Facts& facts) {
  Overview result;
  add_account(row, result);
  result.user_ids = taken(facts.users, row.id);
  result.practice_sites = taken(facts.sites, row.id);
  result.default_sender_for = taken(facts.default_sender_for, row.id);
  result.work = taken(facts.work, row.id);
  KVC_TRY(add_generations(row, taken(facts.generations, row.id), result));
  return result;
}

Result<std::vector<Overview>> put_together(const std::vector<AccountRow>& rows, Facts& facts) {
  std::vector<Overview> result;
  result.reserve(rows.size());
  for (const AccountRow& row : rows) {
    KVC_ASSIGN(auto item, put_together(row, facts));
    result.push_back(std::move(item));
  }
  return result;
}

// Letter by letter, umlauts included; a database folds ASCII alone, or as its server was set up.
std::string folded(std::string_view text) {
  return Poco::UTF8::toLower(std::string(text));
}

bool found_by(const AccountRow& row, const std::string& folded_word) {
  const auto has = [&](const std::string& text) { return folded(text).find(folded_word) != std::string::npos; };
  return folded_word.empty() || has(row.display_name) || has(row.username) || has(row.address);
}

// A place in the list: the id and the name it is ordered by, which hold when the account itself is gone.
std::string cursor_of(const AccountRow& row) {
  return row.id + ':' + row.display_name;
}

Result<std::pair<std::string, std::string>> parse_cursor(std::string_view cursor) {
  const std::size_t colon = cursor.find(':');
  if (colon == std::string_view::npos) {
    return Status(error::bad_request, "the place in the list is none");
  }
  return std::pair(std::string(cursor.substr(colon + 1)), std::string(cursor.substr(0, colon)));
}

}  // namespace

Result<Overview> overview_of(const Context& context, const AccountRow& row) {
  Facts facts;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    facts = facts_of(session, store::Selection::of(row.id), context.env.now());
    return Status();
  }));
  return put_together(row, facts);
}

Result<Overview> overview_of(const Context& context, std::string_view account_id) {
  KVC_ASSIGN(const auto row, find_account(context, account_id));
  return overview_of(context, row);
}

Result<std::vector<Overview>> overviews_for(const Context& context, std::string_view user_id) {
  const store::Selection mine = vault::Vault::accounts_of(user_id);
  std::vector<AccountRow> rows;
  Facts facts;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    rows = repository::listed(session, mine);
    facts = facts_of(session, mine, context.env.now());
    return Status();
  }));
  return put_together(rows, facts);
}

Result<std::vector<AccountName>> names_for(const Context& context, std::string_view user_id) {
  std::vector<AccountName> names;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    names.clear();
    for (AccountRow& row : repository::listed(session, vault::Vault::accounts_of(user_id))) {
      names.push_back({std::move(row.id), std::move(row.environment_id), std::move(row.username),
                       std::move(row.display_name), std::move(row.address)});
    }
    return Status();
  }));
  return names;
}

Result<OverviewPage> overview_page(const Context& context, std::string_view user_id, std::string_view search,
                                   std::string_view cursor, std::size_t limit) {
  std::pair<std::string, std::string> begin;
  if (!cursor.empty()) {
    KVC_ASSIGN(begin, parse_cursor(cursor));
  }
  limit = std::clamp<std::size_t>(limit, 1, OverviewPage::kLargest);
  const std::string word = folded(search);
  OverviewPage page;
  std::vector<AccountRow> rows;
  Facts facts;
  KVC_TRY(context.database->read([&](Poco::Data::Session& session) {
    page = {};
    rows.clear();
    std::vector<std::string> ids;
    for (AccountRow& row : repository::listed(session, vault::Vault::accounts_of(user_id))) {
      ++page.assigned;
      if (!found_by(row, word)) {
        continue;
      }
      ++page.total;
      if (!cursor.empty() && std::tie(row.display_name, row.id) <= std::tie(begin.first, begin.second)) {
        continue;
      }
      if (rows.size() == limit) {
        page.next = cursor_of(rows.back());
        continue;
      }
      ids.push_back(row.id);
      rows.push_back(std::move(row));
    }
    facts = facts_of(session, store::Selection::of(std::move(ids)), context.env.now());
    return Status();
  }));
  KVC_ASSIGN(page.items, put_together(rows, facts));
  return page;
}

const crypto::Certificate* current_certificate(const Overview& account) {
  const auto found = std::find_if(account.generations.begin(), account.generations.end(),
                                  [](const Generation& generation) { return generation.current; });
  return found == account.generations.end() || !found->certificate ? nullptr : &*found->certificate;
}

}  // namespace kvc::account
