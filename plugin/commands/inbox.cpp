// SPDX-License-Identifier: Apache-2.0
// kvconnect.inbox: "Posteingang".
#include "commands/entries.h"
#include "commands/mail_pages.h"

namespace kvc::plugin::commands {
namespace {

using mailbox::InboxItem;

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, std::size_t offset) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& user = request.who.user_id;
  KVC_ASSIGN(std::vector<account::Overview> accounts, core->accounts().list(user));
  const auto list = [&](const std::string& account, std::size_t first, std::size_t limit, std::size_t& total) {
    return core->mailbox().inbox(user, account, first, limit, total);
  };
  KVC_ASSIGN(views::Page<InboxItem> page,
             page_of<InboxItem>(accounts, offset, list, [](const InboxItem& item) { return item.received; }));
  return reply_view(runtime, request, views::inbox(request.texts, page), {.offset = offset}, request.view_id);
}

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

Result<pvs::v1::ActionReply> show_message(Runtime& runtime, const Request& request) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(mailbox::OpenedItem opened, core->mailbox().open(request.who.user_id, request.row_id));
  const auto account = core->accounts().overview(request.who.user_id, opened.item.account_id);
  if (account.ok()) {
    name_generations(request.texts, account.value(), opened.message);
  }
  return reply_view(runtime, request, views::inbox_message(request.texts, opened),
                    {.account_id = opened.item.account_id, .item_id = opened.item.id});
}

/// Writes a new file of the user's through `write`; it appears only if everything was written.
template <class Write>
Result<pvs::v1::ActionReply> save(Runtime& runtime, const Request& request, const std::string& name,
                                  const std::string& media_type, bool unverified, Write write) {
  KVC_ASSIGN(CreatedFile file,
             runtime.host().create_file(request.who.session_id, request.who.user_id, name, media_type));
  pvs::HostOutputStream out(runtime.host().client(), file.stream_id);
  KVC_TRY(write(out));
  if (!out.flush() || out.commit() != PVS_OK) {
    return Status(error::file_unwritable, std::string("the host's stream answered ") + pvs::status_name(out.status()));
  }
  return reply_view(runtime, request, views::file_saved(request.texts, file.display_path, unverified), {});
}

Result<pvs::v1::ActionReply> save_part(Runtime& runtime, const Request& request) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(mailbox::OpenedItem opened, core->mailbox().open(request.who.user_id, request.view.item_id));
  const std::size_t index = offset_of(request.part_id);
  if (request.part_id.empty() || index >= opened.message.parts.size()) {
    return Status(error::not_found, "the message has no such part");
  }
  const message::Part& part = opened.message.parts[index];
  const bool unverified = !views::may_be_shown(opened.message.verdict);
  return save(runtime, request, views::safe_file_name(part.name, request.texts("part.unnamed")), part.type, unverified,
              [&](std::ostream& out) { return opened.message.read_part(index, out); });
}

Result<pvs::v1::ActionReply> save_original(Runtime& runtime, const Request& request) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const std::string& id = request.view.item_id;
  return save(runtime, request, "nachricht.eml", "message/rfc822", false,
              [&](std::ostream& out) { return core->mailbox().read_raw(request.who.user_id, id, out); });
}

Answer show_job(Runtime& runtime, const Request& request, std::size_t offset) {
  return answer_job(request.texts, "job.inbox",
                    [&runtime, request, offset](JobContext&) { return show(runtime, request, offset); });
}

}  // namespace

Answer inbox_invoke(Runtime& runtime, const Request& request) {
  return show_job(runtime, request, 0);
}

Answer inbox_act(Runtime& runtime, const Request& request) {
  if (!request.row_id.empty()) {
    if (request.action_id != "open") {
      return answer_unknown_action(request);
    }
    return answer_job(request.texts, "job.message_open",
                      [&runtime, request](JobContext&) { return show_message(runtime, request); });
  }
  if (request.action_id == "page") {
    return show_job(runtime, request, offset_of(request.values.text("page")));
  }
  if (request.action_id == "refresh") {
    return show_job(runtime, request, request.view.offset);
  }
  return request.action_id == "fetch" ? fetch_invoke(runtime, request) : answer_unknown_action(request);
}

Answer inbox_message_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "save") {
    return answer_job(request.texts, "job.save",
                      [&runtime, request](JobContext&) { return save_part(runtime, request); });
  }
  if (request.action_id == "save_original") {
    return answer_job(request.texts, "job.save",
                      [&runtime, request](JobContext&) { return save_original(runtime, request); });
  }
  return answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
