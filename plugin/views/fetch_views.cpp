// SPDX-License-Identifier: Apache-2.0
#include "views/fetch_views.h"

#include <algorithm>

namespace kvc::plugin::views {
namespace {

using pvs::v1::Action;

/// Everything that was counted, over all accounts.
struct Sum {
  mailbox::FetchSummary mail{};
  std::vector<std::pair<std::string, std::size_t>> services{};
  std::size_t failed = 0, overdue = 0;
};

void add(Sum& sum, const FetchOutcome& outcome) {
  sum.mail.fetched += outcome.summary.fetched;
  sum.mail.receipts += outcome.summary.receipts;
  sum.mail.not_valid += outcome.summary.not_valid;
  sum.mail.too_large += outcome.summary.too_large;
  sum.mail.unassigned += outcome.summary.unassigned;
  sum.failed += outcome.status.ok() ? 0U : 1U;
  sum.overdue += outcome.overdue;
  for (const auto& [name, count] : outcome.services) {
    const auto found = std::find_if(sum.services.begin(), sum.services.end(),
                                    [&wanted = name](const auto& s) { return s.first == wanted; });
    if (found == sum.services.end()) {
      sum.services.emplace_back(name, count);
    } else {
      found->second += count;
    }
  }
}

void append(std::string& text, const Texts& t, const char* key, std::size_t count) {
  if (count > 0) {
    text += " " + t.count(key, count);
  }
}

std::size_t counted(int number) {
  return static_cast<std::size_t>(std::max(0, number));
}

}  // namespace

pvs::v1::View fetch_summary(const Texts& t, const std::vector<FetchOutcome>& outcomes) {
  pvs::v1::View out = view(t, "fetch.summary");
  pvs::v1::Notice& notice = *out.mutable_notice();
  Sum sum;
  for (const FetchOutcome& outcome : outcomes) {
    add(sum, outcome);
    add_notice_fact(notice, outcome.account_name,
                    outcome.status.ok() ? t.count("fetch.summary.messages", counted(outcome.summary.fetched))
                                        : error_sentence(t, outcome.status.code().key));
  }
  for (const auto& [name, count] : sum.services) {
    add_notice_fact(notice, name, t.count("fetch.summary.messages", count));
  }
  std::string text = t.count("fetch.summary.new", counted(sum.mail.fetched));
  append(text, t, "fetch.summary.receipts", counted(sum.mail.receipts));
  append(text, t, "fetch.summary.not_valid", counted(sum.mail.not_valid));
  append(text, t, "fetch.summary.too_large", counted(sum.mail.too_large));
  append(text, t, "fetch.summary.unassigned", counted(sum.mail.unassigned));
  append(text, t, "fetch.summary.failed", sum.failed);
  append(text, t, "outbox.overdue_count", sum.overdue);
  const bool attention =
      sum.failed > 0 || sum.mail.not_valid > 0 || sum.mail.too_large > 0 || sum.mail.unassigned > 0 || sum.overdue > 0;
  notice.set_severity(attention ? pvs::v1::SEVERITY_WARNING : pvs::v1::SEVERITY_GOOD);
  notice.set_text(text);
  add_action(*out.mutable_actions(), "inbox", t("action.open_inbox"), Action::ROLE_PRIMARY);
  if (sum.overdue > 0) {
    add_action(*out.mutable_actions(), "overdue", t("action.open_overdue"));
  }
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
