// SPDX-License-Identifier: Apache-2.0
// A received message read as an eArztbrief.
#pragma once

#include <optional>
#include <string>

#include "letter/cda.h"
#include "letter/parts.h"
#include "message/open.h"

namespace kvc::letter {

struct LetterContent {
  LetterRoles roles;  ///< places in message.parts
  std::optional<ReceivedLetter> header;
  std::string problem;  ///< why `header` is missing, one English sentence; the PDF can be shown all the same
};

/// Never fails: what is missing is missing. Thread: [any].
LetterContent letter_of(const message::OpenedMessage& message);

}  // namespace kvc::letter
