// SPDX-License-Identifier: Apache-2.0
// The views of the address book.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "directory/directory_service.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// A network to choose: id and name.
using EnvironmentChoice = std::pair<std::string, std::string>;

/// What the search shows at most; who needs more types another letter.
inline constexpr std::size_t kAddressbookRows = 50;

struct AddressbookPage {
  std::string environment_id, typed;
  std::vector<directory::Hit> hits;
  directory::BookStatus status;
  TimePoint now;
  int renewal_hint_days = 150;
  bool patient = false;  ///< one is selected, so that a letter about somebody can be written
};

/// The form to search with. `environments`: chosen from if there are several.
[[nodiscard]] pvs::v1::View addressbook(const Texts& t, const std::vector<EnvironmentChoice>& environments,
                                        const AddressbookPage& page);
/// What was found; row ids are addresses.
[[nodiscard]] pvs::v1::View addressbook_results(const Texts& t, const AddressbookPage& page);
/// What a refresh brought, in one sentence.
[[nodiscard]] std::string addressbook_refreshed(const Texts& t, const directory::Summary& summary);
/// How old the book is, and what went wrong the last time.
[[nodiscard]] std::string addressbook_status(const Texts& t, const directory::BookStatus& status);
/// "läuft in 12 Tagen ab"
[[nodiscard]] std::string certificate_age_sentence(const Texts& t, const directory::CertificateAge& age);

}  // namespace kvc::plugin::views
