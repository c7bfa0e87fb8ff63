// SPDX-License-Identifier: Apache-2.0
// Forms: a widget for every type of field.
#pragma once

#include <functional>

#include "pvs/v1/view.pb.h"
#include "serve/html.h"
#include "serve/web_session.h"
#include "serve/words.h"

namespace pvs::host::serve {

/// The whole form with its error, its groups and, by `buttons`, what sends it. Secret fields are always empty.
void render_form(Html& html, const Words& words, const WebSession& session, const v1::View& view,
                 const std::function<void()>& buttons);
/// Code and technical sentence of an error, to be opened by who needs them.
void render_error_detail(Html& html, const Words& words, const v1::Error& error);

}  // namespace pvs::host::serve
