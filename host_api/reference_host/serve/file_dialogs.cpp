// SPDX-License-Identifier: Apache-2.0
#include "serve/file_dialogs.h"

namespace pvs::host::serve {
namespace {
constexpr std::chrono::minutes kPatience{10};
}

void FileDialogs::on_question(std::function<void(const std::string&)> asked) {
  const std::lock_guard lock(mutex_);
  asked_ = std::move(asked);
}

pvs_status FileDialogs::choose(const PluginCall&, const v1::FileChooseRequest& request, v1::FileChooseReply& reply) {
  std::unique_lock lock(mutex_);
  if (stopping_) {
    return PVS_CANCELLED;
  }
  const std::uint64_t id = ++last_;
  Waiting& mine = waiting_[id];
  mine.question = {id, request.session_id(), request.title(), {}, request.multiple()};
  mine.question.patterns.assign(request.patterns().begin(), request.patterns().end());
  const std::function<void(const std::string&)> asked = asked_;
  lock.unlock();
  if (asked) {
    asked(request.session_id());
  }
  lock.lock();
  answered_.wait_for(lock, kPatience, [&] { return mine.files.has_value() || stopping_; });
  std::optional<v1::Value::FileRefs> files = std::move(mine.files);
  waiting_.erase(id);
  lock.unlock();
  if (!files) {
    return PVS_CANCELLED;
  }
  if (files->file_size() == 0) {
    reply.mutable_error()->set_category(v1::CATEGORY_CANCELLED);
    reply.mutable_error()->set_code("host.cancelled");
    reply.mutable_error()->set_detail("the person chose no file");
    return PVS_OK;
  }
  *reply.mutable_files() = std::move(*files);
  return PVS_OK;
}

void FileDialogs::stopping() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  answered_.notify_all();
}

std::vector<FileQuestion> FileDialogs::open_for(const std::string& session_id) const {
  std::vector<FileQuestion> open;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, waiting] : waiting_) {
    if (waiting.question.session_id == session_id && !waiting.files) {
      open.push_back(waiting.question);
    }
  }
  return open;
}

bool FileDialogs::answer(const std::string& session_id, std::uint64_t id, v1::Value::FileRefs files) {
  {
    const std::lock_guard lock(mutex_);
    const auto it = waiting_.find(id);
    if (it == waiting_.end() || it->second.files || it->second.question.session_id != session_id) {
      return false;
    }
    it->second.files = std::move(files);
  }
  answered_.notify_all();
  return true;
}

void FileDialogs::cancel_all(const std::string& session_id) {
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, waiting] : waiting_) {
      if (waiting.question.session_id == session_id && !waiting.files) {
        waiting.files.emplace();
      }
    }
  }
  answered_.notify_all();
}

}  // namespace pvs::host::serve
