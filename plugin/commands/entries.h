// SPDX-License-Identifier: Apache-2.0
// The menu entries: one file each, listed in table.cpp.
#pragma once

#include "commands/command.h"

namespace kvc::plugin::commands {

// kvconnect.apply, and the views "apply" and "apply.forms"
Answer apply_invoke(Runtime& runtime, const Request& request);
Answer apply_act(Runtime& runtime, const Request& request);
Answer apply_forms_act(Runtime& runtime, const Request& request);
// kvconnect.accounts, and the views "accounts" and "account.overview"
Answer accounts_invoke(Runtime& runtime, const Request& request);
Answer accounts_act(Runtime& runtime, const Request& request);
Answer overview_act(Runtime& runtime, const Request& request);
// What is opened from the overview of an account, and the views of each
Answer assign_open(Runtime& runtime, const Request& request, const std::string& account_id);
Answer assign_act(Runtime& runtime, const Request& request);
Answer unassign_self_act(Runtime& runtime, const Request& request);
Answer password_change_open(Runtime& runtime, const Request& request, const std::string& account_id);
Answer correct_password_open(Runtime& runtime, const Request& request, const std::string& account_id);
Answer correct_password_act(Runtime& runtime, const Request& request);
Answer edit_open(Runtime& runtime, const Request& request, const std::string& account_id);
Answer edit_act(Runtime& runtime, const Request& request);
Answer renew_open(Runtime& runtime, const Request& request, const std::string& account_id);
Answer renew_act(Runtime& runtime, const Request& request);
Answer export_keystore_act(Runtime& runtime, const Request& request, const std::string& account_id);
Answer import_into_open(Runtime& runtime, const Request& request, const std::string& account_id);
Answer import_into_act(Runtime& runtime, const Request& request);
Answer delete_certificate_open(Runtime& runtime, const Request& request, const std::string& account_id);
Answer delete_certificate_act(Runtime& runtime, const Request& request);
Answer remove_open(Runtime& runtime, const Request& request, const std::string& account_id);
Answer remove_act(Runtime& runtime, const Request& request);
// kvconnect.account.new, and the views "account.new", "account.import" and "account.password_change"
Answer new_account_invoke(Runtime& runtime, const Request& request);
Answer new_account_act(Runtime& runtime, const Request& request);
/// A file for the account in the form, whose fields are good.
Answer import_begin(Runtime& runtime, const Request& request);
Answer import_act(Runtime& runtime, const Request& request);
Answer password_change_act(Runtime& runtime, const Request& request);
// kvconnect.inbox, and the views "inbox", "inbox.filter" and "inbox.reopened"
Answer inbox_invoke(Runtime& runtime, const Request& request);
Answer inbox_act(Runtime& runtime, const Request& request);
Answer inbox_filter_act(Runtime& runtime, const Request& request);
Answer inbox_reopened_act(Runtime& runtime, const Request& request);
/// Opens what could not be opened before, in all accounts of the user.
Answer reopen_messages(Runtime& runtime, const Request& request);
// A received message: the views "inbox.message" and "inbox.deliver"
Answer inbox_message_open(Runtime& runtime, const Request& request, const std::string& inbox_id);
Answer inbox_message_act(Runtime& runtime, const Request& request);
Result<pvs::v1::ActionReply> deliver_open(Runtime& runtime, const Request& request, JobContext& job);
Answer deliver_act(Runtime& runtime, const Request& request);
/// At what time a mail from an archive is judged: the view "inbox.reference".
Answer reference_act(Runtime& runtime, const Request& request);
// kvconnect.outbox, and the view "outbox"
Answer outbox_invoke(Runtime& runtime, const Request& request);
/// Only what waits for a reply in vain.
Answer outbox_overdue(Runtime& runtime, const Request& request);
Answer outbox_act(Runtime& runtime, const Request& request);
// A sent message: the views "outbox.message", "outbox.withdraw" and "outbox.clear_overdue"
Answer outbox_message_action(Runtime& runtime, const Request& request, const std::string& outbox_id);
Answer outbox_message_act(Runtime& runtime, const Request& request);
Answer outbox_withdraw_act(Runtime& runtime, const Request& request);
Answer outbox_clear_overdue_act(Runtime& runtime, const Request& request);
// The view "thread"
Result<pvs::v1::ActionReply> show_thread(Runtime& runtime, const Request& request, const std::string& account_id,
                                         const std::string& thread_id);
Answer thread_act(Runtime& runtime, const Request& request);
// kvconnect.archive.import, and the views "archive.import" and "archive.summary"
Answer archive_invoke(Runtime& runtime, const Request& request);
Answer archive_act(Runtime& runtime, const Request& request);
Answer archive_summary_act(Runtime& runtime, const Request& request);
// kvconnect.fetch, and the view "fetch.summary"
Answer fetch_invoke(Runtime& runtime, const Request& request);
Answer fetch_summary_act(Runtime& runtime, const Request& request);
/// The schedule fired: as fetch, but quiet, and only one at a time for a user.
Answer fetch_scheduled(Runtime& runtime, const Request& request);
// kvconnect.compose.enachricht, .earztbrief (also the hook document_released), .1click (also the hook billing_ready)
// and .edoku; their forms have one act, and so has the confirmation
Answer compose_invoke(Runtime& runtime, const Request& request);
Answer earztbrief_invoke(Runtime& runtime, const Request& request);
Answer one_click_invoke(Runtime& runtime, const Request& request);
Answer documentation_invoke(Runtime& runtime, const Request& request);
Answer compose_act(Runtime& runtime, const Request& request);
Answer compose_confirm_act(Runtime& runtime, const Request& request);
/// The forms of an eNachricht and an eArztbrief, with the recipient filled in.
Answer compose_to(Runtime& runtime, const Request& request, const std::string& recipient);
Answer earztbrief_to(Runtime& runtime, const Request& request, const std::string& recipient);
/// Whom the user may mean by what he typed so far (views with a field "recipient").
Answer recipient_suggest(Runtime& runtime, const Request& request);
/// Where a letter comes from that somebody goes on writing.
struct ComposeOrigin {
  std::string title_key;   ///< of the form: an answer, a forwarded message, a draft
  std::string draft_id{};  ///< of the outbox; empty if it is not kept there
};
/// Opens a letter that exists as a draft. An eNachricht opens as its form; a message of another service is complete and
/// opens for confirmation. For the work of a job.
Result<pvs::v1::ActionReply> show_compose(Runtime& runtime, const Request& request, mailbox::Draft draft,
                                          ComposeOrigin origin, JobContext& job);
// kvconnect.addressbook, and the views "addressbook" and "addressbook.results"
Answer addressbook_invoke(Runtime& runtime, const Request& request);
Answer addressbook_act(Runtime& runtime, const Request& request);
Answer addressbook_results_act(Runtime& runtime, const Request& request);
/// The schedule fired: refreshes the books that are old enough. Needs no user; one that is there adds the networks of
/// the own accounts.
Answer addressbook_scheduled(Runtime& runtime, const Request& request);
// kvconnect.doctor, and its view
Answer doctor_invoke(Runtime& runtime, const Request& request);
Answer doctor_act(Runtime& runtime, const Request& request);
/// Views that can only be left.
Answer notice_act(Runtime& runtime, const Request& request);

}  // namespace kvc::plugin::commands
