// SPDX-License-Identifier: Apache-2.0
// The address book as a user sees it. Pure functions: facts in, view out.
#pragma once

#include <string>
#include <vector>

#include "directory/directory_service.h"
#include "views/build.h"
#include "views/compose_views.h"

namespace kvc::plugin::views {

/// One page of a search.
struct BookPage {
  std::vector<directory::Hit> hits;
  std::string search;  ///< what was looked for; empty: favourites, last used, the beginning of the book
  std::size_t offset = 0;
  bool more = false;
  directory::BookStatus status;
  std::string environment;  ///< name of the network, where there are several; else empty
  int soon_days = 150;      ///< renewal_hint_days
  bool patient = false;     ///< a patient is selected, so that a letter can be written
};
/// kind "addressbook"; row actions write_enachricht, write_earztbrief, favourite or unfavourite; actions search (with
/// the value "search", or without it for the form), refresh.
[[nodiscard]] pvs::v1::View addressbook(const Texts& t, const BookPage& page, TimePoint now);

/// kind "addressbook.search"; action `search`.
[[nodiscard]] pvs::v1::View addressbook_search(const Texts& t, const std::string& search,
                                               const std::vector<Option>& environments,
                                               const std::string& environment_id);

}  // namespace kvc::plugin::views
