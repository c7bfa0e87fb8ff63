// SPDX-License-Identifier: Apache-2.0
#include "e2e/mail_lists.h"

#include <Poco/JSON/Array.h>
#include <gtest/gtest.h>

#include <map>

namespace kvc::e2e {
namespace {

using Poco::JSON::Object;

std::string text_at(const Object::Ptr& cells, const std::string& column, const char* key) {
  const auto cell = cells->getObject(column);
  return cell.isNull() ? std::string() : cell->optValue<std::string>(key, "");
}

/// All pages of the list that the run shows, in their order.
std::vector<MailRow> rows_of(const HostRun& run, const char* kind, const char* state_column) {
  std::vector<MailRow> rows;
  int page = 0;
  for (const Object::Ptr& outcome : run.outcomes()) {
    const auto view = outcome->getObject("view");
    if (view.isNull() || view->optValue<std::string>("kind", "") != kind) {
      continue;
    }
    const auto list = view->getObject("table")->getArray("rows");
    for (unsigned i = 0; !list.isNull() && i < list->size(); ++i) {
      const auto row = list->getObject(i);
      const auto cells = row->getObject("cells");
      rows.push_back({row->optValue<std::string>("row_id", ""), text_at(cells, "subject", "text"),
                      text_at(cells, state_column, "code"), page});
    }
    ++page;
  }
  return rows;
}

}  // namespace

std::vector<MailRow> list_mail(Practice& practice, const char* command) {
  const HostRun run = practice.run_steps(std::string(R"([{"as": "arzt", "invoke": "kvconnect.)") + command +
                                         R"(", "wait_job": true},
     {"when": {"table": {"next_page": "/./"}}, "timeout_ms": 120000, "every_ms": 1,
      "repeat": [{"action": "page", "wait_job": true}], "until": {"table": {"next_page": {"$absent": true}}}}])");
  EXPECT_EQ(run.code, 0) << run.last();
  return rows_of(run, command, std::string(command) == "outbox" ? "state" : "verdict");
}

void retry_waiting(Practice& practice, const std::vector<MailRow>& outbox) {
  std::string text;
  for (const MailRow& row : outbox) {
    if (row.state != "queued" && row.state != "failed") {
      continue;
    }
    text +=
        std::string(text.empty() ? "[" : ", ") + R"({"as": "arzt", "invoke": "kvconnect.outbox", "wait_job": true})";
    for (int page = 0; page < row.page; ++page) {
      text += R"(, {"action": "page", "wait_job": true})";
    }
    text += R"(, {"action": "retry", "row": {"row_id": ")" + row.id + R"("}, "wait_job": true, "timeout_ms": 120000})";
  }
  if (!text.empty()) {
    static_cast<void>(practice.run_steps(text + "]"));  // a row may have gone in the meantime
  }
}

void expect_exactly_once(const std::string& prefix, const std::set<std::string>& queued,
                         const std::vector<MailRow>& outbox, const std::vector<MailRow>& inbox) {
  std::map<std::string, int> sent;
  for (const MailRow& row : outbox) {
    if (row.subject.starts_with(prefix)) {
      ++sent[row.subject];
      EXPECT_NE(row.state, "failed") << row.subject;
    }
  }
  std::map<std::string, int> arrived;
  for (const MailRow& row : inbox) {
    arrived[row.subject] += row.subject.starts_with(prefix) ? 1 : 0;
    EXPECT_EQ(row.state, "valid") << row.subject << " cannot be opened";
  }
  for (const std::string& subject : queued) {
    EXPECT_EQ(arrived[subject], 1) << subject << " was confirmed as queued";
  }
  for (const auto& [subject, times] : sent) {
    EXPECT_EQ(times, 1) << subject << " stands more than once in the outbox";
    EXPECT_EQ(arrived[subject], 1) << subject << " stands in the outbox";
  }
  for (const auto& [subject, times] : arrived) {
    EXPECT_LE(times, 1) << subject << " arrived more than once";
    EXPECT_TRUE(times == 0 || sent.contains(subject)) << subject << " arrived and is not in the outbox";
  }
}

}  // namespace kvc::e2e
