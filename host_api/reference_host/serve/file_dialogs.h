// SPDX-License-Identifier: Apache-2.0
// The plugin's file dialogs (FILE_CHOOSE) as dialogs in the page of the user concerned.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "serve/web_session.h"
#include "services.h"

namespace pvs::host::serve {

class FileDialogs final : public FileChooser {
 public:
  /// `asked` hears of every new question, on the thread of the plugin.
  void on_question(std::function<void(const std::string& session_id)> asked);

  pvs_status choose(const PluginCall& call, const v1::FileChooseRequest& request, v1::FileChooseReply& reply) override;
  void stopping() override;

  /// Questions of a session that wait for an answer. [any]
  [[nodiscard]] std::vector<FileQuestion> open_for(const std::string& session_id) const;
  /// What the person chose, as open streams; none: cancelled. False: nobody waits for it any more. [any]
  bool answer(const std::string& session_id, std::uint64_t id, v1::Value::FileRefs files);
  /// The session is locked or over: its dialogs are cancelled. [any]
  void cancel_all(const std::string& session_id);

 private:
  struct Waiting {
    FileQuestion question;
    std::optional<v1::Value::FileRefs> files;
  };
  std::function<void(const std::string&)> asked_;
  mutable std::mutex mutex_;
  std::condition_variable answered_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t last_ = 0;
  bool stopping_ = false;
};

}  // namespace pvs::host::serve
