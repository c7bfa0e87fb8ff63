// SPDX-License-Identifier: Apache-2.0
#include "mailbox/batch_opener.h"

#include <algorithm>
#include <thread>

#include "base/guard.h"
#include "base/helper.h"
#include "mailbox/archived.h"

namespace kvc::mailbox {
namespace {

constexpr std::size_t kMostOpeners = 4;

}  // namespace

Result<std::vector<ToOpen>> BatchOpener::find(std::span<const std::string> inbox_ids) const {
  std::vector<ToOpen> found;
  KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
    for (const std::string& id : inbox_ids) {
      if (auto row = inbox::find(session, id, "")) {
        const auto mark = archived::find(session, id);
        found.push_back({std::move(*row), {mark ? std::optional(mark->reference) : std::nullopt, {}}});
      }
    }
    return Status();
  }));
  return found;
}

BatchOpened BatchOpener::open(const std::vector<ToOpen>& mails) {
  BatchOpened result;
  result.status = guarded([&]() -> Status {
    if (mails.empty()) {
      return {};
    }
    auto judged = judge(mails);
    for (const auto& one : judged) {
      if (!one.ok()) {
        result.failures.push_back(one.status());
      }
    }
    KVC_TRY(record(judged));
    for (std::size_t i = 0; i < mails.size(); ++i) {
      if (!judged[i].ok()) {
        continue;
      }
      const InboxRow& row = judged[i].value() ? judged[i].value()->row : mails[i].row;
      result.counted.receipts += row.is_receipt ? 1 : 0;
      result.counted.unassigned += row.unassigned ? 1 : 0;
      result.counted.not_valid += row.verdict == message::Verdict::valid ? 0 : 1;
    }
    return {};
  });
  return result;
}

BatchOpener::Judged BatchOpener::judge(const std::vector<ToOpen>& mails) {
  const std::size_t workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostOpeners);
  while (readers_.size() < std::min(workers, mails.size())) {
    readers_.push_back(std::make_unique<Reader>(context_, account_));
  }
  Judged judged(mails.size(), std::optional<Reader::Recording>());
  for_each_index(mails.size(), workers, [&](std::size_t worker, std::size_t i) {
    judged[i] = guarded([&]() -> Result<std::optional<Reader::Recording>> {
      KVC_ASSIGN(const auto message, readers_[worker]->judge(mails[i].row, mails[i].known));
      return readers_[worker]->prepare(mails[i].row, message, mails[i].known.archived.has_value());
    });
  });
  return judged;
}

Status BatchOpener::record(Judged& judged) const {
  return context_.database->write([&](Poco::Data::Session& session) {
    for (auto& one : judged) {
      if (one.ok() && one.value()) {
        readers_.front()->write(session, *one.value());
      }
    }
    return Status();
  });
}

}  // namespace kvc::mailbox
