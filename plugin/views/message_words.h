// SPDX-License-Identifier: Apache-2.0
// Words for what the core names by codes: verdicts, states, services, parts, replies. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox/items.h"
#include "service/catalogue.h"
#include "views/account_views.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// Most bytes of a text of others in a list or sentence, and where it stands by itself: a header field may be endless.
inline constexpr std::size_t kListed = 300, kWhole = 2000;

[[nodiscard]] pvs::v1::Severity severity_of(mailbox::OutboxState state);
[[nodiscard]] pvs::v1::Severity severity_of(message::Verdict verdict);
[[nodiscard]] std::string verdict_word(const Texts& t, message::Verdict verdict);

/// True if content with this verdict may be shown as the message: it lies in a good signature whose signer a User CA of
/// the environment vouches for and who is the sender. Everything else can only be saved, after a warning.
[[nodiscard]] bool may_be_shown(message::Verdict verdict);

/// The title in the language of `t`; "{variant}" filled in.
[[nodiscard]] std::string title_in(const Texts& t, const service::Title& title, const std::string& variant = {});
/// A service by its key; "" are the unknown ones.
[[nodiscard]] std::string service_title(const Texts& t, const service::Catalogue& catalogue, std::string_view key);
/// What a message is, by its Dienstkennung: "eNachricht", "1-Click-Abrechnung: Rückmeldung der KV". One the catalogue
/// does not know is shown as it is.
[[nodiscard]] std::string service_name(const Texts& t, const service::Catalogue& catalogue, const std::string& id);
/// Nothing for an unknown Dienstkennung.
[[nodiscard]] std::optional<service::MessageKind> kind_of(const service::Catalogue& catalogue, std::string_view id);
[[nodiscard]] std::string kind_word(const Texts& t, service::MessageKind kind);
/// What a part is in its service, "Brief als PDF (eAB-PDF-signed)"; the sender's description alone if it has no role.
[[nodiscard]] std::string part_title(const Texts& t, const service::Catalogue& catalogue, const std::string& service_id,
                                     const std::string& role, const std::string& description);

/// Why the last try of a message failed. Of one that was cancelled it does not say that it could be begun anew: it goes
/// on by itself, and who writes it again sends it twice.
[[nodiscard]] std::string sending_error(const Texts& t, const std::string& error_key);

/// A subject that only repeats what the service prescribes in clear ("1ClickAbrechnung-Rueckmeldung") says what the
/// message is instead ("Rückmeldung der KV"); any other is shown() as it was typed, in a list its beginning.
[[nodiscard]] std::string subject_words(const Texts& t, const service::Catalogue& catalogue,
                                        const std::string& service_id, const std::string& subject,
                                        std::size_t most = kListed);
/// "2025-4" (JJJJ-Q, as the Begleitdatei writes it) as people do: "4/2025".
[[nodiscard]] std::string quarter_words(std::string_view quarter);

[[nodiscard]] std::string outbox_state(const Texts& t, const mailbox::OutboxItem& item);
/// How a reply stands: "arrived", "cleared", "overdue", "awaited", stable for scripts.
[[nodiscard]] std::string_view reply_code(const mailbox::Reply& reply);
[[nodiscard]] pvs::v1::Severity severity_of(const mailbox::Reply& reply);
/// The same in words, with its time: "eingetroffen 24.12.2026, 14:05 Uhr".
[[nodiscard]] std::string reply_word(const Texts& t, const mailbox::Reply& reply);

[[nodiscard]] std::string account_name_in(const UserNames& accounts, const std::string& id);
/// What others wrote, on one line for people (mime/safe_name.h), at most `most` bytes of whole characters; "…" at
/// the end if there was more.
[[nodiscard]] std::string shown(std::string_view text, std::size_t most = kListed);
/// Texts one after the other, each shown(), with commas between.
[[nodiscard]] std::string joined(const std::vector<std::string>& items);

// Parts of tables and details.
pvs::v1::Cell& add_cell(pvs::v1::Row& row, std::string text);
pvs::v1::Cell& add_time_cell(const Texts& t, pvs::v1::Row& row, const std::optional<TimePoint>& time);
pvs::v1::Detail::Group& add_group(pvs::v1::Detail& detail, std::string heading);
/// A fact with the label `fact.<name>`; nothing for an empty value.
void add_known(pvs::v1::Detail::Group& group, const Texts& t, const char* name, const std::string& value,
               bool expert = false);

}  // namespace kvc::plugin::views
