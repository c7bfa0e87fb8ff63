// SPDX-License-Identifier: Apache-2.0
#include "mailbox/retry_policy.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace kvc::mailbox {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// With the waits below twelve tries reach over five days: longer than a long weekend without network.
constexpr int kMany = 12;
// A recipient who renews has no certificate for some minutes; an address that does not exist has none for ever.
constexpr int kFew = 3;

struct Rule {
  ErrorCode code;
  Judgement judgement;
};

constexpr std::array kRules{
    Rule{error::unreachable, {Reaction::later_and_stop, kMany}},
    Rule{error::timeout, {Reaction::later_and_stop, kMany}},
    Rule{error::connection_lost, {Reaction::later_and_stop, kMany}},
    Rule{error::server_busy, {Reaction::later_and_stop, kMany}},
    Rule{error::server_error, {Reaction::later, kMany}},
    Rule{error::bad_answer, {Reaction::later, kFew}},
    Rule{error::redirect_refused, {Reaction::later, kFew}},
    Rule{error::no_certificate, {Reaction::later, kFew}},
    Rule{error::internal, {Reaction::later, kFew}},
    Rule{error::unknown_recipient, {Reaction::give_up, 0}},
    Rule{error::mail_too_large, {Reaction::give_up, 0}},
    Rule{error::mail_rejected, {Reaction::give_up, 0}},
    Rule{error::forbidden, {Reaction::give_up, 0}},
    Rule{error::not_found, {Reaction::give_up, 0}},
    Rule{error::bad_request, {Reaction::give_up, 0}},
    Rule{error::invalid_field, {Reaction::give_up, 0}},
    Rule{error::too_large, {Reaction::give_up, 0}},
    Rule{error::file_unreadable, {Reaction::give_up, 0}},
    Rule{error::storage_corrupt, {Reaction::give_up, 0}},
    Rule{error::crypto_failed, {Reaction::give_up, 0}},
    Rule{error::malformed, {Reaction::give_up, 0}},
    Rule{error::weak_algorithm, {Reaction::give_up, 0}},
    Rule{error::certificate_profile, {Reaction::give_up, 0}},
    Rule{error::certificate_expired, {Reaction::give_up, 0}},
    Rule{error::certificate_foreign, {Reaction::give_up, 0}},
    Rule{error::certificate_untrusted, {Reaction::give_up, 0}},
};

constexpr std::array<Millis, 8> kWaits{minutes(1), minutes(5), minutes(15), hours(1),
                                       hours(3),   hours(6),   hours(12),   hours(24)};
constexpr double kLeast = 0.75, kSpread = 0.5;
constexpr Millis kLongestBelieved = hours(24);
static_assert(kLongestWait >= kLongestBelieved && static_cast<double>(kLongestWait.count()) >=
                                                      static_cast<double>(kWaits.back().count()) * (kLeast + kSpread));

}  // namespace

Judgement classify(const Status& failure) {
  const auto* rule = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& r) { return failure.is(r.code); });
  return rule == kRules.end() ? Judgement{Reaction::account, 0} : rule->judgement;
}

Millis backoff(int tries, const Status& failure, Env& env) {
  const auto step = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(tries, 1)) - 1, 0, kWaits.size() - 1);
  const auto wait = static_cast<double>(kWaits[step].count()) * (kLeast + kSpread * env.jitter());
  const Millis asked = std::min<Millis>(failure.retry_after(), kLongestBelieved);
  return std::max(Millis(static_cast<Millis::rep>(wait)), asked);
}

}  // namespace kvc::mailbox
