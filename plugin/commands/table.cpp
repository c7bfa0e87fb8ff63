// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "commands/entries.h"

namespace kvc::plugin {
namespace {

using namespace commands;

constexpr std::array kCommands{
    Command{"kvconnect.apply", &apply_invoke},
    Command{"kvconnect.accounts", &accounts_invoke},
    Command{"kvconnect.account.new", &new_account_invoke},
    Command{"kvconnect.inbox", &inbox_invoke},
    Command{"kvconnect.outbox", &outbox_invoke},
    Command{"kvconnect.fetch", &fetch_invoke},
    Command{"kvconnect.compose.enachricht", &compose_invoke},
    Command{"kvconnect.compose.earztbrief", &earztbrief_invoke},
    Command{"kvconnect.compose.1click", &one_click_invoke},
    Command{"kvconnect.compose.edoku", &documentation_invoke},
    Command{"kvconnect.addressbook", &addressbook_invoke},
    Command{"kvconnect.archive.import", &archive_invoke},
    Command{"kvconnect.doctor", &doctor_invoke},
};

constexpr std::array kViews{
    ViewActions{"apply", &apply_act},
    ViewActions{"apply.forms", &apply_forms_act},
    ViewActions{"apply.address", &notice_act},
    ViewActions{"apply.broken_list", &notice_act},
    ViewActions{"accounts", &accounts_act},
    ViewActions{"account.overview", &overview_act},
    ViewActions{"account.new", &new_account_act},
    ViewActions{"account.import", &import_act},
    ViewActions{"account.password_change", &password_change_act},
    ViewActions{"account.correct_password", &correct_password_act},
    ViewActions{"account.edit", &edit_act},
    ViewActions{"account.assign", &assign_act},
    ViewActions{"account.unassign_self", &unassign_self_act},
    ViewActions{"account.unassigned", &notice_act},
    ViewActions{"account.renew", &renew_act},
    ViewActions{"account.exported", &notice_act},
    ViewActions{"account.import_into", &import_into_act},
    ViewActions{"account.imported", &notice_act},
    ViewActions{"account.delete_certificate", &delete_certificate_act},
    ViewActions{"account.remove", &remove_act},
    ViewActions{"account.removed", &notice_act},
    ViewActions{"inbox", &inbox_act},
    ViewActions{"inbox.filter", &inbox_filter_act},
    ViewActions{"inbox.reopened", &inbox_reopened_act},
    ViewActions{"inbox.message", &inbox_message_act},
    ViewActions{"inbox.part", &notice_act},
    ViewActions{"inbox.too_large", &notice_act},
    ViewActions{"inbox.deliver", &deliver_act},
    ViewActions{"inbox.delivered", &notice_act},
    ViewActions{"inbox.reference", &reference_act},
    ViewActions{"outbox", &outbox_act},
    ViewActions{"outbox.message", &outbox_message_act},
    ViewActions{"outbox.withdraw", &outbox_withdraw_act},
    ViewActions{"outbox.clear_overdue", &outbox_clear_overdue_act},
    ViewActions{"thread", &thread_act},
    ViewActions{"archive.import", &archive_act},
    ViewActions{"archive.summary", &archive_summary_act},
    ViewActions{"fetch.summary", &fetch_summary_act},
    ViewActions{"compose.enachricht", &compose_act},
    ViewActions{"compose.earztbrief", &compose_act},
    ViewActions{"compose.1click", &compose_act},
    ViewActions{"compose.edoku", &compose_act},
    ViewActions{"compose.confirm", &compose_confirm_act},
    ViewActions{"compose.no_account", &notice_act},
    ViewActions{"compose.no_patient", &notice_act},
    ViewActions{"compose.no_site", &notice_act},
    ViewActions{"compose.no_kvca", &notice_act},
    ViewActions{"compose.kvca_unreadable", &notice_act},
    ViewActions{"compose.kvca_broken", &notice_act},
    ViewActions{"compose.kv_unknown", &notice_act},
    ViewActions{"message.queued", &notice_act},
    ViewActions{"file.saved", &notice_act},
    ViewActions{"fetch.no_account", &notice_act},
    ViewActions{"addressbook", &addressbook_act},
    ViewActions{"addressbook.results", &addressbook_results_act},
    ViewActions{"doctor", &doctor_act},
};

constexpr std::array kSuggesters{
    Suggester{"compose.enachricht", "recipient", &recipient_suggest},
    Suggester{"compose.earztbrief", "recipient", &recipient_suggest},
};

}  // namespace

const Command* find_command(std::string_view id) {
  const auto* const found = std::find_if(kCommands.begin(), kCommands.end(), [&](const auto& c) { return id == c.id; });
  return found == kCommands.end() ? nullptr : found;
}

const ViewActions* find_view_actions(std::string_view kind) {
  const auto* const found = std::find_if(kViews.begin(), kViews.end(), [&](const auto& v) { return kind == v.kind; });
  return found == kViews.end() ? nullptr : found;
}

const Suggester* find_suggester(std::string_view kind, std::string_view field) {
  const auto* const found = std::find_if(kSuggesters.begin(), kSuggesters.end(),
                                         [&](const auto& s) { return kind == s.kind && field == s.field; });
  return found == kSuggesters.end() ? nullptr : found;
}

std::vector<std::string> command_ids() {
  std::vector<std::string> ids;
  for (const Command& command : kCommands) {
    ids.emplace_back(command.id);
  }
  return ids;
}

Answer commands::notice_act(Runtime&, const Request& request) {
  return answer_unknown_action(request);
}

}  // namespace kvc::plugin
