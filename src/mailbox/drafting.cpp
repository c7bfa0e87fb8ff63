// SPDX-License-Identifier: Apache-2.0
#include "mailbox/drafting.h"

#include <algorithm>

#include "mailbox/replies.h"
#include "mailbox/threads.h"
#include "mime/header.h"
#include "service/clear_subject.h"

namespace kvc::mailbox {
namespace {

constexpr std::size_t kLongestAddress = 254;  // RFC 5321 section 4.5.3.1.3, without the brackets

// Part 1 of a receipt, read by people of another practice (protocol C "MDN").
constexpr std::string_view kReceiptText =
    "Ihre Nachricht wurde vom System des Empfängers abgerufen. Das sagt nicht, dass sie schon gelesen wurde.\r\n";

Status invalid(const char* field, const char* sentence) {
  return Status(error::invalid_field, sentence).with("field", field);
}

bool one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

bool usable_address(const std::string& text) {
  const auto parsed = mime::parse_addresses(text);
  return text.size() <= kLongestAddress && one_line(text) && parsed.ok() && parsed->size() == 1 &&
         parsed->front() == text;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return small(x) == small(y); });
}

bool answers_of(const service::Service& service, service::LinkBy link) {
  return std::any_of(service.replies.begin(), service.replies.end(), [&](const service::ReplyRule& rule) {
    return std::find(rule.by.begin(), rule.by.end(), link) != rule.by.end();
  });
}

bool never_confirmed(const Draft& draft, const service::Catalogue& catalogue) {
  return catalogue.receipt_policy(draft.service_id) == service::ReceiptPolicy::never;
}

OutboxRow new_row(const OpenAccount& account, Env& env) {
  OutboxRow row;
  row.id = new_uuid(env);
  row.account_id = account.id();
  const std::string& address = account.address();
  row.message_id = new_uuid(env) + address.substr(std::min(address.find('@'), address.size()));
  row.created = env.now();
  row.next_try = row.created;
  return row;
}

}  // namespace

Status check_storable(const Draft& draft, std::uint64_t max_bytes) {
  if (!one_line(draft.to) || draft.to.size() > kLongestAddress) {
    return invalid("recipient", "the recipient has line breaks or is too long");
  }
  if (draft.service_id.service.empty() || !service::ServiceId::parse(draft.service_id.text()).ok()) {
    return invalid("service_id", "the message has no usable service id");
  }
  if (!one_line(draft.subject)) {
    return invalid("subject", "the clear subject has line breaks");
  }
  if (!one_line(draft.user_subject)) {
    return invalid("user_subject", "the subject has line breaks");
  }
  if (!one_line(draft.in_reply_to)) {
    return invalid("in_reply_to", "the id of the answered message has line breaks");
  }
  std::uint64_t total = draft.text.size();
  for (const DraftFile& file : draft.files) {
    if (file.name.empty() || !one_line(file.name) || !one_line(file.type) || !one_line(file.description)) {
      return invalid("files", "a file has no name, or line breaks in its name, type or description");
    }
    total += file.content.size();
  }
  return total > max_bytes ? Status(error::too_large, "text and files are larger than the settings allow") : Status();
}

Status check_sendable(const Draft& draft, const service::Catalogue& catalogue) {
  if (!usable_address(draft.to)) {
    return invalid("recipient", "the recipient is no mail address");
  }
  const auto match = catalogue.find(draft.service_id);
  if (!match) {
    return {};
  }
  const service::Service& service = *match->service;
  if (match->message->kind == service::MessageKind::delivery && service.recipients == service::Recipients::local_part &&
      !same_name(draft.to.substr(0, draft.to.find('@')), service.local_part)) {
    return invalid("recipient", "this service has another recipient");
  }
  if (draft.delivery && (draft.delivery->guid.empty() || draft.delivery->version < 1)) {
    return invalid("delivery", "the delivery has no GUID or no version");
  }
  if (!draft.delivery && match->message->kind == service::MessageKind::delivery &&
      answers_of(service, service::LinkBy::guid)) {
    return invalid("delivery", "answers of this service are found by the delivery's GUID");
  }
  const auto problems = parts_problems(draft, catalogue);
  if (problems.empty()) {
    return {};
  }
  const DraftProblem& first = problems.front();
  const std::size_t number = first.file == service::PartProblem::kNoFile ? 0 : first.file + 1;
  return Status(error::wrong_parts, "the files do not fit the service: " + std::string(service::name(first.kind)))
      .with("number", std::to_string(number))
      .with("expected", first.expected);
}

std::vector<DraftProblem> parts_problems(const Draft& draft, const service::Catalogue& catalogue) {
  std::vector<DraftProblem> problems;
  const auto match = catalogue.find(draft.service_id);
  if (!match) {
    return problems;
  }
  std::vector<service::FileFacts> files;
  for (const DraftFile& file : draft.files) {
    files.push_back({file.name, file.type, file.description});
  }
  for (const service::PartProblem& found : service::check_parts(*match->message, !draft.text.empty(), files)) {
    DraftProblem& problem = problems.emplace_back();
    problem.kind = found.kind;
    problem.file = found.file;
    problem.file_name = found.file == service::PartProblem::kNoFile ? std::string() : draft.files[found.file].name;
    if (found.part != nullptr) {
      problem.part = found.part->role;
      problem.part_title = found.part->title;
    }
    problem.expected = found.expected;
  }
  return problems;
}

Result<OutboxRow> row_for(const Draft& draft, OutboxState state, const OpenAccount& account, const Context& context) {
  const service::Catalogue& catalogue = context.catalogue();
  OutboxRow row = new_row(account, context.env);
  row.state = state;
  row.recipient = draft.to;
  row.service_id = draft.service_id.text();
  row.service_key = catalogue.key_of(row.service_id);
  row.subject = draft.subject.empty() ? service::clear_subject(draft.service_id, catalogue) : draft.subject;
  row.in_reply_to = draft.in_reply_to;
  row.receipt_requested = draft.request_receipt && !never_confirmed(draft, catalogue);
  OutboxDetails details{draft.user_subject, draft.text, std::nullopt, {}, draft.delivery, draft.announced};
  for (const DraftFile& file : draft.files) {
    details.files.push_back({file.name, file.type, file.description, file.content.size()});
  }
  KVC_ASSIGN(row.details, seal_details(account.cipher, details, row.id));
  if (draft.delivery) {
    const DeliveryFacts& facts = *draft.delivery;
    KVC_ASSIGN(row.thread_key, thread_key_of(account.cipher, facts.guid));
    KVC_ASSIGN(row.delivery_key, delivery_key_of(account.cipher, facts.bsnr, facts.quarter, facts.type));
    row.delivery_version = facts.version;
  }
  return row;
}

Result<OutboxRow> row_for(const OwedReceipt& owed, std::string_view inbox_id, const OpenAccount& account,
                          const Context& context) {
  OutboxRow row = new_row(account, context.env);
  row.recipient = owed.to;
  row.service_id = owed.service_id.text();
  row.service_key = context.catalogue().key_of(row.service_id);
  row.subject = owed.subject;
  row.in_reply_to = owed.original_message_id;
  row.receipt_for = inbox_id;
  OutboxDetails details;
  details.text = kReceiptText;
  details.receipt = message::Receipt{owed.original_message_id, account.address(), owed.processed};
  KVC_ASSIGN(row.details, seal_details(account.cipher, details, row.id));
  return row;
}

Status insert_draft(Poco::Data::Session& session, OutboxRow row, const Draft& draft, const OpenAccount& account,
                    const Context& context) {
  row.thread_id = thread_for(session, row);
  outbox::insert(session, row);
  for (std::size_t i = 0; i < draft.files.size(); ++i) {
    KVC_TRY(store_file(session, account.cipher, row.id, static_cast<std::int64_t>(i), draft.files[i].content));
  }
  if (row.state == OutboxState::queued) {
    for (const service::MessageKind kind : awaited(context.catalogue(), draft, row.receipt_requested)) {
      replies::await(session, row, kind);
    }
  }
  return {};
}

Result<Draft> load_draft(const OutboxRow& row, const OpenAccount& account, const Context& context) {
  KVC_ASSIGN(OutboxDetails details, open_details(account.cipher, row.details, row.id));
  Draft draft;
  draft.account_id = row.account_id;
  draft.to = row.recipient;
  KVC_ASSIGN(draft.service_id, service::ServiceId::parse(row.service_id));
  draft.subject = row.subject;
  draft.user_subject = std::move(details.user_subject);
  draft.text = std::move(details.text);
  draft.request_receipt = row.receipt_requested;
  draft.in_reply_to = row.in_reply_to;
  draft.delivery = std::move(details.delivery);
  draft.announced = std::move(details.announced);
  std::int64_t part = 0;
  for (FileInfo& file : details.files) {
    KVC_ASSIGN(FileContent content,
               load_file(*context.database, account.cipher, row.id, part++, file.size, context.new_file()));
    draft.files.push_back(
        {std::move(file.name), std::move(file.type), std::move(file.description), std::move(content)});
  }
  return draft;
}

}  // namespace kvc::mailbox
