// SPDX-License-Identifier: Apache-2.0
// What a user who is typing a recipient may mean.
#pragma once

#include <string>
#include <vector>

#include "directory/directory_service.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// `hits` best first; at most `limit` are shown, and `more` says that there are others. Without one, `book` decides
/// what is said: there is no address book yet, or nobody in it is called that.
[[nodiscard]] pvs::v1::ActionReply suggestions(const Texts& t, const std::string& field, const std::string& typed,
                                               const std::vector<directory::Hit>& hits, std::size_t limit,
                                               const directory::BookStatus& book, TimePoint now);

}  // namespace kvc::plugin::views
