// SPDX-License-Identifier: Apache-2.0
// Which views are open, and whose they are.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/env.h"
#include "texts/catalogue.h"

namespace kvc::plugin {

/// One login of one user.
struct Who {
  std::string session_id, user_id;
  friend bool operator==(const Who&, const Who&) = default;
};

/// What a task of several views carries from one to the next, say the data of an account that is not stored yet. Its
/// secrets are kvc::Secret, and go with the last view that holds it: when it is closed, replaced, or the session
/// locked.
class Draft {
 public:
  virtual ~Draft() = default;
};

/// What the plugin must know of an open view to act on it. Content and keys are not among it.
struct ViewState {
  std::string kind{};                    ///< View.kind
  std::string account_id{};              ///< the account it is about, or empty
  std::string item_id{};                 ///< the message or entry it is about, or empty
  std::size_t offset = 0;                ///< first row of a table's page
  std::shared_ptr<const Draft> draft{};  ///< null: none
};

/// Views by id. A view belongs to the session and user that opened it: for everybody else it does not exist.
/// Thread: [any].
class Sessions {
 public:
  explicit Sessions(Env& env) : env_(env) {}

  /// Returns the id of the new view. The oldest views of a session go when it has very many.
  std::string open(const Who& who, ViewState state);
  /// The same view shows something else now; opens it anew if it was closed meanwhile.
  void replace(const std::string& view_id, const Who& who, ViewState state);
  [[nodiscard]] std::optional<ViewState> find(std::string_view view_id, const Who& who) const;
  /// Unknown ids and others' views are left alone.
  void close(std::string_view view_id, const Who& who);
  /// Forgets every view and everything remembered of a session.
  void lock(std::string_view session_id);
  [[nodiscard]] std::size_t size() const;

  void set_language(std::string_view session_id, Language language);
  [[nodiscard]] std::optional<Language> language(std::string_view session_id) const;

 private:
  struct Entry {
    Who who;
    ViewState state;
    std::uint64_t age;
  };
  void forget_oldest(const std::string& session_id);

  Env& env_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> views_;
  std::map<std::string, Language, std::less<>> languages_;
  std::uint64_t next_age_ = 0;
};

}  // namespace kvc::plugin
