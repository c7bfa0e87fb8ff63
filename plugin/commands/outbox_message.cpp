// SPDX-License-Identifier: Apache-2.0
// A message of the outbox, and what can be done with it: send again, take back, go on writing, clear the mark "answer
// missing", save. From the list by its row, or from its own view.
#include <array>

#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "commands/message_files.h"
#include "views/mailbox_views.h"
#include "views/outbox_views.h"

namespace kvc::plugin::commands {
namespace {

using mailbox::OutboxItem;

constexpr std::string_view kDetail = "outbox.message";

/// What a question was asked about, and in which detail: what that shows and offers is no longer so once the question
/// is answered. Empty: in none.
struct Asked final : Draft {
  Asked(std::string view, bool about_draft) : view_id(std::move(view)), draft(about_draft) {}
  std::string view_id;
  bool draft;  ///< it was one then
};

ViewState question_about(const Request& request, const OutboxItem& item) {
  ViewState state{.account_id = item.account_id, .item_id = item.id};
  state.draft = std::make_shared<Asked>(request.view.kind == kDetail ? request.view_id : std::string(),
                                        item.state == mailbox::OutboxState::draft);
  return state;
}

/// The detail that is to show what came of the question in the request's view. Empty: none is open; it was asked in a
/// list, which shows the new state when it is renewed.
std::string detail_behind(Runtime& runtime, const Request& request) {
  const auto asked = std::dynamic_pointer_cast<const Asked>(request.view.draft);
  return asked != nullptr && runtime.sessions().find(asked->view_id, request.who) ? asked->view_id : std::string();
}

/// The question is answered; `detail` stands in the place of the view it was asked in, not beside it.
pvs::v1::ActionReply reply_in_detail(Runtime& runtime, const Request& request, pvs::v1::View detail, ViewState state,
                                     const std::string& view_id) {
  runtime.sessions().close(request.view_id, request.who);
  return reply_view(runtime, request, std::move(detail), std::move(state), view_id);
}

Result<pvs::v1::ActionReply> open(Runtime& runtime, const Request& request, const std::string& id, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const OutboxItem item, core->mailbox().outbox_item(request.who.user_id, id));
  return reply_view(runtime, request, views::outbox_message(request.texts, core->catalogue(), item),
                    {.account_id = item.account_id, .item_id = id});
}

/// Due now, and tried at once: who presses the button is waiting for the outcome.
Result<pvs::v1::ActionReply> retry(Runtime& runtime, const Request& request, const std::string& id, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& user = request.who.user_id;
  KVC_ASSIGN(const OutboxItem before, core->mailbox().outbox_item(user, id));
  KVC_TRY(core->mailbox().retry(user, id));
  const auto sent = core->mailbox().send_due(user, before.account_id, progress_to(job, request.texts), job.cancel());
  KVC_ASSIGN(const OutboxItem after, core->mailbox().outbox_item(user, id));
  if (after.state == mailbox::OutboxState::accepted) {
    runtime.host().audit(user, "message.accepted", after.message_id, true);
  }
  if (after.state == mailbox::OutboxState::queued && after.last_error.empty() && !sent.ok()) {
    return sent.status();
  }
  // In the place of the detail, if it was asked there: that still offers what was possible before.
  return reply_view(runtime, request, views::send_result(request.texts, after), {},
                    request.view.kind == kDetail ? request.view_id : std::string());
}

Result<pvs::v1::ActionReply> ask_withdraw(Runtime& runtime, const Request& request, const std::string& id,
                                          JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const OutboxItem item, core->mailbox().outbox_item(request.who.user_id, id));
  if (!item.withdrawable) {
    return Status(error::invalid_state, "a byte of the message may have left for the server");
  }
  return reply_view(runtime, request, views::withdraw_question(request.texts, item), question_about(request, item));
}

Result<pvs::v1::ActionReply> withdraw(Runtime& runtime, const Request& request, const std::string& id, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& user = request.who.user_id;
  KVC_ASSIGN(const OutboxItem item, core->mailbox().outbox_item(user, id));
  // Meanwhile the message may have become a draft, or the draft a message: nobody was asked about that.
  const auto asked = std::dynamic_pointer_cast<const Asked>(request.view.draft);
  const bool draft = asked != nullptr && asked->draft;
  KVC_TRY(core->mailbox().withdraw(user, id, draft ? mailbox::Withdraw::draft : mailbox::Withdraw::message));
  if (!draft) {
    runtime.host().audit(user, "message.withdrawn", item.message_id, true);
  }
  if (const std::string detail = detail_behind(runtime, request); !detail.empty()) {
    return reply_in_detail(runtime, request, views::outbox_withdrawn(request.texts, core->catalogue(), item), {},
                           detail);
  }
  return reply_done(request.texts(draft ? "outbox.draft_deleted" : "outbox.withdrawn"), true);
}

Result<pvs::v1::ActionReply> edit(Runtime& runtime, const Request& request, const std::string& id, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const OutboxItem item, core->mailbox().outbox_item(request.who.user_id, id));
  if (item.state != mailbox::OutboxState::draft) {
    KVC_TRY(core->mailbox().take_back(request.who.user_id, id));
    runtime.host().audit(request.who.user_id, "message.withdrawn", item.message_id, true);
  }
  auto draft = core->mailbox().load_draft(request.who.user_id, id);
  KVC_TRY(draft.status());
  return show_compose(runtime, without_view(request), std::move(draft).value(),
                      {.title_key = "compose.draft.title", .draft_id = id}, job);
}

Result<pvs::v1::ActionReply> ask_clear(Runtime& runtime, const Request& request, const std::string& id, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const OutboxItem item, core->mailbox().outbox_item(request.who.user_id, id));
  if (!item.overdue()) {
    return Status(error::invalid_state, "no reply of this message is overdue");
  }
  return reply_view(runtime, request, views::clear_overdue(request.texts, item, {}, {}), question_about(request, item));
}

Result<pvs::v1::ActionReply> clear(Runtime& runtime, const Request& request, const std::string& id, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& user = request.who.user_id;
  KVC_ASSIGN(const OutboxItem item, core->mailbox().outbox_item(user, id));
  const auto kind = service::message_kind(request.values.text("reply"));
  const std::string note = request.values.trimmed("note");
  views::FieldErrors errors;
  if (!kind) {
    errors.emplace_back("reply", request.texts("form.missing"));
  }
  if (note.empty()) {
    errors.emplace_back("note", request.texts("form.missing"));
  } else if (note.size() > mailbox::MailboxService::kMaxNoteBytes) {
    errors.emplace_back("note", request.texts("form.too_long"));
  }
  if (!errors.empty()) {
    return reply_view(runtime, request, views::clear_overdue(request.texts, item, note, errors), request.view,
                      request.view_id);
  }
  KVC_TRY(core->mailbox().clear_overdue(user, id, *kind, note));
  runtime.host().audit(user, "reply.overdue_cleared", item.message_id, true,
                       {{"reply", std::string(service::name(*kind))}});
  if (const std::string detail = detail_behind(runtime, request); !detail.empty()) {
    KVC_ASSIGN(const OutboxItem cleared, core->mailbox().outbox_item(user, id));
    return reply_in_detail(runtime, request, views::outbox_message(request.texts, core->catalogue(), cleared),
                           {.account_id = cleared.account_id, .item_id = id}, detail);
  }
  return reply_done(request.texts("outbox.overdue_cleared"), true);
}

Result<pvs::v1::ActionReply> thread_of(Runtime& runtime, const Request& request, const std::string& id, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const OutboxItem item, core->mailbox().outbox_item(request.who.user_id, id));
  return show_thread(runtime, without_view(request), item.account_id, item.thread_id);
}

Result<pvs::v1::ActionReply> save_original(Runtime& runtime, const Request& request, const std::string& id,
                                           JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const archive::Protocol protocol, core->archive().sent_protocol(request.who.user_id, id));
  return save_file(runtime, request, archive::export_name(protocol, ".eml"), "message/rfc822", false,
                   [&](std::ostream& out) { return core->archive().export_sent_eml(request.who.user_id, id, out); });
}

Result<pvs::v1::ActionReply> save_protocol_of(Runtime& runtime, const Request& request, const std::string& id,
                                              JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const archive::Protocol protocol, core->archive().sent_protocol(request.who.user_id, id));
  return save_protocol(runtime, request, protocol, request.action_id == "save_protocol");
}

struct OutboxAction {
  std::string_view id;
  const char* text_key;
  Result<pvs::v1::ActionReply> (*work)(Runtime&, const Request&, const std::string& id, JobContext&);
};

constexpr std::array kActions{
    OutboxAction{"open", "job.outbox", &open},
    OutboxAction{"retry", "job.send", &retry},
    OutboxAction{"withdraw", "job.outbox", &ask_withdraw},
    OutboxAction{"delete", "job.outbox", &ask_withdraw},
    OutboxAction{"edit", "job.outbox", &edit},
    OutboxAction{"clear_overdue", "job.outbox", &ask_clear},
    OutboxAction{"thread", "job.thread", &thread_of},
    OutboxAction{"save_original", "job.save", &save_original},
    OutboxAction{"save_protocol", "job.save", &save_protocol_of},
    OutboxAction{"save_protocol_text", "job.save", &save_protocol_of},
};
constexpr std::array kWithdraw{OutboxAction{"confirm", "job.outbox", &withdraw}};
constexpr std::array kClear{OutboxAction{"clear", "job.outbox", &clear}};

template <class Actions>
Answer run(Runtime& runtime, const Request& request, const std::string& id, const Actions& actions) {
  for (const OutboxAction& action : actions) {
    if (action.id == request.action_id) {
      return answer_job(request.texts, action.text_key, [&runtime, request, id, work = action.work](JobContext& job) {
        return work(runtime, request, id, job);
      });
    }
  }
  return answer_unknown_action(request);
}

}  // namespace

Answer outbox_message_action(Runtime& runtime, const Request& request, const std::string& id) {
  return run(runtime, request, id, kActions);
}

Answer outbox_message_act(Runtime& runtime, const Request& request) {
  return run(runtime, request, request.view.item_id, kActions);
}

Answer outbox_withdraw_act(Runtime& runtime, const Request& request) {
  return run(runtime, request, request.view.item_id, kWithdraw);
}

Answer outbox_clear_overdue_act(Runtime& runtime, const Request& request) {
  return run(runtime, request, request.view.item_id, kClear);
}

}  // namespace kvc::plugin::commands
