// SPDX-License-Identifier: Apache-2.0
// What the server publishes for an account, compared with what lies here.
#pragma once

#include "account/context.h"

namespace kvc::account {

/// Asks for the certificate the server hands to senders and stores how it relates to ours (ServerCertificate). One
/// whose key we hold but did not use - it was imported, or came after its request had been given up - becomes the
/// current one, if it passes check_own_certificate(): senders encrypt for it already. Not for an account whose
/// certificate the user deleted (`failed`), and not while a request is under way: enroll() does that. Says nothing if
/// the server cannot be asked. The caller holds the login lease.
void compare_published(const Context& context, const Access& access, const Cancel& cancel);

}  // namespace kvc::account
