// SPDX-License-Identifier: Apache-2.0
// A received message, and what can be done with it: read, save, answer, forward, its thread. Handing it over to the
// patient record: inbox_deliver.cpp.
#include <array>
#include <sstream>

#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "commands/message_files.h"
#include "mime/safe_name.h"
#include "texts/format.h"
#include "views/message_views.h"
#include "views/message_words.h"

namespace kvc::plugin::commands {
namespace {

using mailbox::OpenedItem;

/// The core names the key that opened a layer by its serial number; people know it as a generation of the account.
void name_generations(const Texts& t, const account::Overview& account, message::OpenedMessage& message) {
  for (message::Layer& layer : message.layers) {
    for (const account::Generation& generation : account.generations) {
      const std::string serial = generation.certificate ? generation.certificate->serial_hex() : std::string();
      if (!serial.empty() && layer.key_label == "generation " + serial) {
        layer.key_label = t(generation.current ? "key_label.current" : "key_label.older",
                            {{"number", std::to_string(generation.number)}, {"serial", serial}});
        break;
      }
    }
  }
}

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, const std::string& id) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  auto opened = core->mailbox().open(request.who.user_id, id);
  if (opened.status().is(error::invalid_state)) {
    return reply_view(runtime, request, views::too_large(request.texts), {});
  }
  KVC_TRY(opened.status());
  const auto account = core->accounts().overview(request.who.user_id, opened->item.account_id);
  if (account.ok()) {
    name_generations(request.texts, account.value(), opened->message);
  }
  return reply_view(runtime, request, views::inbox_message(request.texts, core->catalogue(), opened.value()),
                    {.account_id = opened->item.account_id, .item_id = opened->item.id});
}

Result<OpenedItem> open_item(Runtime& runtime, const Request& request) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  return core->mailbox().open(request.who.user_id, request.view.item_id);
}

Result<const message::Part*> part_of(const OpenedItem& opened, const std::string& part_id) {
  const std::size_t place = place_of(part_id);
  if (place >= opened.message.parts.size()) {
    return Status(error::not_found, "the message has no such part");
  }
  return &opened.message.parts[place];
}

Result<pvs::v1::ActionReply> save_part(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(const OpenedItem opened, open_item(runtime, request));
  KVC_ASSIGN(const message::Part* part, part_of(opened, request.part_id));
  return save_file(runtime, request, mime::safe_name(part->name, request.texts("part.unnamed")),
                   views::harmless_type(*part), !views::may_be_shown(opened.message.verdict),
                   [&](std::ostream& out) { return opened.message.read_part(place_of(request.part_id), out); });
}

Result<pvs::v1::ActionReply> open_part(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(const OpenedItem opened, open_item(runtime, request));
  KVC_ASSIGN(const message::Part* part, part_of(opened, request.part_id));
  if (!views::may_be_shown(opened.message.verdict) || !views::is_readable_text(*part)) {
    return Status(error::bad_request, "this part is not shown, only saved");
  }
  std::ostringstream text;
  KVC_TRY(opened.message.read_part(place_of(request.part_id), text));
  return reply_view(
      runtime, request,
      views::part_text(request.texts, mime::safe_name(part->name, request.texts("part.unnamed")), text.str()), {});
}

Result<pvs::v1::ActionReply> save_unverified(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(const OpenedItem opened, open_item(runtime, request));
  return save_file(runtime, request, request.texts("part.unverified"), "application/octet-stream", true,
                   [&](std::ostream& out) { return opened.message.read_unverified(out); });
}

Result<pvs::v1::ActionReply> save_original(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const archive::Protocol protocol, core->archive().protocol(request.who.user_id, request.view.item_id));
  return save_file(
      runtime, request, archive::export_name(protocol, ".eml"), "message/rfc822", false,
      [&](std::ostream& out) { return core->archive().export_eml(request.who.user_id, request.view.item_id, out); });
}

Result<pvs::v1::ActionReply> save_protocol_of(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const archive::Protocol protocol, core->archive().protocol(request.who.user_id, request.view.item_id));
  return save_protocol(runtime, request, protocol, request.action_id == "save_protocol");
}

/// Nothing that no good signature of the sender covers gets into a letter of the user's.
Result<pvs::v1::ActionReply> write(Runtime& runtime, const Request& request, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& user = request.who.user_id;
  const std::string& id = request.view.item_id;
  KVC_ASSIGN(const OpenedItem opened, core->mailbox().open(user, id));
  if (!views::may_be_shown(opened.message.verdict)) {
    return Status(error::invalid_state, "content nobody vouches for is neither answered nor forwarded");
  }
  const bool answer = request.action_id == "answer";
  auto draft = answer ? core->mailbox().answer_draft(user, id, request.texts("compose.answer_prefix") + " ")
                      : core->mailbox().forward_draft(user, id, request.texts("compose.forward_prefix") + " ");
  KVC_TRY(draft.status());
  return show_compose(runtime, without_view(request), std::move(draft).value(),
                      {.title_key = answer ? "compose.answer.title" : "compose.forward.title"}, job);
}

Result<pvs::v1::ActionReply> mark_unread(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_TRY(core->mailbox().set_read(request.who.user_id, request.view.item_id, false));
  return reply_done(request.texts("inbox.marked_unread"), true);
}

Result<pvs::v1::ActionReply> thread_of(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(const OpenedItem opened, open_item(runtime, request));
  return show_thread(runtime, without_view(request), opened.item.account_id, opened.item.thread_id);
}

Result<pvs::v1::ActionReply> ask_reference(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(const OpenedItem opened, open_item(runtime, request));
  if (!opened.archived) {
    return Status(error::invalid_state, "a mail from the server is judged at the time of receipt");
  }
  return reply_view(runtime, request, views::reference_form(request.texts, false, {}, {}),
                    {.account_id = opened.item.account_id, .item_id = opened.item.id});
}

/// Noon of a day that was named: the day is what people know.
Result<pvs::v1::ActionReply> set_reference(Runtime& runtime, const Request& request, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const bool by_date = request.values.text("reference") == "date";
  const std::string date = request.values.trimmed("reference_date");
  const auto day = parse_date(date);
  if (by_date && !day) {
    return reply_view(
        runtime, request,
        views::reference_form(request.texts, true, date, {{"reference_date", request.texts("form.no_date")}}),
        request.view, request.view_id);
  }
  const message::ReferenceTime reference = by_date ? message::ReferenceTime(*day + std::chrono::hours(12))
                                                   : message::ReferenceTime(message::AtSigningTime{});
  KVC_TRY(core->archive().set_reference_time(request.who.user_id, request.view.item_id, reference));
  return show(runtime, request, request.view.item_id);
}

struct MessageAction {
  std::string_view id;
  const char* text_key;
  Result<pvs::v1::ActionReply> (*work)(Runtime&, const Request&, JobContext&);
};

constexpr std::array kPartActions{
    MessageAction{"open", "job.message_open", &open_part},
    MessageAction{"save", "job.save", &save_part},
};

constexpr std::array kActions{
    MessageAction{"answer", "job.message_open", &write},
    MessageAction{"forward", "job.message_open", &write},
    MessageAction{"deliver", "job.message_open", &deliver_open},
    MessageAction{"thread", "job.thread", &thread_of},
    MessageAction{"save_original", "job.save", &save_original},
    MessageAction{"save_protocol", "job.save", &save_protocol_of},
    MessageAction{"save_protocol_text", "job.save", &save_protocol_of},
    MessageAction{"save_unverified", "job.save", &save_unverified},
    MessageAction{"set_reference", "job.message_open", &ask_reference},
    MessageAction{"unread", "job.inbox", &mark_unread},
};

constexpr std::array kReferenceActions{MessageAction{"set", "job.message_open", &set_reference}};

template <class Actions>
Answer run(Runtime& runtime, const Request& request, const Actions& actions) {
  for (const MessageAction& action : actions) {
    if (action.id == request.action_id) {
      return answer_job(request.texts, action.text_key, [&runtime, request, work = action.work](JobContext& job) {
        return work(runtime, request, job);
      });
    }
  }
  return answer_unknown_action(request);
}

}  // namespace

Answer inbox_message_open(Runtime& runtime, const Request& request, const std::string& id) {
  return answer_job(request.texts, "job.message_open",
                    [&runtime, request, id](JobContext&) { return show(runtime, request, id); });
}

Answer reference_act(Runtime& runtime, const Request& request) {
  return run(runtime, request, kReferenceActions);
}

Answer inbox_message_act(Runtime& runtime, const Request& request) {
  return request.part_id.empty() ? run(runtime, request, kActions) : run(runtime, request, kPartActions);
}

}  // namespace kvc::plugin::commands
