// SPDX-License-Identifier: Apache-2.0
// Compares the product's reader of messages with the oracle.
#pragma once

#include <string>

#include "message/open.h"

namespace kvc::message::oracle {

/// Opens the mail with both, the product's reader from memory and from a source that is read again. What differs first,
/// in words; empty if nothing does: verdicts, reasons, every fact of every layer, parts and their bytes, what is
/// unverified, the text.
std::string difference(const std::string& mail, const OpenOptions& options);

}  // namespace kvc::message::oracle
