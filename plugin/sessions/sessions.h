// SPDX-License-Identifier: Apache-2.0
// Which views are open, and whose they are.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

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
  /// True for work of a person that must not be lost when the session is locked: it stays in memory until the same
  /// user is back.
  [[nodiscard]] virtual bool outlives_lock() const { return false; }
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

  /// Returns the id of the new view. The oldest views of a session go when it has very many, lists
  /// before letters; a letter among them is treated as at a lock.
  std::string open(const Who& who, ViewState state);
  /// The same view shows something else now; opens it anew if it was closed meanwhile.
  void replace(const std::string& view_id, const Who& who, ViewState state);
  [[nodiscard]] std::optional<ViewState> find(std::string_view view_id, const Who& who) const;
  /// Unknown ids and others' views are left alone.
  void close(std::string_view view_id, const Who& who) { close(view_id, who.session_id, who.user_id); }
  void close(std::string_view view_id, std::string_view session_id, std::string_view user_id);
  /// Forgets every view and everything remembered of a session, but for the drafts of its views: they wait in memory
  /// for their user (take_stranded). What a job of the session still opens is no view either, until unlock(). So many
  /// locked sessions are remembered: a host may make a new one at each login, and only jobs that run can still ask.
  static constexpr std::size_t kMostLocked = 1024;
  void lock(std::string_view session_id);
  /// Keeps a draft for its user until take_stranded().
  void keep(std::string_view user_id, std::shared_ptr<const Draft> draft);
  /// The session is used (again).
  void unlock(std::string_view session_id);
  /// The drafts of a user's views that were closed by a lock, oldest first; each is given once.
  [[nodiscard]] std::vector<std::shared_ptr<const Draft>> take_stranded(std::string_view user_id);
  [[nodiscard]] std::size_t size() const;
  /// Locked sessions that are remembered. For tests.
  [[nodiscard]] std::size_t locked() const;

  void set_language(std::string_view session_id, Language language);
  [[nodiscard]] std::optional<Language> language(std::string_view session_id) const;

 private:
  struct Entry {
    Who who;
    ViewState state;
    std::uint64_t age;
  };
  void forget_oldest(const std::string& session_id);
  void strand(std::string_view user_id, const std::shared_ptr<const Draft>& draft);

  Env& env_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> views_;
  std::map<std::string, Language, std::less<>> languages_;
  std::set<std::string, std::less<>> locked_;
  std::deque<std::string> locked_order_;  ///< of locked_, oldest first
  std::map<std::string, std::vector<std::shared_ptr<const Draft>>, std::less<>> stranded_;  ///< by user
  std::uint64_t next_age_ = 0;
};

}  // namespace kvc::plugin
