// SPDX-License-Identifier: Apache-2.0
// Suggestions while a recipient is typed: the address book of the network the message is sent in. Always a job: the
// search itself takes well below a millisecond, but the rows of its hits are read from the database, and the index too
// when a book is searched for the first time (src/directory/README.md).
#include <algorithm>

#include "commands/entries.h"
#include "views/suggestion_views.h"

namespace kvc::plugin::commands {
namespace {

constexpr std::size_t kUsualSuggestions = 10;
constexpr std::size_t kMostSuggestions = 50;
/// Nobody is called that; it is no search any more, and no text to repeat in an answer.
constexpr std::size_t kLongestName = 200;

/// The network of the chosen sender, else of the user's first account, else the first one.
std::string environment_of(Runtime& runtime, const std::vector<account::AccountName>& accounts,
                           const std::string& account_id) {
  const auto chosen =
      std::find_if(accounts.begin(), accounts.end(), [&](const auto& each) { return each.id == account_id; });
  if (chosen != accounts.end()) {
    return chosen->environment_id;
  }
  if (!accounts.empty()) {
    return accounts.front().environment_id;
  }
  const auto& environments = runtime.settings().environments;
  return environments.empty() ? std::string() : environments.front().id;
}

Result<pvs::v1::ActionReply> suggest(Runtime& runtime, const Request& request) {
  const std::string typed = request.values.text("recipient");
  const bool searchable = typed.size() <= kLongestName;
  const std::size_t limit = request.limit == 0 ? kUsualSuggestions : std::min(request.limit, kMostSuggestions);
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(const std::vector<account::AccountName> accounts, core->accounts().names(request.who.user_id));
  const std::string environment = environment_of(runtime, accounts, request.values.text("account"));
  directory::DirectoryService& book = core->directory();
  std::vector<directory::Hit> hits;
  if (searchable) {
    // One more than is shown, to know whether there are others.
    KVC_ASSIGN(hits, book.search(request.who.user_id, environment, typed, limit + 1));
  }
  if (request.values.trimmed("recipient").empty()) {
    // Before the first letter: those this user writes to. The beginning of the alphabet helps nobody.
    std::erase_if(hits, [](const directory::Hit& hit) { return !hit.favourite && !hit.last_used; });
  }
  KVC_ASSIGN(const directory::BookStatus status, book.status(environment));
  return views::suggestions(request.texts, "recipient", searchable ? typed : std::string(), hits, limit, status,
                            runtime.env().now());
}

}  // namespace

Answer recipient_suggest(Runtime& runtime, const Request& request) {
  return answer_job(request.texts, "job.addressbook",
                    [&runtime, request](JobContext&) { return suggest(runtime, request); });
}

}  // namespace kvc::plugin::commands
