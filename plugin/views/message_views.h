// SPDX-License-Identifier: Apache-2.0
// A received message: verdict, facts, content as far as it may be shown, and what can be done with it. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "letter/match.h"
#include "letter/received.h"
#include "mailbox/items.h"
#include "service/catalogue.h"
#include "views/account_views.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// kind "inbox.message": the verdict in words, the facts of each layer, and the content only as far as it may be shown.
/// Part actions `open` (texts), `save`; view actions `answer`, `forward`, `deliver`, `thread`, `unread`,
/// `save_original`, `save_protocol`, `save_protocol_text`, and `save_unverified` for content no signature covers.
[[nodiscard]] pvs::v1::View inbox_message(const Texts& t, const service::Catalogue& catalogue,
                                          const mailbox::OpenedItem& opened);

/// True for a part a program may show as plain text; HTML is none, because scripts and remote content live there.
[[nodiscard]] bool is_readable_text(const message::Part& part);
/// True for HTML by type or name: only saved, never handed on as something to be shown.
[[nodiscard]] bool is_html(const message::Part& part);
/// The media type a part is saved with: never one that makes a program run it as a page.
[[nodiscard]] std::string harmless_type(const message::Part& part);

/// Text as well-formed UTF-8, cut where it would be too long for a screen, with a sentence that says so.
[[nodiscard]] std::string readable(const Texts& t, const std::string& text);
/// kind "inbox.part": a text part to read.
[[nodiscard]] pvs::v1::View part_text(const Texts& t, const std::string& name, const std::string& text);

/// What is known before a message goes into a patient's record.
struct Handover {
  std::optional<letter::PatientHint> hint{};  ///< what the CDA header says; none: no letter, or not readable
  letter::Proposal proposal{};                ///< compared with the patient selected in the practice system
  std::string selected{};                     ///< name of that patient; empty: none is selected, or not told
  FieldErrors errors{};
};
/// kind "inbox.deliver"; action `deliver` with the parts to hand over. Nothing is assigned here: the practice system
/// asks.
[[nodiscard]] pvs::v1::View deliver(const Texts& t, const service::Catalogue& catalogue,
                                    const mailbox::OpenedItem& opened, const Handover& handover);
/// kind "inbox.delivered".
[[nodiscard]] pvs::v1::View delivered(const Texts& t, std::size_t documents);
/// Places in message.parts that can be handed over.
[[nodiscard]] std::vector<std::size_t> deliverable(const mailbox::OpenedItem& opened);

/// kind "inbox.too_large": a mail that is still on the server.
[[nodiscard]] pvs::v1::View too_large(const Texts& t);

}  // namespace kvc::plugin::views
