// SPDX-License-Identifier: Apache-2.0
// Files that fit into memory, to and from the host's streams.
#pragma once

#include <cstdint>
#include <pvs/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command.h"

namespace kvc::plugin::commands {

/// Largest keystore file that is read (crypto/pkcs12.h).
inline constexpr std::uint64_t kMaxKeystoreFile = 4ULL << 20U;

/// Reads a stream the host opened, at most `limit` bytes, in pieces; memory is taken as bytes arrive, whatever size was
/// announced. Closes the stream in any case. Errors: too_large, file_unreadable, cancelled.  [worker]
Result<Secret> read_small_file(pvs::HostClient& host, std::uint64_t stream_id, std::uint64_t limit,
                               const Cancel& cancel);
/// Closes streams nobody will read.  [worker]
void close_files(pvs::HostClient& host, const std::vector<ChosenFile>& files);
/// A new file in the user's directory; it appears whole or not at all. Returns the path to show.  [worker]
Result<std::string> write_user_file(Runtime& runtime, const Request& request, const std::string& name,
                                    const std::string& media_type, std::string_view bytes);

}  // namespace kvc::plugin::commands
