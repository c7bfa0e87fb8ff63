// SPDX-License-Identifier: Apache-2.0
#include "views/inbox_views.h"

#include <algorithm>
#include <array>

#include "texts/format.h"
#include "views/message_words.h"

namespace kvc::plugin::views {
namespace {

using mailbox::InboxItem;
using mailbox::ServiceCount;
using message::Verdict;
using pvs::v1::Action;
using pvs::v1::Cell;
using pvs::v1::Field;
using Column = pvs::v1::Table::Column;

/// In the order of the filter's choices: what needs attention comes first.
constexpr std::array kVerdicts{
    Verdict::valid,         Verdict::digest_mismatch, Verdict::signer_not_sender,   Verdict::issuer_not_trusted,
    Verdict::not_signed,    Verdict::decrypt_failed,  Verdict::certificate_expired, Verdict::weak_algorithm,
    Verdict::not_encrypted, Verdict::malformed,
};

bool can_be_opened_again(const InboxItem& item) {
  return !item.too_large && (!item.judged || item.verdict == Verdict::decrypt_failed);
}

void add_row(const Texts& t, const service::Catalogue& catalogue, pvs::v1::Table& table, const InboxItem& item,
             const UserNames& accounts) {
  pvs::v1::Row& row = *table.add_rows();
  row.set_row_id(item.id);
  row.set_emphasised(!item.read && !item.is_receipt);
  add_time_cell(t, row, item.received);
  add_cell(row, item.from.empty() ? t("fact.not_known") : shown(item.from));
  add_cell(row, inbox_subject(t, catalogue, item));
  add_cell(row, service_name(t, catalogue, item.service_id)).set_code(shown(item.service_id));
  Cell& verdict = add_cell(row, inbox_word(t, item));
  verdict.set_code(inbox_code(item));
  verdict.set_severity(inbox_severity(item));
  Cell& parts = add_cell(row, std::to_string(item.parts));
  parts.set_number(static_cast<std::int64_t>(item.parts));
  add_cell(row, item.read ? t("inbox.read") : t("inbox.unread")).set_code(item.read ? "read" : "unread");
  if (accounts.size() > 1) {
    add_cell(row, account_name_in(accounts, item.account_id));
  }
  add_action(*row.mutable_actions(), "open", t("action.open_message"), Action::ROLE_PRIMARY).set_keep_view(true);
  if (item.read) {
    add_action(*row.mutable_actions(), "unread", t("action.mark_unread"));
  } else {
    add_action(*row.mutable_actions(), "read", t("action.mark_read"));
  }
}

void add_columns(const Texts& t, pvs::v1::Table& table, bool several_accounts) {
  add_column(t, table, "inbox", "received", Column::KIND_TIME);
  add_column(t, table, "inbox", "from", Column::KIND_TEXT);
  add_column(t, table, "inbox", "subject", Column::KIND_TEXT);
  add_column(t, table, "inbox", "service", Column::KIND_TEXT);
  add_column(t, table, "inbox", "verdict", Column::KIND_STATE);
  add_column(t, table, "inbox", "parts", Column::KIND_TEXT);
  add_column(t, table, "inbox", "read", Column::KIND_STATE);
  if (several_accounts) {
    add_column(t, table, "inbox", "account", Column::KIND_TEXT);
  }
}

std::string count_label(const Texts& t, const service::Catalogue& catalogue, const ServiceCount& count) {
  const std::string title = service_title(t, catalogue, count.service_key);
  return count.unread == 0 ? title : t.count("inbox.service_unread", count.unread, {{"title", title}});
}

/// The filter in words: "Dienst: eArztbrief, nur ungelesene".
std::string query_sentence(const Texts& t, const service::Catalogue& catalogue, const InboxList& list) {
  const mailbox::InboxFilter& filter = list.query.filter;
  std::vector<std::string> parts;
  if (filter.service_key) {
    parts.push_back(t("inbox.query.service", {{"title", service_title(t, catalogue, *filter.service_key)}}));
  }
  if (filter.verdict) {
    parts.push_back(t("inbox.query.verdict", {{"value", verdict_word(t, *filter.verdict)}}));
  }
  if (!filter.account_id.empty()) {
    parts.push_back(t("inbox.query.account", {{"account", account_name_in(list.accounts, filter.account_id)}}));
  }
  if (filter.unread_only) {
    parts.push_back(t("inbox.query.unread"));
  }
  if (filter.unassigned_only) {
    parts.push_back(t("inbox.query.unassigned"));
  }
  if (filter.from) {
    parts.push_back(t("inbox.query.from", {{"date", format_date(*filter.from, t.language())}}));
  }
  if (filter.to) {
    // The end is the beginning of the next day.
    parts.push_back(t("inbox.query.until", {{"date", format_date(*filter.to - Millis(1), t.language())}}));
  }
  if (!filter.search.empty()) {
    parts.push_back(t("inbox.query.search", {{"value", shown(filter.search)}}));
  }
  return t("inbox.query", {{"value", joined(parts)}});
}

std::string intro(const Texts& t, const service::Catalogue& catalogue, const InboxList& list) {
  std::vector<std::string> unread;
  for (const ServiceCount& count : list.counts) {
    if (count.unread > 0) {
      unread.push_back(service_title(t, catalogue, count.service_key) + " " + std::to_string(count.unread));
    }
  }
  std::string text =
      unread.empty() ? t("inbox.nothing_unread") : t("inbox.unread_by_service", {{"value", joined(unread)}});
  if (narrows(list.query)) {
    text += " " + query_sentence(t, catalogue, list);
  }
  if (list.items.empty() && !list.next.empty()) {
    text += " " + t("inbox.search_goes_on");
  }
  const auto unreadable =
      std::count_if(list.items.begin(), list.items.end(), [](const auto& i) { return i.unreadable; });
  if (unreadable > 0) {
    text += " " + t.count("inbox.unreadable", static_cast<std::uint64_t>(unreadable));
  }
  return text;
}

/// Known only where nothing or nothing but the service narrows the list, or where all of it is on one page.
std::uint64_t total_of(const InboxList& list) {
  if (list.first_page && list.next.empty()) {
    return list.items.size();
  }
  InboxQuery plain = list.query;
  plain.filter.service_key.reset();
  std::uint64_t total = 0;
  for (const ServiceCount& count : list.counts) {
    if (!list.query.filter.service_key || count.service_key == *list.query.filter.service_key) {
      total += count.total;
    }
  }
  return narrows(plain) ? 0 : total;
}

void add_actions(const Texts& t, const service::Catalogue& catalogue, pvs::v1::View& out, const InboxList& list) {
  auto& actions = *out.mutable_actions();
  add_action(actions, "fetch", t("action.fetch"), Action::ROLE_PRIMARY).set_keep_view(true);
  add_action(actions, "filter", t("action.filter"));
  if (narrows(list.query)) {
    add_action(actions, "all", t("action.show_all"));
  }
  if (!list.query.filter.unread_only) {
    add_action(actions, "unread_only", t("action.unread_only"));
  }
  for (const ServiceCount& count : list.counts) {
    if (count.total > 0 && list.query.filter.service_key != count.service_key) {
      add_action(actions, "service:" + count.service_key, count_label(t, catalogue, count));
    }
  }
  if (std::any_of(list.items.begin(), list.items.end(), can_be_opened_again)) {
    add_action(actions, "reopen", t("action.reopen"));
  }
  add_action(actions, "import", t("action.import_archive")).set_keep_view(true);
  add_action(actions, "refresh", t("action.refresh"));
  add_close(t, out);
}

void add_choice(Field& field, std::string id, std::string label) {
  auto& choice = *field.add_choices();
  choice.set_id(std::move(id));
  choice.set_label(std::move(label));
}

void choose(Field& field, const std::string& id) {
  field.mutable_value()->mutable_ids()->add_id(id);
}

/// Ids of the service choices: "all", then "service:<key>", because the key of the unknown ones is empty.
void add_service_field(const Texts& t, const service::Catalogue& catalogue, pvs::v1::Form& form,
                       const InboxQuery& query, const std::vector<ServiceCount>& counts) {
  Field& field = add_field(t, form, "service", Field::TYPE_CHOICE, false);
  add_choice(field, "all", t("inbox.filter.all_services"));
  bool listed = false;
  for (const ServiceCount& count : counts) {
    add_choice(field, "service:" + count.service_key, count_label(t, catalogue, count));
    listed = listed || query.filter.service_key == count.service_key;
  }
  if (query.filter.service_key && !listed) {
    add_choice(field, "service:" + *query.filter.service_key, service_title(t, catalogue, *query.filter.service_key));
  }
  choose(field, query.filter.service_key ? "service:" + *query.filter.service_key : "all");
}

void add_verdict_field(const Texts& t, pvs::v1::Form& form, const InboxQuery& query) {
  Field& field = add_field(t, form, "verdict", Field::TYPE_CHOICE, false);
  add_choice(field, "all", t("inbox.filter.all_verdicts"));
  for (const Verdict verdict : kVerdicts) {
    add_choice(field, std::string(message::name(verdict)), verdict_word(t, verdict));
  }
  choose(field, query.filter.verdict ? std::string(message::name(*query.filter.verdict)) : "all");
}

}  // namespace

bool narrows(const InboxQuery& query) {
  const mailbox::InboxFilter& filter = query.filter;
  return filter.service_key || filter.verdict || !filter.account_id.empty() || filter.unread_only ||
         filter.unassigned_only || filter.from || filter.to || !filter.search.empty();
}

std::string inbox_code(const InboxItem& item) {
  return item.unreadable  ? "unreadable"
         : item.too_large ? "too_large"
         : item.judged    ? std::string(message::name(item.verdict))
                          : "unopened";
}

pvs::v1::Severity inbox_severity(const InboxItem& item) {
  if (item.unreadable) {
    return pvs::v1::SEVERITY_BAD;
  }
  return item.too_large || !item.judged ? pvs::v1::SEVERITY_WARNING : severity_of(item.verdict);
}

std::string inbox_word(const Texts& t, const InboxItem& item) {
  if (item.unreadable) {
    return t("verdict.unreadable");
  }
  return item.too_large ? t("verdict.too_large") : item.judged ? verdict_word(t, item.verdict) : t("verdict.unopened");
}

std::string inbox_subject(const Texts& t, const service::Catalogue& catalogue, const InboxItem& item) {
  if (item.unassigned) {
    return t("inbox.unassigned");
  }
  if (item.is_receipt) {
    return t("inbox.receipt");
  }
  return item.opened && !item.unreadable && !item.too_large && may_be_shown(item.verdict)
             ? subject_words(t, catalogue, item.service_id, item.subject)
             : t("inbox.subject_not_shown");
}

pvs::v1::View inbox(const Texts& t, const service::Catalogue& catalogue, const InboxList& list) {
  pvs::v1::View out = view(t, "inbox");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_intro(intro(t, catalogue, list));
  table.set_empty_text(
      list.no_certificate
          ? t("inbox.no_certificate", {{"account", account_name_in(list.accounts, list.query.filter.account_id)}})
      : narrows(list.query) ? t("inbox.nothing_found")
                            : t("inbox.empty"));
  add_columns(t, table, list.accounts.size() > 1);
  for (const InboxItem& item : list.items) {
    add_row(t, catalogue, table, item, list.accounts);
  }
  table.set_total(total_of(list));
  table.set_next_page(list.next);
  set_search(t, table, "search_text", list.query.filter.search);
  add_actions(t, catalogue, out, list);
  return out;
}

pvs::v1::View inbox_filter(const Texts& t, const service::Catalogue& catalogue, const InboxQuery& query,
                           const std::vector<ServiceCount>& counts, const UserNames& accounts,
                           const FieldErrors& errors) {
  pvs::v1::View out = view(t, "inbox.filter");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("inbox.filter.intro"));
  Field& search = add_field(t, form, "search_text", Field::TYPE_TEXT, false);
  search.set_max_length(200);
  search.mutable_value()->set_text(query.filter.search);
  add_service_field(t, catalogue, form, query, counts);
  add_verdict_field(t, form, query);
  if (accounts.size() > 1) {
    Field& account = add_field(t, form, "account", Field::TYPE_CHOICE, false);
    add_choice(account, "all", t("inbox.filter.all_accounts"));
    for (const auto& [id, name] : accounts) {
      add_choice(account, id, name);
    }
    choose(account, query.filter.account_id.empty() ? "all" : query.filter.account_id);
  }
  add_field(t, form, "unread_only", Field::TYPE_CHECK, false).mutable_value()->set_check(query.filter.unread_only);
  add_field(t, form, "unassigned_only", Field::TYPE_CHECK, false)
      .mutable_value()
      ->set_check(query.filter.unassigned_only);
  add_field(t, form, "from_date", Field::TYPE_DATE, false).mutable_value()->set_text(query.from);
  add_field(t, form, "to_date", Field::TYPE_DATE, false).mutable_value()->set_text(query.to);
  for (const auto& [name, sentence] : errors) {
    set_field_error(form, name, sentence);
  }
  add_action(*out.mutable_actions(), "apply", t("action.apply_filter"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_action(*out.mutable_actions(), "all", t("action.show_all"));
  add_action(*out.mutable_actions(), "back", t("action.back_to_list"));
  return out;
}

pvs::v1::View reopened(const Texts& t, std::uint64_t opened) {
  pvs::v1::View out = view(t, "inbox.reopened");
  pvs::v1::Notice& notice = *out.mutable_notice();
  notice.set_severity(opened > 0 ? pvs::v1::SEVERITY_GOOD : pvs::v1::SEVERITY_INFO);
  notice.set_text(opened > 0 ? t.count("inbox.reopened.text", opened) : t("inbox.reopened.none"));
  add_action(*out.mutable_actions(), "inbox", t("action.open_inbox"), Action::ROLE_PRIMARY);
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
