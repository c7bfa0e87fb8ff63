// SPDX-License-Identifier: Apache-2.0
// Byte streams that are pulled piece by piece, and texts that can be read again from their start: what a message is
// read from. A text may lie inside another one (a stretch of it, decoded, decrypted) and knows how to get at its bytes
// again, so that no layer has to be kept in memory. Internal to message/.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "mime/wiped_bytes.h"

namespace kvc::message {

/// [D] Pieces are about this long: large enough to be worth a call, small enough for the processor's cache.
inline constexpr std::size_t kPiece = 64UL * 1024;

class Reader {
 public:
  Reader() = default;
  virtual ~Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  /// The next piece, empty at the end and ever after. It lives until the next call. An error ends the stream.
  virtual Result<std::string_view> next() = 0;
};
using ReaderPtr = std::unique_ptr<Reader>;

/// Immutable. Thread: [any], also several readers at once.
class Source {
 public:
  Source() = default;
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  [[nodiscard]] virtual Result<ReaderPtr> open() const = 0;
};
using Text = std::shared_ptr<const Source>;

inline constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

/// Text in memory that is wiped.
Text in_memory(mime::WipedBytes bytes);
/// The same in several blocks, so that it never has to move while it grows.
Text in_memory(std::vector<mime::WipedBytes> blocks);
/// A stretch of `whole`. An end beyond the end of `whole` is its end.
Text slice(Text whole, std::uint64_t offset, std::uint64_t length = kToTheEnd);
/// What `open` gives, read again each time. Reading fails with file_unreadable, and with too_large beyond `max_bytes`.
Text from_streams(std::function<std::unique_ptr<std::istream>()> open, std::uint64_t max_bytes);

/// Whether the mail itself could not be read, which is no property of its content.
bool is_source_failure(const Status& status);

/// Reads to the end and forgets.
Status drain(Reader& reader);
/// Everything that is left. Error: malformed beyond `limit`.
Result<mime::WipedBytes> read_rest(Reader& reader, std::size_t limit);

/// Gives the pieces of another reader and counts them.
class CountingReader : public Reader {
 public:
  explicit CountingReader(Reader& in) : in_(in) {}
  Result<std::string_view> next() override;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  Reader& in_;
  std::uint64_t count_ = 0;
};

}  // namespace kvc::message
