// SPDX-License-Identifier: Apache-2.0
#include "account/login_state.h"

#include <algorithm>

namespace kvc::account {
namespace {

State state_after_login(const AccountRow& row, const std::vector<GenerationRow>& generations, bool change_needed) {
  if (change_needed) {
    return State::password_change_needed;
  }
  if (std::any_of(generations.begin(), generations.end(), [](const auto& g) { return g.current; })) {
    return State::ready;
  }
  return row.state == State::failed ? State::failed : State::enrolling;
}

}  // namespace

std::string lasting_error(State state, const std::vector<GenerationRow>& generations) {
  if (state != State::failed) {
    return {};
  }
  const bool had_one =
      std::any_of(generations.begin(), generations.end(), [](const auto& g) { return !g.certificate.empty(); });
  const auto ended = std::find_if(generations.begin(), generations.end(),
                                  [](const auto& g) { return g.state == GenerationState::ended; });
  return had_one || ended == generations.end() ? error::no_certificate.key : ended->end_reason;
}

Status apply_login(const Context& context, AccountRow& row, const kvconnect::AccountInfo& info) {
  const settings::Environment* environment = context.environments.settings().environment(row.environment_id);
  if (environment == nullptr) {
    return Status(error::invalid_settings, "the account's environment is not configured any more");
  }
  if (info.uid.empty()) {
    return {error::bad_answer, "the server named no uid for the account"};
  }
  row.address = row.username + '@' + environment->mail_domain;
  if (!crypto::same_address(info.email, row.address)) {
    return {error::bad_answer, "the server's address of the account is not <username>@<mail_domain> of the settings"};
  }
  if (!row.uid.empty() && row.uid != info.uid) {
    context.log.write(LogLevel::warning, "account", "account " + row.id + " has another uid on the server than before");
  }
  row.uid = info.uid;
  row.password_last_change = info.password_last_change;
  return context.database->write([&](Poco::Data::Session& session) {
    const auto generations = repository::generations(session, row.id);
    const State state = state_after_login(row, generations, info.password_change_needed);
    row.state = state;
    row.last_error = lasting_error(state, generations);
    repository::set_login(session, row);
    return Status();
  });
}

}  // namespace kvc::account
