// SPDX-License-Identifier: Apache-2.0
// The words of a protocol in both languages. Internal to archive/.
#pragma once

#include <string>
#include <string_view>

#include "archive/protocol.h"

namespace kvc::archive {

/// A pair of texts; say() chooses.
struct Words {
  std::string_view german, english;
  [[nodiscard]] std::string_view in(Language language) const { return language == Language::german ? german : english; }
};

/// What a verdict means, as a doctor understands it.
std::string_view meaning(message::Verdict verdict, Language language);
std::string_view meaning(Event::Kind kind, Language language);

/// "25.11.2026 08:20:00 MEZ" or "2026-11-25T08:20:00+01:00".
std::string time_text(TimePoint time, Language language);

}  // namespace kvc::archive
