// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <streambuf>

namespace kvc::bench {

/// Takes everything and keeps nothing.
class NullStream : private std::streambuf, public std::ostream {
 public:
  NullStream() : std::ostream(this) {}

 private:
  int overflow(int c) override { return std::char_traits<char>::not_eof(c); }
  std::streamsize xsputn(const char*, std::streamsize count) override { return count; }
};

}  // namespace kvc::bench
