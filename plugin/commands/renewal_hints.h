// SPDX-License-Identifier: Apache-2.0
// "Ihr Zertifikat laeuft ab": told to those who may renew it, at most once a week (protocol B 5).
#pragma once

#include "commands/command.h"

namespace kvc::plugin::commands {

/// What one user is told of one certificate: a warning, red once it has ended. Pure.
pvs::v1::NotifyRequest renewal_notification(const Texts& t, const std::string& user_id,
                                            const account::RenewalHint& hint);
/// The same of several certificates in one notification.
pvs::v1::NotifyRequest renewal_notification(const Texts& t, const std::string& user_id,
                                            const std::vector<account::RenewalHint>& hints);
/// Notifies the user of what the core says is due now; a failure is noted in the log and tried again the next time.
/// [worker]
void tell_renewal_hints(Runtime& runtime, Core& core, const Who& who);
/// The work after a login: nobody waits for it, so it shows nothing but its notifications.
Work renewal_hint_work(Runtime& runtime, const Who& who);
/// The certificate is new: the hint goes from everybody's screen.
void withdraw_renewal_hint(Runtime& runtime, const account::Overview& account);

}  // namespace kvc::plugin::commands
