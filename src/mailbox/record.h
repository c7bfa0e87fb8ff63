// SPDX-License-Identifier: Apache-2.0
// Several texts as one plaintext for an encrypted column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

namespace kvc::mailbox {

/// Each field as its length in decimal, a colon and its bytes, one after the other.
Secret pack(const std::vector<std::string_view>& fields);

/// Error: storage_corrupt for anything pack() does not write.
Result<std::vector<std::string>> unpack(const Secret& record);

}  // namespace kvc::mailbox
