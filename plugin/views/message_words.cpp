// SPDX-License-Identifier: Apache-2.0
#include "views/message_words.h"

#include <algorithm>

#include "mime/safe_name.h"
#include "texts/format.h"

namespace kvc::plugin::views {

using mailbox::OutboxItem;
using mailbox::OutboxState;
using mailbox::Reply;
using message::Verdict;

namespace {

/// The most bytes at the front, up to `most`, that end with a character (RFC 3629 section 3: it has three more bytes at
/// most).
std::size_t whole_characters(std::string_view text, std::size_t most) {
  std::size_t end = std::min(text.size(), most);
  for (int i = 0; i < 3 && end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U;
       ++i) {
    --end;
  }
  return end;
}

}  // namespace

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

std::string verdict_word(const Texts& t, Verdict verdict) {
  return t("verdict." + std::string(message::name(verdict)));
}

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

std::string title_in(const Texts& t, const service::Title& title, const std::string& variant) {
  return fill_in(t.language() == Language::de ? title.de : title.en, {{"variant", variant}});
}

std::string service_title(const Texts& t, const service::Catalogue& catalogue, std::string_view key) {
  const service::Service* service = catalogue.service(key);
  return service == nullptr ? t("service_name.unknown") : title_in(t, service->title);
}

std::string service_name(const Texts& t, const service::Catalogue& catalogue, const std::string& id) {
  if (id.empty()) {
    return t("service_name.none");
  }
  const auto match = catalogue.find(id);
  if (!match) {
    return shown(id);
  }
  if (match->message->kind == service::MessageKind::delivery) {
    return title_in(t, match->message->title, match->message->variant);
  }
  return title_in(t, match->service->title) + ": " + title_in(t, match->message->title, match->message->variant);
}

std::optional<service::MessageKind> kind_of(const service::Catalogue& catalogue, std::string_view id) {
  const auto match = catalogue.find(id);
  return match ? std::optional(match->message->kind) : std::nullopt;
}

std::string kind_word(const Texts& t, service::MessageKind kind) {
  return t("reply_kind." + std::string(service::name(kind)));
}

std::string part_title(const Texts& t, const service::Catalogue& catalogue, const std::string& service_id,
                       const std::string& role, const std::string& description) {
  const std::string sent = shown(description);
  const auto match = catalogue.find(service_id);
  const service::PartRule* rule = match && !role.empty() ? match->message->part(role) : nullptr;
  if (rule == nullptr) {
    return sent;
  }
  const std::string title = title_in(t, rule->title);
  return sent.empty() || sent == title ? title : title + " (" + sent + ")";
}

std::string subject_words(const Texts& t, const service::Catalogue& catalogue, const std::string& service_id,
                          const std::string& subject, std::size_t most) {
  const auto match = catalogue.find(service_id);
  return match && subject == match->message->subject ? title_in(t, match->message->title, match->message->variant)
                                                     : shown(subject, most);
}

std::string sending_error(const Texts& t, const std::string& error_key) {
  return error_key == error::cancelled.key ? t("outbox.sending_cancelled") : error_sentence(t, error_key);
}

std::string quarter_words(std::string_view quarter) {
  const std::size_t dash = quarter.find('-');
  return dash == std::string_view::npos
             ? std::string(quarter)
             : std::string(quarter.substr(dash + 1)) + "/" + std::string(quarter.substr(0, dash));
}

std::string outbox_state(const Texts& t, const OutboxItem& item) {
  if (item.state == OutboxState::queued && item.next_try && item.tries > 0) {
    return t("state.outbox.waiting", {{"time", format_time(*item.next_try, t.language())}});
  }
  return t("state.outbox." + std::string(mailbox::name(item.state)));
}

std::string_view reply_code(const Reply& reply) {
  return reply.arrived ? "arrived" : reply.cleared ? "cleared" : reply.overdue ? "overdue" : "awaited";
}

pvs::v1::Severity severity_of(const Reply& reply) {
  return reply.arrived   ? pvs::v1::SEVERITY_GOOD
         : reply.cleared ? pvs::v1::SEVERITY_INFO
         : reply.overdue ? pvs::v1::SEVERITY_BAD
                         : pvs::v1::SEVERITY_INFO;
}

std::string reply_word(const Texts& t, const Reply& reply) {
  const std::string code(reply_code(reply));
  const std::optional<TimePoint> time = reply.arrived   ? reply.arrived
                                        : reply.cleared ? std::optional(reply.cleared->at)
                                                        : reply.due;
  return time ? t("reply." + code, {{"time", format_time(*time, t.language())}}) : t("reply.awaited_open");
}

std::string account_name_in(const UserNames& accounts, const std::string& id) {
  const auto found = std::find_if(accounts.begin(), accounts.end(), [&](const auto& a) { return a.first == id; });
  return found == accounts.end() ? id : found->second;
}

std::string shown(std::string_view text, std::size_t most) {
  const std::string_view looked_at = text.substr(0, whole_characters(text, most * 4));
  const std::string line = mime::shown_line(looked_at);
  if (line.size() <= most && looked_at.size() == text.size()) {
    return line;
  }
  return line.substr(0, whole_characters(line, most)) + " …";
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) {
    if (out.size() > kWhole) {
      return out + ", …";
    }
    out += (out.empty() ? "" : ", ") + shown(item);
  }
  return out;
}

pvs::v1::Cell& add_cell(pvs::v1::Row& row, std::string text) {
  pvs::v1::Cell& cell = *row.add_cells();
  cell.set_text(std::move(text));
  return cell;
}

pvs::v1::Cell& add_time_cell(const Texts& t, pvs::v1::Row& row, const std::optional<TimePoint>& time) {
  pvs::v1::Cell& cell = add_cell(row, format_time(time, t.language()));
  cell.set_time_ms(time ? to_ms(*time) : 0);
  return cell;
}

pvs::v1::Detail::Group& add_group(pvs::v1::Detail& detail, std::string heading) {
  pvs::v1::Detail::Group& group = *detail.add_groups();
  group.set_heading(std::move(heading));
  return group;
}

void add_known(pvs::v1::Detail::Group& group, const Texts& t, const char* name, const std::string& value, bool expert) {
  if (!value.empty()) {
    add_fact(group, name, t("fact." + std::string(name)), shown(value, kWhole)).set_expert(expert);
  }
}

}  // namespace kvc::plugin::views
