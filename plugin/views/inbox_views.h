// SPDX-License-Identifier: Apache-2.0
// The inbox as a list, and what narrows it. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "mailbox/items.h"
#include "service/catalogue.h"
#include "views/account_views.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// What a user looks for. The dates are kept as they were typed, for the form that comes back.
struct InboxQuery {
  mailbox::InboxFilter filter{};
  std::string from{}, to{};  ///< YYYY-MM-DD; `to` is the last day
};
/// True if the query leaves anything out.
[[nodiscard]] bool narrows(const InboxQuery& query);

/// A page of the inbox of all accounts of a user.
struct InboxList {
  InboxQuery query{};
  std::vector<mailbox::InboxItem> items{};
  std::string next{};           ///< cursor of the next page
  bool first_page = true;       ///< nothing lies before it
  bool no_certificate = false;  ///< the one account that was asked for cannot have mail yet
  /// Of all accounts, for the buttons that choose a service.
  std::vector<mailbox::ServiceCount> counts{};
  UserNames accounts{};  ///< account name by id; a column of their own if there are several
};
/// Rows a page has at most.
inline constexpr std::size_t kPageSize = 50;

/// kind "inbox"; row actions `open`, `read`, `unread`; view actions `fetch`, `filter`, `all`, `unread_only`,
/// `service:<key>` for each service that has messages, `reopen` if there is something to open, `import`, `page`.
[[nodiscard]] pvs::v1::View inbox(const Texts& t, const service::Catalogue& catalogue, const InboxList& list);

/// kind "inbox.filter"; actions `apply`, `all`, `back`.
[[nodiscard]] pvs::v1::View inbox_filter(const Texts& t, const service::Catalogue& catalogue, const InboxQuery& query,
                                         const std::vector<mailbox::ServiceCount>& counts, const UserNames& accounts,
                                         const FieldErrors& errors);

/// kind "inbox.reopened": how many stored messages open now that did not before.
[[nodiscard]] pvs::v1::View reopened(const Texts& t, std::uint64_t opened);

/// The state of an inbox row as stable text: the verdict's name, "unopened", "too_large" or "unreadable".
[[nodiscard]] std::string inbox_code(const mailbox::InboxItem& item);
[[nodiscard]] pvs::v1::Severity inbox_severity(const mailbox::InboxItem& item);
[[nodiscard]] std::string inbox_word(const Texts& t, const mailbox::InboxItem& item);
/// The subject as far as it may be shown, as subject_words() has it.
[[nodiscard]] std::string inbox_subject(const Texts& t, const service::Catalogue& catalogue,
                                        const mailbox::InboxItem& item);

}  // namespace kvc::plugin::views
