// SPDX-License-Identifier: Apache-2.0
// What the HTTP reader and writer need of a connection; tests put a text behind it.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace kvc::kvconnect {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// At least one byte, or 0 when the peer ended the stream in an orderly way. A connection that merely breaks off is
  /// connection_lost. Errors also: timeout, cancelled.
  virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
  /// All of it. Errors as read().
  virtual Status write(std::string_view bytes) = 0;
};

}  // namespace kvc::kvconnect
