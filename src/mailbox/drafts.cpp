// SPDX-License-Identifier: Apache-2.0
// Letters before they are queued: saved drafts, answers, forwarded messages.
#include <Poco/UTF8String.h>

#include <algorithm>
#include <ostream>
#include <streambuf>

#include "base/byte_sink.h"
#include "base/status_parameter.h"
#include "mailbox/drafting.h"
#include "mailbox/service_impl.h"

namespace kvc::mailbox {
namespace {

constexpr std::string_view kForwardService = "enachricht";
constexpr std::size_t kLongestSubject = 500;
constexpr std::string_view kDraftIsGone = "draft_gone";

Status draft_gone(const ErrorCode& code) {
  return Status(code, "the message is no draft any more").with(std::string(kDraftIsGone), "yes");
}

/// Gives what is written on to a spool.
class SpoolSink final : public ByteSink {
 public:
  explicit SpoolSink(FileSpool& spool) : spool_(spool) {}
  [[nodiscard]] const Status& status() const { return status_; }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    if (status_.ok()) {
      status_ = spool_.add({text, static_cast<std::size_t>(count)});
    }
    return status_.ok() ? count : 0;
  }

 private:
  FileSpool& spool_;
  Status status_;
};

Result<FileContent> content_of(const message::OpenedMessage& message, std::size_t part, FileSpool spool) {
  SpoolSink sink(spool);
  std::ostream out(&sink);
  const Status read = message.read_part(part, out);
  KVC_TRY(sink.status());
  KVC_TRY(read);
  return spool.finish();
}

// A name somebody else chose, fit for a message of ours.
std::string usable_name(const std::string& name, std::size_t number) {
  std::string usable = name;
  std::replace_if(
      usable.begin(), usable.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '_');
  return usable.empty() ? "anhang-" + std::to_string(number) : usable;
}

std::string quoted(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line(text.data() + at, end - at);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    result += line.starts_with('>') ? ">" : line.empty() ? ">" : "> ";
    result.append(line).append("\n");
    at = end + 1;
  }
  return result;
}

// "AW: AW: AW:" tells nobody anything.
std::string prefixed(std::string_view prefix, const std::string& subject) {
  const bool there = subject.size() >= prefix.size() &&
                     Poco::UTF8::icompare(subject.substr(0, prefix.size()), std::string(prefix)) == 0;
  std::string result = there ? subject : std::string(prefix) + subject;
  if (result.size() > kLongestSubject) {
    std::size_t end = kLongestSubject;
    while (end > 0 && (static_cast<unsigned char>(result[end]) & 0xC0U) == 0x80U) {
      --end;  // not within a character
    }
    result.resize(end);
  }
  return result;
}

const service::MessageRule* delivery_of(const service::Catalogue& catalogue, std::string_view key) {
  const service::Service* found = catalogue.service(key);
  return found == nullptr ? nullptr : found->message(service::MessageKind::delivery);
}

// What both begin with: nothing of it comes from outside a good signature.
Result<Draft> started(const OpenedItem& opened, const service::MessageRule& rule, std::string_view prefix) {
  const message::Verdict innermost = opened.message.layers.back().verdict;
  if (opened.message.parts.empty() || innermost == message::Verdict::digest_mismatch ||
      innermost == message::Verdict::not_signed) {
    return Status(error::invalid_state, "no good signature covers the content of this message");
  }
  Draft draft;
  draft.account_id = opened.item.account_id;
  draft.service_id = rule.id;
  draft.subject = rule.subject;
  draft.user_subject = prefixed(prefix, opened.item.subject);
  const std::string text = opened.message.text();
  if (!text.empty()) {
    draft.text = "\n\n" + quoted(text);
  }
  return draft;
}

}  // namespace

bool draft_is_gone(const Status& failure) {
  return !parameter(failure, kDraftIsGone).empty();
}

Result<std::string> MailboxService::Impl::queue(std::string_view user_id, const Draft& draft,
                                                std::string_view replaces) {
  KVC_ASSIGN(const auto account, open_account(user_id, draft.account_id));
  KVC_TRY(check_storable(draft, account.session.max_message_bytes));
  KVC_TRY(check_sendable(draft, context.catalogue()));
  return replace_draft(user_id, draft, replaces, OutboxState::queued, account);
}

Result<std::string> MailboxService::Impl::save_draft(std::string_view user_id, const Draft& draft,
                                                     std::string_view outbox_id) {
  KVC_ASSIGN(const auto account, open_account(user_id, draft.account_id));
  KVC_TRY(check_storable(draft, account.session.max_message_bytes));
  return replace_draft(user_id, draft, outbox_id, OutboxState::draft, account);
}

// A new row: nothing refers to a draft, and its Message-ID was never used.
Result<std::string> MailboxService::Impl::replace_draft(std::string_view user_id, const Draft& draft,
                                                        std::string_view old_id, OutboxState state,
                                                        const OpenAccount& account) {
  if (!old_id.empty()) {
    const Status found = outbox_row(user_id, old_id).status();
    if (!found.ok()) {
      return found.is(error::not_found) ? draft_gone(error::not_found) : found;
    }
  }
  KVC_ASSIGN(const OutboxRow row, row_for(draft, state, account, context));
  KVC_TRY(context.database->write([&](Poco::Data::Session& session) -> Status {
    if (!old_id.empty() && !outbox::erase_draft(session, old_id)) {
      return draft_gone(error::invalid_state);
    }
    return insert_draft(session, row, draft, account, context);
  }));
  return row.id;
}

Result<Draft> MailboxService::Impl::load_draft(std::string_view user_id, std::string_view outbox_id) {
  KVC_ASSIGN(const auto row, outbox_row(user_id, outbox_id));
  if (row.state != OutboxState::draft) {
    return Status(error::invalid_state, "the message is no draft any more");
  }
  KVC_ASSIGN(const auto account, open_account(user_id, row.account_id));
  return mailbox::load_draft(row, account, context);
}

Result<std::string> MailboxService::Impl::queue_draft(std::string_view user_id, std::string_view outbox_id) {
  KVC_ASSIGN(const Draft draft, load_draft(user_id, outbox_id));
  KVC_ASSIGN(const auto account, open_account(user_id, draft.account_id));
  KVC_TRY(check_sendable(draft, context.catalogue()));
  KVC_ASSIGN(const OutboxRow row, row_for(draft, OutboxState::queued, account, context));
  KVC_TRY(context.database->write([&](Poco::Data::Session& session) -> Status {
    if (!outbox::erase_draft(session, outbox_id)) {
      return {error::invalid_state, "the message is no draft any more"};
    }
    return insert_draft(session, row, draft, account, context);
  }));
  return row.id;
}

Result<Draft> MailboxService::Impl::answer_draft(std::string_view user_id, std::string_view inbox_id,
                                                 std::string_view prefix) {
  KVC_ASSIGN(const OpenedItem opened, open(user_id, inbox_id));
  const service::Service* of = context.catalogue().service(opened.item.service_key);
  const service::MessageRule* rule = of == nullptr ? nullptr : delivery_of(context.catalogue(), of->answered_by);
  if (rule == nullptr || opened.item.is_receipt) {
    return Status(error::invalid_state, "messages of this service are not answered by hand");
  }
  KVC_ASSIGN(Draft draft, started(opened, *rule, prefix));
  draft.to = opened.item.from;
  draft.in_reply_to = opened.item.message_id;
  return draft;
}

Result<Draft> MailboxService::Impl::forward_draft(std::string_view user_id, std::string_view inbox_id,
                                                  std::string_view prefix) {
  KVC_ASSIGN(const OpenedItem opened, open(user_id, inbox_id));
  const service::MessageRule* rule = delivery_of(context.catalogue(), kForwardService);
  if (rule == nullptr || opened.item.is_receipt) {
    return Status(error::invalid_state, "messages of this service are not forwarded");
  }
  KVC_ASSIGN(Draft draft, started(opened, *rule, prefix));
  KVC_ASSIGN(const auto account, open_account(user_id, opened.item.account_id));
  std::uint64_t total = draft.text.size();
  for (std::size_t i = 0; i < opened.message.parts.size(); ++i) {
    const message::Part& part = opened.message.parts[i];
    if (!part.attachment) {
      continue;
    }
    total += part.size;
    if (total > account.session.max_message_bytes) {
      return Status(error::too_large, "text and files are larger than the settings allow");
    }
    KVC_ASSIGN(FileContent content, content_of(opened.message, i, context.new_file()));
    draft.files.push_back({usable_name(part.name, i + 1), part.type, part.description, std::move(content)});
  }
  return draft;
}

}  // namespace kvc::mailbox
