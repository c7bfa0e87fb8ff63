// SPDX-License-Identifier: Apache-2.0
// "Vorgang": a delivery and all its answers (protocol D: "A delivery and its answers are shown together").
#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "views/outbox_views.h"

namespace kvc::plugin::commands {
Result<pvs::v1::ActionReply> show_thread(Runtime& runtime, const Request& request, const std::string& account_id,
                                         const std::string& thread_id) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const mailbox::Thread thread, core->mailbox().thread(request.who.user_id, account_id, thread_id));
  return reply_view(runtime, request, views::thread(request.texts, core->catalogue(), thread),
                    {.account_id = account_id, .item_id = thread_id}, request.view_id);
}

Answer thread_act(Runtime& runtime, const Request& request) {
  constexpr std::string_view kIn = "in:";
  constexpr std::string_view kOut = "out:";
  if (request.action_id == "open" && request.row_id.starts_with(kIn)) {
    return inbox_message_open(runtime, request, request.row_id.substr(kIn.size()));
  }
  if (request.action_id == "open" && request.row_id.starts_with(kOut)) {
    return outbox_message_action(runtime, request, request.row_id.substr(kOut.size()));
  }
  if (request.action_id != "refresh" || !request.row_id.empty()) {
    return answer_unknown_action(request);
  }
  return answer_job(request.texts, "job.thread", [&runtime, request](JobContext&) {
    return show_thread(runtime, request, request.view.account_id, request.view.item_id);
  });
}

}  // namespace kvc::plugin::commands
