// SPDX-License-Identifier: Apache-2.0
// The begleitdatei inside a received message: which delivery an answer belongs to.
#pragma once

#include <optional>
#include <string>

#include "billing/begleitdatei.h"
#include "message/open.h"

namespace kvc::billing {

struct Companion {
  std::string guid;  ///< small letters; empty if not even that can be read
  int version = 0;   ///< 0: not known
  std::optional<Begleitdatei> file;
  std::string problem;  ///< why `file` is missing, one English sentence
};

/// The first part that is a begleitdatei, by name or, in eDokumentation, by description. Nothing if there is none, or
/// if no good signature covers the content. Never fails: a file that breaks the rules still gives its GUID, so that the
/// answer finds its delivery. Thread: [any].
std::optional<Companion> companion_of(const message::OpenedMessage& message);

}  // namespace kvc::billing
