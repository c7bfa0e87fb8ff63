// SPDX-License-Identifier: Apache-2.0
// Writing a message, and what became of it. Pure functions: facts in, view out. Lists and messages: inbox_views.h,
// message_views.h, outbox_views.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mailbox/mailbox_service.h"
#include "views/account_views.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// kind "message.queued": what became of a message that was just handed to the outbox.
[[nodiscard]] pvs::v1::View send_result(const Texts& t, const mailbox::OutboxItem& item);

/// kind "file.saved".
[[nodiscard]] pvs::v1::View file_saved(const Texts& t, const std::string& path, bool unverified);
/// A notice of the given kind: its title and `<kind>.text`.
[[nodiscard]] pvs::v1::View notice(const Texts& t, std::string_view kind, pvs::v1::Severity severity,
                                   const Args& args = {});

}  // namespace kvc::plugin::views
