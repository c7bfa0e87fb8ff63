// SPDX-License-Identifier: Apache-2.0
// What a failed try of sending means: once more, never, or not before the account is in order.
#pragma once

#include "base/env.h"
#include "base/status.h"

namespace kvc::mailbox {

enum class Reaction {
  later,           ///< this message again after a while
  later_and_stop,  ///< the same, and the server is not bothered with further messages now
  give_up,         ///< the message fails, until somebody retries it
  account,         ///< nothing of the account can be sent before somebody acts; the message stays due
};

struct Judgement {
  Reaction reaction = Reaction::give_up;
  int max_tries = 0;  ///< for later: the try after which it fails all the same
};

/// From one table in retry_policy.cpp. Codes it does not name are `account`: login, TLS, database and memory say
/// nothing about the message.
Judgement classify(const Status& failure);

/// The wait before the next try when `tries` have failed: 1, 5, 15 minutes ... 24 hours, with a quarter of jitter to
/// both sides, but never earlier than the server asked for (Retry-After, of which at most a day is believed).
Millis backoff(int tries, const Status& failure, Env& env);

/// No wait of backoff() is longer. A time further ahead was written under a wrong clock, and nobody waits for it.
inline constexpr Millis kLongestWait = std::chrono::hours(30);

}  // namespace kvc::mailbox
