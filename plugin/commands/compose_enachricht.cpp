// SPDX-License-Identifier: Apache-2.0
// kvconnect.compose.enachricht: "Neue eNachricht".
#include <algorithm>

#include "account/sender.h"
#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "service/clear_subject.h"
#include "service/known.h"
#include "views/account_overview.h"
#include "views/mailbox_views.h"

namespace kvc::plugin::commands {
namespace {

using mailbox::OutboxItem;

constexpr std::uint64_t kFirstBytes = 1U << 20U;

/// Files the host opened for us are closed in any case, read or not.
class OpenFiles {
 public:
  OpenFiles(pvs::HostClient& host, std::vector<ChosenFile> files) : host_(host), files_(std::move(files)) {}
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;
  ~OpenFiles() {
    for (std::size_t i = next_; i < files_.size(); ++i) {
      static_cast<void>(host_.stream_close(files_[i].stream_id, false));
    }
  }

  /// Reads all files, together at most `limit` bytes.
  Result<std::vector<mailbox::DraftFile>> read(std::uint64_t limit, const Cancel& cancel) {
    std::vector<mailbox::DraftFile> read;
    for (; next_ < files_.size(); ++next_) {
      const ChosenFile& file = files_[next_];
      KVC_ASSIGN(Secret content, read_one(file, limit, cancel));
      limit -= content.size();
      read.push_back(
          {file.name, file.media_type.empty() ? "application/octet-stream" : file.media_type, "", std::move(content)});
    }
    return read;
  }

 private:
  Result<Secret> read_one(const ChosenFile& file, std::uint64_t limit, const Cancel& cancel) {
    pvs::HostInputStream in(host_, file.stream_id);
    // The announced size is only a hint: memory is taken as bytes arrive.
    Secret content = Secret::of_size(static_cast<std::size_t>(std::min({file.size, limit, kFirstBytes})));
    std::size_t used = 0;
    while (true) {
      if (used == content.size()) {
        if (in.peek() == std::char_traits<char>::eof()) {
          break;
        }
        if (used >= limit) {
          return Status(error::too_large, "the attachments are larger than a message may be")
              .with("field", "attachments");
        }
        content = grown(content, used, limit);
      }
      if (cancel.requested()) {
        return Status(error::cancelled, "cancelled while reading an attachment");
      }
      in.read(reinterpret_cast<char*>(content.data()) + used,
              static_cast<std::streamsize>(std::min<std::size_t>(content.size() - used, 1U << 20U)));
      if (in.gcount() == 0) {
        break;
      }
      used += static_cast<std::size_t>(in.gcount());
    }
    if (in.status() != PVS_OK && in.status() != PVS_END_OF_STREAM) {
      return Status(error::file_unreadable, std::string("the host's stream answered ") + pvs::status_name(in.status()))
          .with("field", "attachments");
    }
    return used == content.size() ? std::move(content) : Secret(content.bytes().first(used));
  }

  static Secret grown(const Secret& content, std::size_t used, std::uint64_t limit) {
    const std::uint64_t wanted = std::max<std::uint64_t>(65536, std::uint64_t{used} * 2);
    Secret larger = Secret::of_size(static_cast<std::size_t>(std::min(wanted, limit)));
    std::copy_n(content.bytes().begin(), used, larger.data());
    return larger;
  }

  pvs::HostClient& host_;
  std::vector<ChosenFile> files_;
  std::size_t next_ = 0;
};

/// What a letter that was begun elsewhere brings along: which message it answers, its files, the draft it replaces.
struct BegunLetter final : Draft {
  BegunLetter(mailbox::Draft begun, std::string draft) : letter(std::move(begun)), draft_id(std::move(draft)) {}
  mailbox::Draft letter;
  std::string draft_id;
};

std::shared_ptr<const BegunLetter> begun_in(const Request& request) {
  return std::dynamic_pointer_cast<const BegunLetter>(request.view.draft);
}

std::vector<views::SenderChoice> senders_of(const std::vector<account::Overview>& accounts) {
  std::vector<views::SenderChoice> senders;
  for (const account::Overview& account : accounts) {
    if (account.state == account::State::ready) {
      const std::string label = account_label(account);
      senders.push_back({account.id, label == account.address ? label : label + " (" + account.address + ")"});
    }
  }
  return senders;
}

/// The account that is proposed as the sender, and why, in a sentence.
struct Proposal {
  std::string account_id, reason;
};

Proposal proposal_of(Runtime& runtime, const Request& request, const std::vector<account::Overview>& accounts) {
  std::vector<std::string> sites;
  const auto practice = runtime.host().practice_sites(request.who.session_id);
  if (practice.ok()) {
    for (const PracticeSite& site : practice.value()) {
      sites.push_back(site.bsnr);
    }
  }
  const auto choice = account::choose_sender(accounts, request.who.user_id, sites, runtime.env().now());
  if (!choice) {
    return {};
  }
  return {accounts.at(choice->index).id,
          request.texts("compose.sender." + std::string(views::reason_code(choice->reason)))};
}

views::ComposeDraft draft_of(const Request& request) {
  return {request.values.text("account"), request.values.trimmed("recipient"),           request.values.text("subject"),
          request.values.text("text"),    request.values.check("request_receipt", true), {}};
}

/// One '@' with something on either side and no blank: whether the address exists only the server knows.
bool looks_like_address(const std::string& text) {
  const auto at = text.find('@');
  return at != std::string::npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == std::string::npos &&
         text.find_first_of(" \t\r\n<>,;") == std::string::npos;
}

views::FieldErrors check_fields(const Request& request, const views::ComposeDraft& draft) {
  views::FieldErrors errors;
  if (draft.to.empty()) {
    errors.emplace_back("recipient", request.texts("form.missing"));
  } else if (!looks_like_address(draft.to)) {
    errors.emplace_back("recipient", request.texts("form.no_address"));
  }
  if (request.values.trimmed("subject").empty()) {
    errors.emplace_back("subject", request.texts("form.missing"));
  }
  if (request.values.trimmed("text").empty() && request.values.files("attachments").empty()) {
    errors.emplace_back("text", request.texts("form.no_content"));
  }
  if (!errors.empty() && !request.values.files("attachments").empty()) {
    errors.emplace_back("attachments", request.texts("form.choose_again"));
  }
  return errors;
}

mailbox::Draft mail_of(const views::ComposeDraft& form, std::vector<mailbox::DraftFile> files) {
  mailbox::Draft draft;
  draft.account_id = form.account_id;
  draft.to = form.to;
  draft.service_id = service::enachricht_delivery();
  draft.subject = service::clear_subject(draft.service_id);
  draft.user_subject = form.subject;
  draft.text = form.text;
  draft.files = std::move(files);
  draft.request_receipt = form.request_receipt;
  return draft;
}

/// Sends what is due and tells how the new message fared. From here on nothing can lose it: a failure is a state of the
/// outbox, not an error of this job.
Result<pvs::v1::ActionReply> send(Runtime& runtime, const Request& request, Core& core, const std::string& account_id,
                                  const std::string& id, JobContext& job) {
  const std::string& user = request.who.user_id;
  KVC_ASSIGN(OutboxItem queued, core.mailbox().outbox_item(user, id));
  runtime.host().audit(user, "message.queued", queued.message_id, true);
  const auto sent = core.mailbox().send_due(user, account_id, progress_to(job, request.texts), job.cancel());
  KVC_ASSIGN(OutboxItem item, core.mailbox().outbox_item(user, id));
  if (item.state == mailbox::OutboxState::accepted || item.state == mailbox::OutboxState::delivered) {
    runtime.host().audit(user, "message.accepted", item.message_id, true);
  }
  if (!sent.ok() && item.last_error.empty()) {
    item.last_error = sent.status().code().key;
  }
  return reply_view(runtime, request, views::send_result(request.texts, item), {});
}

/// The address book shows first whom one wrote to last. The message is safe already: a failure here is no failure of
/// it.
void note_used(Runtime& runtime, Core& core, const std::string& user, const std::vector<account::Overview>& accounts,
               const views::ComposeDraft& draft) {
  for (const account::Overview& account : accounts) {
    if (account.id == draft.account_id) {
      const Status noted = core.directory().note_used(user, account.environment_id, draft.to);
      if (!noted.ok()) {
        runtime.log().write(LogLevel::warning, "directory", "the use of an address is not noted: " + noted.to_string());
      }
    }
  }
}

Result<pvs::v1::ActionReply> compose(Runtime& runtime, const Request& request, JobContext& job) {
  OpenFiles files(runtime.host().client(), request.values.files("attachments"));
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(std::vector<account::Overview> accounts, core->accounts().list(request.who.user_id));
  const auto senders = senders_of(accounts);
  views::ComposeDraft draft = draft_of(request);
  const Proposal proposal = proposal_of(runtime, request, accounts);
  if (draft.account_id.empty()) {
    draft.account_id = proposal.account_id;
  }
  draft.sender_hint = proposal.reason;
  const auto begun = begun_in(request);
  const views::FieldErrors errors = check_fields(request, draft);
  if (!errors.empty() || senders.empty()) {
    ViewState state;
    state.draft = begun;
    return reply_view(runtime, request, views::compose(request.texts, senders, draft, errors), std::move(state),
                      request.view_id);
  }
  KVC_ASSIGN(std::vector<mailbox::DraftFile> content, files.read(runtime.settings().max_message_bytes, job.cancel()));
  job.progress(-1, request.texts("progress.message.queue"));
  mailbox::Draft mail = mail_of(draft, std::move(content));
  if (begun != nullptr) {
    mail.in_reply_to = begun->letter.in_reply_to;
    mail.files.insert(mail.files.begin(), begun->letter.files.begin(), begun->letter.files.end());
  }
  KVC_ASSIGN(std::string id, core->mailbox().queue(request.who.user_id, mail));
  if (begun != nullptr && !begun->draft_id.empty()) {
    static_cast<void>(core->mailbox().withdraw(request.who.user_id, begun->draft_id));
  }
  note_used(runtime, *core, request.who.user_id, accounts, draft);
  return send(runtime, request, *core, draft.account_id, id, job);
}

}  // namespace

Answer compose_invoke(Runtime& runtime, const Request& request) {
  return compose_to(runtime, request, {});
}

Answer compose_to(Runtime& runtime, const Request& request, const std::string& recipient) {
  return answer_job(
      request.texts, "job.accounts", [&runtime, request, recipient](JobContext&) -> Result<pvs::v1::ActionReply> {
        KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
        KVC_ASSIGN(std::vector<account::Overview> accounts, core->accounts().list(request.who.user_id));
        const Proposal proposal = proposal_of(runtime, request, accounts);
        views::ComposeDraft draft;
        draft.account_id = proposal.account_id;
        draft.sender_hint = proposal.reason;
        draft.to = recipient;
        return reply_view(runtime, request, views::compose(request.texts, senders_of(accounts), draft, {}), {});
      });
}

Result<pvs::v1::ActionReply> show_compose(Runtime& runtime, const Request& request, mailbox::Draft draft,
                                          const std::string& draft_id, JobContext&) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(std::vector<account::Overview> accounts, core->accounts().list(request.who.user_id));
  views::ComposeDraft form;
  form.account_id = draft.account_id;
  form.to = draft.to;
  form.subject = draft.user_subject;
  form.text = draft.text;
  form.request_receipt = draft.request_receipt;
  ViewState state;
  state.draft = std::make_shared<BegunLetter>(std::move(draft), draft_id);
  return reply_view(runtime, request, views::compose(request.texts, senders_of(accounts), form, {}), std::move(state));
}

Answer compose_act(Runtime& runtime, const Request& request) {
  if (request.action_id != "send") {
    return answer_unknown_action(request);
  }
  return answer_job(request.texts, "job.send",
                    [&runtime, request](JobContext& job) { return compose(runtime, request, job); });
}

}  // namespace kvc::plugin::commands
