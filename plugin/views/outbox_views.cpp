// SPDX-License-Identifier: Apache-2.0
#include "views/outbox_views.h"

#include <algorithm>
#include <array>

#include "texts/format.h"
#include "views/inbox_views.h"
#include "views/message_words.h"

namespace kvc::plugin::views {
namespace {

using mailbox::OutboxItem;
using mailbox::OutboxState;
using mailbox::Reply;
using pvs::v1::Action;
using pvs::v1::Cell;
using pvs::v1::Field;
using service::MessageKind;
using Column = pvs::v1::Table::Column;
using Group = pvs::v1::Detail::Group;

constexpr std::array kParts{OutboxPart::messages, OutboxPart::overdue, OutboxPart::drafts, OutboxPart::everything};

// ---- what the columns say ----

/// "Eingangsbestätigung?": by the awaited reply, else by what the message itself tells.
void add_receipt_cell(const Texts& t, pvs::v1::Row& row, const OutboxItem& item) {
  Cell& cell = *row.add_cells();
  if (const Reply* reply = item.reply(MessageKind::receipt); reply != nullptr) {
    cell.set_text(reply_word(t, *reply));
    cell.set_code(std::string(reply_code(*reply)));
    cell.set_severity(severity_of(*reply));
  } else if (item.delivered) {
    cell.set_text(t("reply.arrived", {{"time", format_time(*item.delivered, t.language())}}));
    cell.set_code("arrived");
    cell.set_severity(pvs::v1::SEVERITY_GOOD);
  } else {
    cell.set_text(item.receipt_requested ? t("reply.awaited_open") : t("fact.no_receipt_requested"));
    cell.set_code(item.receipt_requested ? "awaited" : "none");
  }
}

std::vector<const Reply*> answers_of(const OutboxItem& item) {
  std::vector<const Reply*> answers;
  for (const Reply& reply : item.replies) {
    if (reply.kind != MessageKind::receipt) {
      answers.push_back(&reply);
    }
  }
  return answers;
}

/// "Rückmeldung/Antwort?": all of them, coloured by what needs attention most.
void add_answer_cell(const Texts& t, pvs::v1::Row& row, const OutboxItem& item) {
  Cell& cell = *row.add_cells();
  std::string text;
  const Reply* worst = nullptr;
  for (const Reply* reply : answers_of(item)) {
    text += (text.empty() ? "" : "; ") + kind_word(t, reply->kind) + ": " + reply_word(t, *reply);
    if (worst == nullptr || severity_of(*reply) > severity_of(*worst)) {
      worst = reply;
    }
  }
  if (worst == nullptr && item.answered) {
    text = t("reply.arrived", {{"time", format_time(*item.answered, t.language())}});
  }
  cell.set_text(text.empty() ? t("reply.none") : text);
  cell.set_code(worst != nullptr ? std::string(reply_code(*worst)) : item.answered ? "arrived" : "none");
  cell.set_severity(worst != nullptr ? severity_of(*worst) : pvs::v1::SEVERITY_UNSPECIFIED);
}

pvs::v1::Severity state_severity(const OutboxItem& item) {
  if (item.overdue() || item.unreadable) {
    return pvs::v1::SEVERITY_BAD;
  }
  return item.state == OutboxState::queued && item.tries > 0 ? pvs::v1::SEVERITY_WARNING : severity_of(item.state);
}

std::string state_sentence(const Texts& t, const OutboxItem& item) {
  if (item.unreadable) {
    return t("outbox.unreadable", {{"value", outbox_state(t, item)}});
  }
  return item.overdue() ? t("outbox.overdue", {{"value", outbox_state(t, item)}}) : outbox_state(t, item);
}

/// The subject as people know it; a delivery to a KV with its quarter, because there is one each quarter.
std::string subject_of(const Texts& t, const service::Catalogue& catalogue, const OutboxItem& item) {
  if (item.is_receipt) {
    return t("outbox.receipt");
  }
  const std::string subject = subject_words(t, catalogue, item.service_id, item.user_subject);
  return item.delivery ? subject + ", " + quarter_words(item.delivery->quarter) : subject;
}

// ---- what can be done ----

using Actions = google::protobuf::RepeatedPtrField<Action>;

/// Everything of a message that its state allows; the same in the list and in the detail.
void add_item_actions(const Texts& t, Actions& actions, const OutboxItem& item) {
  if (item.state == OutboxState::draft) {
    if (!item.unreadable) {
      add_action(actions, "edit", t("action.edit_draft"), Action::ROLE_PRIMARY).set_keep_view(true);
    }
    add_action(actions, "delete", t("action.delete_draft"), Action::ROLE_DANGER).set_keep_view(true);
    return;
  }
  if ((item.state == OutboxState::failed || item.state == OutboxState::queued) && !item.unreadable) {
    add_action(actions, "retry", t("action.retry"));
  }
  if (item.withdrawable && !item.is_receipt && !item.unreadable) {
    add_action(actions, "edit", t("action.edit_again")).set_keep_view(true);
  }
  if (item.withdrawable) {
    add_action(actions, "withdraw", t("action.withdraw"), Action::ROLE_DANGER).set_keep_view(true);
  }
  if (item.overdue()) {
    add_action(actions, "clear_overdue", t("action.clear_overdue")).set_keep_view(true);
  }
}

void add_row(const Texts& t, const service::Catalogue& catalogue, pvs::v1::Table& table, const OutboxItem& item,
             const UserNames& accounts) {
  pvs::v1::Row& row = *table.add_rows();
  row.set_row_id(item.id);
  row.set_emphasised(item.overdue());
  add_time_cell(t, row, item.created);
  add_cell(row, shown(item.to));
  add_cell(row, subject_of(t, catalogue, item));
  add_cell(row, service_name(t, catalogue, item.service_id)).set_code(shown(item.service_id));
  Cell& state = add_cell(row, state_sentence(t, item));
  state.set_code(item.unreadable ? "unreadable" : std::string(mailbox::name(item.state)));
  state.set_severity(state_severity(item));
  add_time_cell(t, row, item.accepted);
  add_cell(row, joined(item.file_names)).set_number(static_cast<std::int64_t>(item.file_names.size()));
  add_receipt_cell(t, row, item);
  add_answer_cell(t, row, item);
  add_cell(row, sending_error(t, item.last_error)).set_code(item.last_error);
  if (accounts.size() > 1) {
    add_cell(row, account_name_in(accounts, item.account_id));
  }
  if (item.state != OutboxState::draft) {
    add_action(*row.mutable_actions(), "open", t("action.open_message"), Action::ROLE_PRIMARY).set_keep_view(true);
  }
  add_item_actions(t, *row.mutable_actions(), item);
}

void add_columns(const Texts& t, pvs::v1::Table& table, bool several_accounts) {
  add_column(t, table, "outbox", "created", Column::KIND_TIME);
  add_column(t, table, "outbox", "to", Column::KIND_TEXT);
  add_column(t, table, "outbox", "subject", Column::KIND_TEXT);
  add_column(t, table, "outbox", "service", Column::KIND_TEXT);
  add_column(t, table, "outbox", "state", Column::KIND_STATE);
  add_column(t, table, "outbox", "sent", Column::KIND_TIME);
  add_column(t, table, "outbox", "files", Column::KIND_TEXT);
  add_column(t, table, "outbox", "receipt", Column::KIND_STATE);
  add_column(t, table, "outbox", "answer", Column::KIND_STATE);
  add_column(t, table, "outbox", "error", Column::KIND_TEXT);
  if (several_accounts) {
    add_column(t, table, "outbox", "account", Column::KIND_TEXT);
  }
}

// ---- detail ----

void add_sending(const Texts& t, pvs::v1::Detail& detail, const OutboxItem& item) {
  Group& group = add_group(detail, t("outbox.message.state"));
  if (item.unreadable) {
    group.set_severity(pvs::v1::SEVERITY_BAD);
    auto& fact = add_fact(group, "unreadable", t("verdict.unreadable"), t.count("outbox.unreadable.text", 1));
    fact.set_code("unreadable");
    fact.set_severity(pvs::v1::SEVERITY_BAD);
  }
  auto& state = add_fact(group, "state", t("fact.state"), outbox_state(t, item));
  state.set_code(std::string(mailbox::name(item.state)));
  state.set_severity(severity_of(item.state));
  if (!item.last_error.empty()) {
    auto& fact = add_fact(group, "last_error", t("fact.last_error"), sending_error(t, item.last_error));
    fact.set_code(item.last_error);
    fact.set_severity(pvs::v1::SEVERITY_WARNING);
  }
  add_fact(group, "created", t("fact.created"), format_time(item.created, t.language()));
  add_fact(group, "accepted", t("fact.accepted"), format_time(item.accepted, t.language()));
  if (item.reply(MessageKind::receipt) == nullptr) {
    add_fact(group, "delivered", t("fact.delivered"),
             item.receipt_requested ? format_time(item.delivered, t.language()) : t("fact.no_receipt_requested"));
  }
  if (item.answered) {
    add_fact(group, "answered", t("fact.answered"), format_time(item.answered, t.language()));
  }
  if (item.state == OutboxState::queued && item.next_try) {
    add_fact(group, "next_try", t("fact.next_try"), format_time(item.next_try, t.language()));
  }
  add_fact(group, "tries", t("fact.tries"), std::to_string(item.tries)).set_expert(true);
}

void add_replies(const Texts& t, pvs::v1::Detail& detail, const OutboxItem& item) {
  if (item.replies.empty()) {
    return;
  }
  Group& group = add_group(detail, t("outbox.message.replies"));
  for (const Reply& reply : item.replies) {
    auto& fact = add_fact(group, service::name(reply.kind), kind_word(t, reply.kind), reply_word(t, reply));
    fact.set_code(std::string(reply_code(reply)));
    fact.set_severity(severity_of(reply));
    if (reply.cleared && !reply.cleared->note.empty()) {
      add_fact(group, "cleared_note", t("fact.cleared_note"), reply.cleared->note);
    }
  }
}

void add_content(const Texts& t, const service::Catalogue& catalogue, pvs::v1::Detail& detail, const OutboxItem& item) {
  Group& group = add_group(detail, t("outbox.message.message"));
  add_fact(group, "to", t("fact.to"), shown(item.to));
  add_fact(group, "service", t("fact.service"), service_name(t, catalogue, item.service_id))
      .set_code(shown(item.service_id));
  add_known(group, t, "subject_line", subject_words(t, catalogue, item.service_id, item.user_subject, kWhole));
  add_known(group, t, "files", joined(item.file_names));
  if (item.delivery) {
    add_known(group, t, "quarter", quarter_words(item.delivery->quarter));
    add_known(group, t, "document_type", item.delivery->type);
    add_known(group, t, "bsnr", item.delivery->bsnr);
    add_fact(group, "test_delivery", t("fact.test_delivery"),
             item.delivery->test ? t("delivery.test") : t("delivery.real"))
        .set_code(item.delivery->test ? "test" : "real");
    add_fact(group, "version", t("fact.version"), std::to_string(item.delivery->version)).set_expert(true);
    add_known(group, t, "guid", item.delivery->guid, true);
  }
  add_known(group, t, "message_id", item.message_id, true);
}

// ---- thread ----

struct ThreadRow {
  TimePoint time;
  const OutboxItem* sent = nullptr;
  const mailbox::InboxItem* received = nullptr;
};

std::vector<ThreadRow> in_order(const mailbox::Thread& thread) {
  std::vector<ThreadRow> rows;
  for (const OutboxItem& item : thread.sent) {
    rows.push_back({item.accepted.value_or(item.created), &item, nullptr});
  }
  for (const mailbox::InboxItem& item : thread.received) {
    rows.push_back({item.received, nullptr, &item});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const ThreadRow& a, const ThreadRow& b) { return a.time < b.time; });
  return rows;
}

void add_thread_row(const Texts& t, const service::Catalogue& catalogue, pvs::v1::Table& table, const ThreadRow& from) {
  pvs::v1::Row& row = *table.add_rows();
  const bool sent = from.sent != nullptr;
  row.set_row_id(sent ? "out:" + from.sent->id : "in:" + from.received->id);
  add_time_cell(t, row, from.time);
  add_cell(row, t(sent ? "thread.sent" : "thread.received")).set_code(sent ? "sent" : "received");
  add_cell(row, shown(sent ? from.sent->to : from.received->from));
  const std::string& service = sent ? from.sent->service_id : from.received->service_id;
  add_cell(row, service_name(t, catalogue, service)).set_code(shown(service));
  add_cell(row, sent ? subject_of(t, catalogue, *from.sent) : inbox_subject(t, catalogue, *from.received));
  Cell& state = add_cell(row, sent ? state_sentence(t, *from.sent) : inbox_word(t, *from.received));
  state.set_code(sent ? std::string(mailbox::name(from.sent->state)) : inbox_code(*from.received));
  state.set_severity(sent ? state_severity(*from.sent) : inbox_severity(*from.received));
  add_action(*row.mutable_actions(), "open", t("action.open_message"), Action::ROLE_PRIMARY).set_keep_view(true);
}

}  // namespace

std::string_view name(OutboxPart part) {
  switch (part) {
    case OutboxPart::messages:
      return "messages";
    case OutboxPart::overdue:
      return "overdue";
    case OutboxPart::drafts:
      return "drafts";
    case OutboxPart::everything:
      return "everything";
  }
  return {};
}

std::optional<OutboxPart> outbox_part(std::string_view action_id) {
  const auto* const found =
      std::find_if(kParts.begin(), kParts.end(), [&](OutboxPart part) { return name(part) == action_id; });
  return found == kParts.end() ? std::nullopt : std::optional(*found);
}

pvs::v1::View outbox(const Texts& t, const service::Catalogue& catalogue, const OutboxList& list) {
  pvs::v1::View out = view(t, "outbox");
  pvs::v1::Table& table = *out.mutable_table();
  const auto unreadable =
      std::count_if(list.items.begin(), list.items.end(), [](const auto& i) { return i.unreadable; });
  table.set_intro(
      t("outbox.intro." + std::string(name(list.part))) +
      (list.overdue > 0 ? " " + t.count("outbox.overdue_count", list.overdue) : "") +
      (unreadable > 0 ? " " + t.count("outbox.unreadable.text", static_cast<std::uint64_t>(unreadable)) : ""));
  table.set_empty_text(t("outbox.empty." + std::string(name(list.part))));
  add_columns(t, table, list.accounts.size() > 1);
  for (const OutboxItem& item : list.items) {
    add_row(t, catalogue, table, item, list.accounts);
  }
  table.set_total(list.total);
  table.set_next_page(list.next);
  auto& actions = *out.mutable_actions();
  add_action(actions, "compose", t("action.compose"), Action::ROLE_PRIMARY).set_keep_view(true);
  for (const OutboxPart part : kParts) {
    if (part != list.part) {
      add_action(actions, name(part), t("outbox.part." + std::string(name(part))));
    }
  }
  add_action(actions, "refresh", t("action.refresh"));
  add_close(t, out);
  return out;
}

pvs::v1::View outbox_message(const Texts& t, const service::Catalogue& catalogue, const OutboxItem& item) {
  pvs::v1::View out = view(t, "outbox.message");
  pvs::v1::Detail& detail = *out.mutable_detail();
  add_sending(t, detail, item);
  add_replies(t, detail, item);
  add_content(t, catalogue, detail, item);
  add_item_actions(t, *out.mutable_actions(), item);
  if (!item.thread_id.empty() && item.state != OutboxState::draft) {
    add_action(*out.mutable_actions(), "thread", t("action.thread")).set_keep_view(true);
  }
  if (item.accepted) {
    for (const char* id : {"save_original", "save_protocol", "save_protocol_text"}) {
      add_action(*out.mutable_actions(), id, t("action." + std::string(id))).set_keep_view(true);
    }
  }
  add_close(t, out);
  return out;
}

pvs::v1::View outbox_withdrawn(const Texts& t, const service::Catalogue& catalogue, const OutboxItem& item) {
  pvs::v1::View out = view(t, "outbox.message");
  pvs::v1::Detail& detail = *out.mutable_detail();
  const bool draft = item.state == OutboxState::draft;
  Group& group = add_group(detail, t("outbox.message.state"));
  auto& state = add_fact(group, "state", t("fact.state"), t(draft ? "outbox.draft_deleted" : "outbox.withdrawn"));
  state.set_code(draft ? "deleted" : "withdrawn");
  state.set_severity(pvs::v1::SEVERITY_INFO);
  add_content(t, catalogue, detail, item);
  add_close(t, out);
  return out;
}

pvs::v1::View withdraw_question(const Texts& t, const OutboxItem& item) {
  pvs::v1::View out = view(t, "outbox.withdraw");
  const bool draft = item.state == OutboxState::draft;
  if (draft) {
    out.set_title(t("outbox.delete.title"));
  }
  pvs::v1::Confirmation& confirmation = *out.mutable_confirmation();
  confirmation.set_severity(pvs::v1::SEVERITY_WARNING);
  confirmation.set_question(draft ? t("outbox.delete.question")
                                  : t("outbox.withdraw.question", {{"name", shown(item.to)}}));
  confirmation.set_consequence(t(draft ? "outbox.delete.consequence" : "outbox.withdraw.consequence"));
  add_action(*out.mutable_actions(), "confirm", t(draft ? "action.delete_draft" : "action.withdraw"),
             Action::ROLE_DANGER);
  add_close(t, out);
  return out;
}

pvs::v1::View clear_overdue(const Texts& t, const OutboxItem& item, const std::string& note,
                            const FieldErrors& errors) {
  pvs::v1::View out = view(t, "outbox.clear_overdue");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("outbox.clear_overdue.intro", {{"name", shown(item.to)}}));
  Field& replies = add_field(t, form, "reply", Field::TYPE_CHOICE, true);
  for (const Reply& reply : item.replies) {
    if (reply.overdue) {
      auto& choice = *replies.add_choices();
      choice.set_id(std::string(service::name(reply.kind)));
      choice.set_label(kind_word(t, reply.kind) + " (" + reply_word(t, reply) + ")");
    }
  }
  if (replies.choices_size() > 0) {
    replies.mutable_value()->mutable_ids()->add_id(replies.choices(0).id());
  }
  Field& text = add_field(t, form, "note", Field::TYPE_MULTILINE, true);
  text.set_max_length(1000);
  text.mutable_value()->set_text(note);
  for (const auto& [name, sentence] : errors) {
    set_field_error(form, name, sentence);
  }
  add_action(*out.mutable_actions(), "clear", t("action.clear_overdue"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View thread(const Texts& t, const service::Catalogue& catalogue, const mailbox::Thread& thread) {
  pvs::v1::View out = view(t, "thread");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_empty_text(t("thread.empty"));
  add_column(t, table, "thread", "time", Column::KIND_TIME);
  add_column(t, table, "thread", "direction", Column::KIND_TEXT);
  add_column(t, table, "thread", "partner", Column::KIND_TEXT);
  add_column(t, table, "thread", "service", Column::KIND_TEXT);
  add_column(t, table, "thread", "subject", Column::KIND_TEXT);
  add_column(t, table, "thread", "state", Column::KIND_STATE);
  const std::vector<ThreadRow> rows = in_order(thread);
  for (const ThreadRow& row : rows) {
    add_thread_row(t, catalogue, table, row);
  }
  table.set_total(rows.size());
  add_action(*out.mutable_actions(), "refresh", t("action.refresh"));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
