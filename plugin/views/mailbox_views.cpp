// SPDX-License-Identifier: Apache-2.0
#include "views/mailbox_views.h"

#include <algorithm>

#include "texts/format.h"

namespace kvc::plugin::views {
namespace {

using mailbox::InboxItem;
using mailbox::OutboxItem;
using mailbox::OutboxState;
using message::Verdict;
using pvs::v1::Action;
using pvs::v1::Cell;
using pvs::v1::Field;
using Column = pvs::v1::Table::Column;
using Group = pvs::v1::Detail::Group;

pvs::v1::Severity severity_of(OutboxState state) {
  switch (state) {
    case OutboxState::draft:
    case OutboxState::queued:
      return pvs::v1::SEVERITY_INFO;
    case OutboxState::accepted:
    case OutboxState::delivered:
    case OutboxState::answered:
      return pvs::v1::SEVERITY_GOOD;
    case OutboxState::failed:
      return pvs::v1::SEVERITY_BAD;
  }
  return pvs::v1::SEVERITY_UNSPECIFIED;
}

pvs::v1::Severity severity_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid:
      return pvs::v1::SEVERITY_GOOD;
    case Verdict::certificate_expired:
    case Verdict::weak_algorithm:
    case Verdict::not_encrypted:
    case Verdict::decrypt_failed:
      return pvs::v1::SEVERITY_WARNING;
    default:
      return pvs::v1::SEVERITY_BAD;
  }
}

Cell& add_text(pvs::v1::Row& row, std::string text) {
  Cell& cell = *row.add_cells();
  cell.set_text(std::move(text));
  return cell;
}

void add_time(const Texts& t, pvs::v1::Row& row, const std::optional<TimePoint>& time) {
  Cell& cell = add_text(row, format_time(time, t.language()));
  cell.set_time_ms(time ? to_ms(*time) : 0);
}

std::string account_name(const UserNames& accounts, const std::string& id) {
  const auto found = std::find_if(accounts.begin(), accounts.end(), [&](const auto& a) { return a.first == id; });
  return found == accounts.end() ? id : found->second;
}

/// The service of a message in words; the identifier itself for one the catalogue does not know.
std::string service_name(const Texts& t, const std::string& service_id) {
  std::string service = service_id.substr(0, service_id.find(';'));
  std::transform(service.begin(), service.end(), service.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string key = "service_name." + service;
  if (service_id.empty()) {
    return t("service_name.none");
  }
  return t.has(key) ? t(key) : service_id;
}

std::string outbox_state(const Texts& t, const OutboxItem& item) {
  if (item.state == OutboxState::queued && item.next_try && item.tries > 0) {
    return t("state.outbox.waiting", {{"time", format_time(*item.next_try, t.language())}});
  }
  return t("state.outbox." + std::string(mailbox::name(item.state)));
}

std::string verdict_word(const Texts& t, Verdict verdict) {
  return t("verdict." + std::string(message::name(verdict)));
}

template <class Item>
void finish_page(pvs::v1::Table& table, const Page<Item>& page) {
  table.set_total(page.total);
  const std::size_t next = page.offset + page.items.size();
  if (!page.items.empty() && next < page.total) {
    table.set_next_page(std::to_string(next));
  }
}

void add_outbox_row(const Texts& t, pvs::v1::Table& table, const OutboxItem& item, const UserNames& accounts) {
  pvs::v1::Row& row = *table.add_rows();
  row.set_row_id(item.id);
  add_time(t, row, item.created);
  add_text(row, item.to);
  add_text(row, item.is_receipt ? t("outbox.receipt") : item.user_subject);
  add_text(row, service_name(t, item.service_id)).set_code(item.service_id);
  Cell& state = add_text(row, outbox_state(t, item));
  state.set_code(std::string(mailbox::name(item.state)));
  state.set_severity(item.state == OutboxState::queued && item.tries > 0 ? pvs::v1::SEVERITY_WARNING
                                                                         : severity_of(item.state));
  add_text(row, error_sentence(t, item.last_error)).set_code(item.last_error);
  if (accounts.size() > 1) {
    add_text(row, account_name(accounts, item.account_id));
  }
  add_action(*row.mutable_actions(), "open", t("action.open_message"), Action::ROLE_PRIMARY);
  if (item.state == OutboxState::failed || item.state == OutboxState::queued) {
    add_action(*row.mutable_actions(), "retry", t("action.retry"));
  }
  if (item.state == OutboxState::queued && item.tries == 0) {
    add_action(*row.mutable_actions(), "withdraw", t("action.withdraw"), Action::ROLE_DANGER);
  }
}

void add_inbox_row(const Texts& t, pvs::v1::Table& table, const InboxItem& item, const UserNames& accounts) {
  pvs::v1::Row& row = *table.add_rows();
  row.set_row_id(item.id);
  row.set_emphasised(!item.read && !item.is_receipt);
  const bool shown = item.opened && may_be_shown(item.verdict);
  add_time(t, row, item.received);
  add_text(row, item.from.empty() ? t("fact.not_known") : item.from);
  add_text(row, item.is_receipt ? t("inbox.receipt") : shown ? item.subject : t("inbox.subject_not_shown"));
  add_text(row, service_name(t, item.service_id)).set_code(item.service_id);
  Cell& verdict = add_text(row, item.opened ? verdict_word(t, item.verdict) : t("verdict.unopened"));
  verdict.set_code(item.opened ? std::string(message::name(item.verdict)) : "unopened");
  verdict.set_severity(item.opened ? severity_of(item.verdict) : pvs::v1::SEVERITY_WARNING);
  Cell& parts = add_text(row, std::to_string(item.parts));
  parts.set_number(static_cast<std::int64_t>(item.parts));
  if (accounts.size() > 1) {
    add_text(row, account_name(accounts, item.account_id));
  }
  add_action(*row.mutable_actions(), "open", t("action.open_message"), Action::ROLE_PRIMARY);
}

Group& add_group(pvs::v1::Detail& detail, std::string heading) {
  Group& group = *detail.add_groups();
  group.set_heading(std::move(heading));
  return group;
}

void add_known(Group& group, const Texts& t, const char* name, const std::string& value, bool expert = false) {
  if (!value.empty()) {
    add_fact(group, name, t("fact." + std::string(name)), value).set_expert(expert);
  }
}

void add_verdict_group(const Texts& t, pvs::v1::Detail& detail, const message::OpenedMessage& message) {
  const std::string code(message::name(message.verdict));
  Group& group = add_group(detail, t("inbox.message.verdict"));
  group.set_severity(severity_of(message.verdict));
  auto& fact = add_fact(group, "verdict", t("fact.verdict"), t("verdict." + code));
  fact.set_code(code);
  fact.set_severity(severity_of(message.verdict));
  add_fact(group, "verdict_meaning", t("fact.verdict_meaning"), t("verdict_meaning." + code));
  add_fact(group, "layers", t("fact.layers"), std::to_string(message.layers.size())).set_expert(true);
}

void add_signer(const Texts& t, Group& group, const message::Signer& signer) {
  add_known(group, t, "signer", signer.email);
  add_known(group, t, "subject", signer.subject, true);
  add_known(group, t, "issuer", signer.issuer, true);
  add_known(group, t, "serial", signer.serial, true);
  add_fact(group, "not_after", t("fact.not_after"), format_date(signer.not_after, t.language())).set_expert(true);
  add_known(group, t, "fingerprint", signer.fingerprint_sha256, true);
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) {
    out += (out.empty() ? "" : ", ") + item;
  }
  return out;
}

void add_layer_technology(const Texts& t, Group& group, const message::Layer& layer) {
  if (layer.signing_time) {
    add_fact(group, "signing_time", t("fact.signing_time"), format_time(*layer.signing_time, t.language()))
        .set_expert(true);
  }
  add_fact(group, "reference_time", t("fact.reference_time"), format_time(layer.reference_time, t.language()))
      .set_expert(true);
  add_known(group, t, "content_cipher", layer.content_cipher, true);
  add_known(group, t, "digest", layer.digest, true);
  add_known(group, t, "key_label", layer.key_label, false);
  add_known(group, t, "reason", layer.reason, true);
  add_known(group, t, "warnings", joined(layer.warnings), true);
  if (layer.verdict == Verdict::decrypt_failed) {
    for (const auto& recipient : layer.recipients) {
      add_fact(group, "would_open", t("fact.would_open"), recipient.issuer + ", " + recipient.serial_hex)
          .set_expert(true);
    }
  }
}

void add_layer(const Texts& t, pvs::v1::Detail& detail, const message::Layer& layer, std::size_t number,
               std::size_t count) {
  Group& group = add_group(detail, count == 1 ? t("inbox.message.layer_only")
                                              : t("inbox.message.layer", {{"number", std::to_string(number)}}));
  group.set_severity(severity_of(layer.verdict));
  auto& verdict = add_fact(group, "layer_verdict", t("fact.verdict"), verdict_word(t, layer.verdict));
  verdict.set_code(std::string(message::name(layer.verdict)));
  verdict.set_severity(severity_of(layer.verdict));
  add_known(group, t, "from", layer.from);
  add_known(group, t, "to", layer.to);
  add_known(group, t, "date", layer.date);
  if (layer.signer) {
    add_signer(t, group, *layer.signer);
  }
  std::vector<std::string> findings;
  for (const Verdict finding : layer.findings) {
    findings.push_back(verdict_word(t, finding));
  }
  add_known(group, t, "findings", joined(findings));
  add_known(group, t, "service_id", layer.service_id, true);
  add_known(group, t, "message_id", layer.message_id, true);
  add_known(group, t, "in_reply_to", layer.in_reply_to, true);
  add_layer_technology(t, group, layer);
}

/// The subject the sender typed stands inside the signature; the one of the clear header says nothing.
std::string signed_subject(const message::OpenedMessage& message, const InboxItem& item) {
  const std::string inner = message.layers.empty() ? std::string() : message.layers.back().subject;
  return item.subject.empty() ? inner : item.subject;
}

void add_message_group(const Texts& t, pvs::v1::Detail& detail, const mailbox::OpenedItem& opened, bool shown) {
  Group& group = add_group(detail, t("inbox.message.message"));
  add_fact(group, "from", t("fact.from"), opened.item.from);
  add_fact(group, "received", t("fact.received"), format_time(opened.item.received, t.language()));
  add_fact(group, "service", t("fact.service"), service_name(t, opened.item.service_id))
      .set_code(opened.item.service_id);
  if (shown) {
    add_fact(group, "subject_line", t("fact.subject_line"), signed_subject(opened.message, opened.item));
    return;
  }
  auto& fact = add_fact(group, "not_shown", t("fact.content"), t("inbox.message.not_shown"));
  fact.set_severity(pvs::v1::SEVERITY_WARNING);
  fact.set_code("not_shown");
}

void add_parts(const Texts& t, pvs::v1::Detail& detail, const message::OpenedMessage& message, bool shown) {
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const message::Part& part = message.parts[i];
    auto& out = *detail.add_parts();
    out.set_part_id(std::to_string(i));
    out.set_name(part.name.empty() ? t("part.message_text") : safe_file_name(part.name, t("part.unnamed")));
    out.set_media_type(part.type);
    out.set_description(part.description);
    out.set_size(part.size);
    out.set_sha256(part.sha256);
    add_action(*out.mutable_actions(), "save", shown ? t("action.save") : t("action.save_unverified"),
               shown ? Action::ROLE_PRIMARY : Action::ROLE_DANGER)
        .set_keep_view(true);
  }
}

/// Marks that change the direction of writing can make "exe.gpj" look like a picture: U+202A to U+202E, U+2066 to
/// U+2069.
std::string without_direction_marks(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view three = text.substr(i, 3);
    const auto last = three.size() == 3 ? static_cast<unsigned char>(three[2]) : 0U;
    if ((three.starts_with("\xe2\x80") && last >= 0xaaU && last <= 0xaeU) ||
        (three.starts_with("\xe2\x81") && last >= 0xa6U && last <= 0xa9U)) {
      out += '_';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool valid_utf8_start(unsigned char c) {
  return (c & 0xc0U) != 0x80U;
}

}  // namespace

bool may_be_shown(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid:
    case Verdict::not_encrypted:
    case Verdict::weak_algorithm:
    case Verdict::certificate_expired:
      return true;
    default:
      return false;
  }
}

pvs::v1::View outbox(const Texts& t, const Page<OutboxItem>& page) {
  pvs::v1::View out = view(t, "outbox");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_empty_text(t("outbox.empty"));
  add_column(t, table, "outbox", "created", Column::KIND_TIME);
  add_column(t, table, "outbox", "to", Column::KIND_TEXT);
  add_column(t, table, "outbox", "subject", Column::KIND_TEXT);
  add_column(t, table, "outbox", "service", Column::KIND_TEXT);
  add_column(t, table, "outbox", "state", Column::KIND_STATE);
  add_column(t, table, "outbox", "error", Column::KIND_TEXT);
  if (page.accounts.size() > 1) {
    add_column(t, table, "outbox", "account", Column::KIND_TEXT);
  }
  for (const OutboxItem& item : page.items) {
    add_outbox_row(t, table, item, page.accounts);
  }
  finish_page(table, page);
  add_action(*out.mutable_actions(), "compose", t("action.compose"), Action::ROLE_PRIMARY).set_keep_view(true);
  add_action(*out.mutable_actions(), "refresh", t("action.refresh"));
  add_close(t, out);
  return out;
}

pvs::v1::View outbox_message(const Texts& t, const OutboxItem& item) {
  pvs::v1::View out = view(t, "outbox.message");
  Group& group = add_group(*out.mutable_detail(), t("outbox.message.state"));
  auto& state = add_fact(group, "state", t("fact.state"), outbox_state(t, item));
  state.set_code(std::string(mailbox::name(item.state)));
  state.set_severity(severity_of(item.state));
  if (!item.last_error.empty()) {
    auto& fact = add_fact(group, "last_error", t("fact.last_error"), error_sentence(t, item.last_error));
    fact.set_code(item.last_error);
    fact.set_severity(pvs::v1::SEVERITY_WARNING);
  }
  add_fact(group, "created", t("fact.created"), format_time(item.created, t.language()));
  add_fact(group, "accepted", t("fact.accepted"), format_time(item.accepted, t.language()));
  add_fact(group, "delivered", t("fact.delivered"),
           item.receipt_requested ? format_time(item.delivered, t.language()) : t("fact.no_receipt_requested"));
  if (item.answered) {
    add_fact(group, "answered", t("fact.answered"), format_time(item.answered, t.language()));
  }
  if (item.state == OutboxState::queued && item.next_try) {
    add_fact(group, "next_try", t("fact.next_try"), format_time(item.next_try, t.language()));
  }
  add_fact(group, "tries", t("fact.tries"), std::to_string(item.tries)).set_expert(true);
  Group& content = add_group(*out.mutable_detail(), t("outbox.message.message"));
  add_fact(content, "to", t("fact.to"), item.to);
  add_fact(content, "service", t("fact.service"), service_name(t, item.service_id)).set_code(item.service_id);
  add_known(content, t, "subject_line", item.user_subject);
  add_known(content, t, "files", joined(item.file_names));
  add_known(content, t, "message_id", item.message_id, true);
  if (item.state == OutboxState::failed || item.state == OutboxState::queued) {
    add_action(*out.mutable_actions(), "retry", t("action.retry"));
  }
  if (item.state == OutboxState::queued && item.tries == 0) {
    add_action(*out.mutable_actions(), "withdraw", t("action.withdraw"), Action::ROLE_DANGER);
  }
  add_close(t, out);
  return out;
}

pvs::v1::View inbox(const Texts& t, const Page<InboxItem>& page) {
  pvs::v1::View out = view(t, "inbox");
  pvs::v1::Table& table = *out.mutable_table();
  table.set_empty_text(t("inbox.empty"));
  add_column(t, table, "inbox", "received", Column::KIND_TIME);
  add_column(t, table, "inbox", "from", Column::KIND_TEXT);
  add_column(t, table, "inbox", "subject", Column::KIND_TEXT);
  add_column(t, table, "inbox", "service", Column::KIND_TEXT);
  add_column(t, table, "inbox", "verdict", Column::KIND_STATE);
  add_column(t, table, "inbox", "parts", Column::KIND_TEXT);
  if (page.accounts.size() > 1) {
    add_column(t, table, "inbox", "account", Column::KIND_TEXT);
  }
  for (const InboxItem& item : page.items) {
    add_inbox_row(t, table, item, page.accounts);
  }
  finish_page(table, page);
  add_action(*out.mutable_actions(), "fetch", t("action.fetch"), Action::ROLE_PRIMARY).set_keep_view(true);
  add_action(*out.mutable_actions(), "refresh", t("action.refresh"));
  add_close(t, out);
  return out;
}

pvs::v1::View inbox_message(const Texts& t, const mailbox::OpenedItem& opened) {
  pvs::v1::View out = view(t, "inbox.message");
  pvs::v1::Detail& detail = *out.mutable_detail();
  const bool shown = may_be_shown(opened.message.verdict);
  add_verdict_group(t, detail, opened.message);
  add_message_group(t, detail, opened, shown);
  for (std::size_t i = 0; i < opened.message.layers.size(); ++i) {
    add_layer(t, detail, opened.message.layers[i], i + 1, opened.message.layers.size());
  }
  if (shown) {
    detail.set_text(opened.message.text());
  }
  add_parts(t, detail, opened.message, shown);
  add_action(*out.mutable_actions(), "save_original", t("action.save_original")).set_keep_view(true);
  add_close(t, out);
  return out;
}

pvs::v1::View send_result(const Texts& t, const OutboxItem& item) {
  pvs::v1::View out = view(t, "message.queued");
  pvs::v1::Notice& notice = *out.mutable_notice();
  if (item.state == OutboxState::failed) {
    notice.set_severity(pvs::v1::SEVERITY_BAD);
    notice.set_text(t("message.queued.failed") + " " + error_sentence(t, item.last_error));
  } else if (item.state == OutboxState::queued || item.state == OutboxState::draft) {
    notice.set_severity(pvs::v1::SEVERITY_WARNING);
    const std::string next = item.next_try
                                 ? t("message.queued.next_try", {{"time", format_time(*item.next_try, t.language())}})
                                 : t("message.queued.next_fetch");
    notice.set_text(t("message.queued.waiting") + " " + next + " " + error_sentence(t, item.last_error));
  } else {
    notice.set_severity(pvs::v1::SEVERITY_GOOD);
    notice.set_text(t(item.receipt_requested ? "message.queued.accepted_receipt" : "message.queued.accepted"));
  }
  add_notice_fact(notice, t("fact.to"), item.to);
  add_notice_fact(notice, t("fact.state"), outbox_state(t, item));
  add_notice_fact(notice, t("fact.message_id"), item.message_id);
  add_close(t, out);
  return out;
}

pvs::v1::View fetch_summary(const Texts& t, const std::vector<FetchOutcome>& outcomes) {
  pvs::v1::View out = view(t, "fetch.summary");
  pvs::v1::Notice& notice = *out.mutable_notice();
  mailbox::FetchSummary sum;
  std::size_t failed = 0;
  for (const FetchOutcome& outcome : outcomes) {
    sum.fetched += outcome.summary.fetched;
    sum.receipts += outcome.summary.receipts;
    sum.not_valid += outcome.summary.not_valid;
    failed += outcome.status.ok() ? 0U : 1U;
    add_notice_fact(notice, outcome.account_name,
                    outcome.status.ok()
                        ? t.count("fetch.summary.messages", static_cast<std::uint64_t>(outcome.summary.fetched))
                        : error_sentence(t, outcome.status.code().key));
  }
  std::string text = t.count("fetch.summary.new", static_cast<std::uint64_t>(sum.fetched));
  if (sum.receipts > 0) {
    text += " " + t.count("fetch.summary.receipts", static_cast<std::uint64_t>(sum.receipts));
  }
  if (sum.not_valid > 0) {
    text += " " + t.count("fetch.summary.not_valid", static_cast<std::uint64_t>(sum.not_valid));
  }
  if (failed > 0) {
    text += " " + t.count("fetch.summary.failed", failed);
  }
  notice.set_severity(failed > 0 || sum.not_valid > 0 ? pvs::v1::SEVERITY_WARNING : pvs::v1::SEVERITY_GOOD);
  notice.set_text(text);
  add_action(*out.mutable_actions(), "inbox", t("action.open_inbox"), Action::ROLE_PRIMARY);
  add_close(t, out);
  return out;
}

pvs::v1::View file_saved(const Texts& t, const std::string& path, bool unverified) {
  pvs::v1::View out =
      notice(t, "file.saved", unverified ? pvs::v1::SEVERITY_WARNING : pvs::v1::SEVERITY_GOOD, {{"path", path}});
  if (unverified) {
    out.mutable_notice()->set_text(out.notice().text() + " " + t("file.saved.unverified"));
  }
  return out;
}

pvs::v1::View notice(const Texts& t, std::string_view kind, pvs::v1::Severity severity, const Args& args) {
  pvs::v1::View out = view(t, kind);
  out.mutable_notice()->set_severity(severity);
  out.mutable_notice()->set_text(t(std::string(kind) + ".text", args));
  add_close(t, out);
  return out;
}

std::string safe_file_name(std::string_view name, std::string_view otherwise) {
  constexpr std::size_t kMaxBytes = 120;
  constexpr std::string_view kForbidden = "/\\:*?\"<>|";
  const auto slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  std::string safe;
  for (const char c : without_direction_marks(name)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || kForbidden.find(c) != std::string_view::npos) {
      safe += '_';
    } else if (!(safe.empty() && (c == '.' || c == ' '))) {
      safe += c;
    }
  }
  if (safe.size() > kMaxBytes) {
    // The ending tells programs what the file is; the cut falls between whole characters.
    const auto dot = safe.rfind('.');
    const std::string ending = dot != std::string::npos && safe.size() - dot <= 12 ? safe.substr(dot) : std::string();
    std::size_t cut = kMaxBytes - ending.size();
    while (cut > 0 && !valid_utf8_start(static_cast<unsigned char>(safe[cut]))) {
      --cut;
    }
    safe = safe.substr(0, cut) + ending;
  }
  return safe.empty() ? std::string(otherwise) : safe;
}

}  // namespace kvc::plugin::views
