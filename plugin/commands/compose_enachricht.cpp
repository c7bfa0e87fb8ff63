// SPDX-License-Identifier: Apache-2.0
// kvconnect.compose.enachricht: "Neue eNachricht".
#include "commands/compose.h"
#include "commands/entries.h"
#include "service/clear_subject.h"
#include "service/known.h"

namespace kvc::plugin::commands {
namespace {

void read(const Request&, Letter&) {}  // nothing beside what every form has

Status complete(Writing& writing, Letter& letter) {
  const Texts& t = writing.texts();
  KVC_ASSIGN(const std::string to, resolve_recipient(writing, letter));
  const views::ComposeForm& form = letter.form;
  if (form.subject.empty()) {
    add_error(letter, "subject", t("form.missing"));
  }
  if (form.text.find_first_not_of(" \t\r\n") == std::string::npos && letter.files.empty()) {
    add_error(letter, "text", t("form.no_content"));
  }
  if (!form.errors.empty()) {
    return {};
  }
  mailbox::Draft mail;
  mail.account_id = form.account_id;
  mail.to = to;
  mail.service_id = service::enachricht_delivery();
  mail.subject = service::clear_subject(mail.service_id);
  mail.user_subject = form.subject;
  mail.text = form.text;
  mail.request_receipt = form.request_receipt;
  mail.in_reply_to = letter.in_reply_to;
  letter.complete_with(std::move(mail));
  return {};
}

Result<pvs::v1::View> form(Writing& writing, const Letter& letter) {
  return views::compose_enachricht(writing.texts(), letter.form);
}

}  // namespace

const ComposeKind kEnachrichtKind{"compose.enachricht", &read, &complete, &form};

Answer compose_invoke(Runtime& runtime, const Request& request) {
  return compose_to(runtime, request, {});
}

Answer compose_to(Runtime& runtime, const Request& request, const std::string& recipient) {
  return answer_job(request.texts, "job.accounts",
                    [&runtime, request, recipient](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      std::vector<account::Overview> accounts;
                      KVC_ASSIGN(std::shared_ptr<Core> core, begin_writing(runtime, request, accounts));
                      Writing writing{runtime, request, *core, job, std::move(accounts)};
                      Letter letter;
                      letter.kind = kEnachrichtKind.view_kind;
                      letter.form.to = recipient;
                      return show_form(writing, std::move(letter));
                    });
}

}  // namespace kvc::plugin::commands
