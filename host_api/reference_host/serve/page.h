// SPDX-License-Identifier: Apache-2.0
// The frame of the page: header, menu, centre, right panel; the pages for logging in; and what is no page.
#pragma once

#include <string>
#include <string_view>

#include "serve/request.h"
#include "serve/words.h"

namespace pvs::host {
struct Practice;
}

namespace pvs::host::serve {

class Html;
class Shell;
struct WebSession;

/// What a page for logging in says above its fields.
struct LoginNote {
  enum class Kind : std::uint8_t { none, wrong, wait, broken, stale, ended, out };
  Kind kind = Kind::none;
  long seconds = 0;
};

[[nodiscard]] std::string shell_page(const Shell& shell, const WebSession& session, std::string_view menu_query);
[[nodiscard]] std::string lock_page(const Shell& shell, const WebSession& session, const LoginNote& note);
[[nodiscard]] std::string login_page(const Words& words, const Practice& practice, std::string_view csrf,
                                     std::string_view user, const LoginNote& note);
/// A sentence for a request that is not answered: 400, 403, 404, 413, 503.
[[nodiscard]] Response message_page(const Words& words, int status);

/// panel.cpp: the right side.
void render_panel(Html& html, const Shell& shell, const WebSession& session);
/// view_html.cpp: the centre.
void render_centre(Html& html, const Shell& shell, const WebSession& session);
/// The hidden field every form of the page has.
void csrf_field(Html& html, const WebSession& session);
void hidden(Html& html, std::string_view name, std::string_view value);

}  // namespace pvs::host::serve
