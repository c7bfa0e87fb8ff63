// SPDX-License-Identifier: Apache-2.0
#include "mailbox/threads.h"

#include <algorithm>

#include "crypto/certificate.h"
#include "mailbox/inbox_repository.h"
#include "mailbox/record.h"

namespace kvc::mailbox {
namespace {

// More versions of one delivery than a quarter ever has.
constexpr std::size_t kMostVersions = 100;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

}  // namespace

Result<std::string> thread_key_of(const ContentCipher& cipher, std::string_view guid) {
  return guid.empty() ? Result<std::string>(std::string()) : cipher.blind(lower(guid), "thread");
}

Result<std::string> delivery_key_of(const ContentCipher& cipher, std::string_view bsnr, std::string_view quarter,
                                    std::string_view type) {
  return cipher.blind(pack({bsnr, quarter, type}).reveal(), "delivery");
}

std::optional<OutboxRow> delivery_of(Poco::Data::Session& session, std::string_view account_id, const Facts& facts,
                                     std::string_view thread_key, int version) {
  const auto fits = [&](const OutboxRow& row) {
    return row.receipt_for.empty() && row.state != OutboxState::draft &&
           crypto::same_address(row.recipient, facts.from);
  };
  for (const std::string& id : facts.refers_to) {
    auto row = outbox::find_message(session, account_id, id);
    if (row && fits(*row)) {
      return row;
    }
  }
  if (thread_key.empty()) {
    return std::nullopt;
  }
  auto versions = outbox::with_thread_key(session, account_id, thread_key, kMostVersions);
  std::erase_if(versions, [&](const OutboxRow& row) { return !fits(row); });
  const auto named = std::find_if(versions.begin(), versions.end(),
                                  [&](const OutboxRow& row) { return row.delivery_version == version; });
  if (named != versions.end()) {
    return *named;
  }
  return versions.empty() ? std::nullopt : std::optional(versions.front());
}

std::string thread_of_message(Poco::Data::Session& session, std::string_view account_id, std::string_view message_id) {
  if (const auto sent = outbox::find_message(session, account_id, message_id)) {
    return sent->thread_id;
  }
  const auto received = inbox::find_message(session, account_id, message_id);
  return received ? received->thread_id : std::string();
}

std::string thread_for(Poco::Data::Session& session, const OutboxRow& row) {
  std::string thread;
  if (!row.in_reply_to.empty()) {
    thread = thread_of_message(session, row.account_id, row.in_reply_to);
  }
  if (thread.empty() && !row.thread_key.empty()) {
    const auto versions = outbox::with_thread_key(session, row.account_id, row.thread_key, kMostVersions);
    thread = versions.empty() ? std::string() : versions.back().thread_id;
  }
  return thread.empty() ? row.id : thread;
}

}  // namespace kvc::mailbox
