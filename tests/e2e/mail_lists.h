// SPDX-License-Identifier: Apache-2.0
// Inbox and outbox of a practice as its user sees them, and the proof that every message arrived exactly once.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "e2e/harness.h"

namespace kvc::e2e {

/// A row of a list, from all its pages.
struct MailRow {
  std::string id, subject, state;  ///< state: the outbox's state or the inbox's verdict
  int page = 0;
};

/// `command`: "inbox" or "outbox".
std::vector<MailRow> list_mail(Practice& practice, const char* command);
/// Presses "send again" for everything that is queued or failed.
void retry_waiting(Practice& practice, const std::vector<MailRow>& outbox);
/// Messages whose subject begins with `prefix`: every one that a user was told of (`queued`), and every one in the
/// outbox, stands there once and arrived once with a good verdict; nothing else arrived. Every broken promise fails the
/// test.
void expect_exactly_once(const std::string& prefix, const std::set<std::string>& queued,
                         const std::vector<MailRow>& outbox, const std::vector<MailRow>& inbox);

}  // namespace kvc::e2e
