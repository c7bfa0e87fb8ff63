// SPDX-License-Identifier: Apache-2.0
// kvconnect.outbox: "Postausgang".
#include "commands/entries.h"
#include "commands/mail_pages.h"

namespace kvc::plugin::commands {
namespace {

using mailbox::OutboxItem;

auto lister(Core& core, const std::string& user) {
  return [&core, user](const std::string& account, std::size_t offset, std::size_t limit, std::size_t& total) {
    return core.mailbox().outbox(user, account, offset, limit, total);
  };
}

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, std::size_t offset,
                                  const std::string& view_id) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(std::vector<account::Overview> accounts, core->accounts().list(request.who.user_id));
  KVC_ASSIGN(views::Page<OutboxItem> page, page_of<OutboxItem>(accounts, offset, lister(*core, request.who.user_id),
                                                               [](const OutboxItem& item) { return item.created; }));
  return reply_view(runtime, request, views::outbox(request.texts, page), {.offset = offset}, view_id);
}

Result<pvs::v1::ActionReply> show_message(Runtime& runtime, const Request& request, const std::string& id,
                                          const std::string& view_id) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(std::vector<account::Overview> accounts, core->accounts().list(request.who.user_id));
  KVC_ASSIGN(OutboxItem item, find_row<OutboxItem>(accounts, id, lister(*core, request.who.user_id)));
  return reply_view(runtime, request, views::outbox_message(request.texts, item),
                    {.account_id = item.account_id, .item_id = id}, view_id);
}

/// Due now, and tried at once: who presses the button is waiting for the outcome.
Result<pvs::v1::ActionReply> retry(Runtime& runtime, const Request& request, const std::string& id, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& user = request.who.user_id;
  KVC_ASSIGN(std::vector<account::Overview> accounts, core->accounts().list(user));
  KVC_ASSIGN(OutboxItem before, find_row<OutboxItem>(accounts, id, lister(*core, user)));
  KVC_TRY(core->mailbox().retry(user, id));
  const auto sent = core->mailbox().send_due(user, before.account_id, progress_to(job, request.texts), job.cancel());
  KVC_ASSIGN(OutboxItem after, find_row<OutboxItem>(accounts, id, lister(*core, user)));
  if (after.state == mailbox::OutboxState::accepted) {
    runtime.host().audit(user, "message.accepted", after.message_id, true);
  }
  if (after.state == mailbox::OutboxState::queued && after.last_error.empty() && !sent.ok()) {
    return sent.status();
  }
  return reply_view(runtime, request, views::send_result(request.texts, after), {});
}

Result<pvs::v1::ActionReply> withdraw(Runtime& runtime, const Request& request, const std::string& id) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_TRY(core->mailbox().withdraw(request.who.user_id, id));
  pvs::v1::ActionReply reply;
  reply.mutable_done()->set_text(request.texts("outbox.withdrawn"));
  reply.mutable_done()->set_close_view(request.view.kind == "outbox.message");
  return reply;
}

Answer message_action(Runtime& runtime, const Request& request, const std::string& id) {
  if (request.action_id == "retry") {
    return answer_job(request.texts, "job.send",
                      [&runtime, request, id](JobContext& job) { return retry(runtime, request, id, job); });
  }
  if (request.action_id == "withdraw") {
    return answer_job(request.texts, "job.outbox",
                      [&runtime, request, id](JobContext&) { return withdraw(runtime, request, id); });
  }
  if (request.action_id == "open") {
    return answer_job(request.texts, "job.outbox",
                      [&runtime, request, id](JobContext&) { return show_message(runtime, request, id, {}); });
  }
  return answer_unknown_action(request);
}

Answer show_job(Runtime& runtime, const Request& request, std::size_t offset) {
  return answer_job(request.texts, "job.outbox", [&runtime, request, offset](JobContext&) {
    return show(runtime, request, offset, request.view_id);
  });
}

}  // namespace

Answer outbox_invoke(Runtime& runtime, const Request& request) {
  return show_job(runtime, request, 0);
}

Answer outbox_act(Runtime& runtime, const Request& request) {
  if (!request.row_id.empty()) {
    return message_action(runtime, request, request.row_id);
  }
  if (request.view.kind == "outbox.message") {
    return message_action(runtime, request, request.view.item_id);
  }
  if (request.action_id == "page") {
    return show_job(runtime, request, offset_of(request.values.text("page")));
  }
  if (request.action_id == "refresh") {
    return show_job(runtime, request, request.view.offset);
  }
  return request.action_id == "compose" ? compose_invoke(runtime, request) : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
