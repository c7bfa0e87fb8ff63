// SPDX-License-Identifier: Apache-2.0
// The bytes of an address book on their way into a parser, under limits. Internal to directory/, its tests and fuzz
// targets.
#pragma once

#include <array>
#include <cstdint>
#include <streambuf>

#include "base/env.h"
#include "base/status.h"
#include "directory/protocol_constants.h"

namespace kvc::directory {

/// Hands on what `inner` gives until a limit is reached, the work is cancelled, or stop() is called; then the text ends
/// and outcome() says why. Throws nothing: parsers in C stand between us and whoever reads. Thread: one.
class BookStream : public std::streambuf {
 public:
  /// `inner` and `cancel` must outlive the object. What `inner` throws ends the text (error bad_answer).
  BookStream(std::streambuf& inner, const Cancel& cancel) : inner_(inner), cancel_(cancel) {}

  /// The parser is through with an entry: the budget of bytes starts anew. Counts entries, too.
  void entry_done();
  /// The first reason counts.
  void stop(Status why);
  [[nodiscard]] bool stopped() const { return !outcome_.ok(); }
  [[nodiscard]] const Status& outcome() const { return outcome_; }

  /// The first block of the text (at most kReadBlock bytes), before anything else is read.
  [[nodiscard]] std::string_view first_block();

 protected:
  int_type underflow() override;

 private:
  [[nodiscard]] Status check() const;
  void fill();

  std::streambuf& inner_;
  const Cancel& cancel_;
  Status outcome_;
  std::array<char, kReadBlock> block_{};
  std::uint64_t total_ = 0;
  std::uint64_t mark_ = 0;  ///< total_ when the last entry was done
  std::size_t entries_ = 0;
};

}  // namespace kvc::directory
