// SPDX-License-Identifier: Apache-2.0
// Forms: a widget for every type of field.
#pragma once

#include <functional>

#include "pvs/v1/plugin.pb.h"
#include "pvs/v1/view.pb.h"
#include "serve/html.h"
#include "serve/web_session.h"
#include "serve/words.h"

namespace pvs::host::serve {

/// The whole form with its error, its groups and, by `buttons`, what sends it. Secret fields are always empty.
void render_form(Html& html, const Words& words, const WebSession& session, const v1::View& view,
                 const std::function<void()>& buttons);
/// A field for files with a button and a list of names in the page's own language: a browser's own speaks the
/// browser's. Without the script it is the browser's own after all. `id` is the one in `attributes`.
void file_input(Html& html, const Words& words, std::vector<Attribute> attributes, std::string_view id, bool several);
/// Suggestions for a field, as the list the script puts below it: `#suggestions`, its options with `data-value`.
void render_suggestions(Html& html, const v1::ActionReply& reply);
/// Code and technical sentence of an error, to be opened by who needs them.
void render_error_detail(Html& html, const Words& words, const v1::Error& error);

}  // namespace pvs::host::serve
