// SPDX-License-Identifier: Apache-2.0
#include "directory/book_stream.h"

#include <exception>
#include <new>
#include <utility>

namespace kvc::directory {

void BookStream::entry_done() {
  mark_ = total_;
  if (++entries_ > kMaxEntries) {
    stop({error::bad_answer, "the address book has too many entries"});
  }
}

void BookStream::stop(Status why) {
  if (outcome_.ok()) {
    outcome_ = std::move(why);
  }
}

std::string_view BookStream::first_block() {
  if (total_ == 0) {
    fill();
  }
  return {gptr(), static_cast<std::size_t>(egptr() - gptr())};
}

Status BookStream::check() const {
  if (cancel_.requested()) {
    return {error::cancelled, "the address book was not read to its end"};
  }
  if (total_ - mark_ > kMaxBytesPerEntry) {
    return {error::bad_answer, "an entry of the address book is too large"};
  }
  return {};
}

/// Whole blocks: a parser that looks at the first one sees as much as there is.
void BookStream::fill() {
  stop(check());
  if (stopped()) {
    setg(nullptr, nullptr, nullptr);
    return;
  }
  std::size_t got = 0;
  try {
    while (got < block_.size()) {
      const auto more = inner_.sgetn(block_.data() + got, static_cast<std::streamsize>(block_.size() - got));
      if (more <= 0) {
        break;
      }
      got += static_cast<std::size_t>(more);
    }
  } catch (const std::bad_alloc&) {
    stop({error::out_of_memory, "not enough memory to read the address book"});
  } catch (const std::exception&) {
    stop({error::bad_answer, "the address book cannot be unpacked"});
  }
  total_ += got;
  setg(block_.data(), block_.data(), block_.data() + (stopped() ? 0 : got));
}

BookStream::int_type BookStream::underflow() {
  if (gptr() == egptr()) {
    fill();
  }
  return gptr() == egptr() ? traits_type::eof() : traits_type::to_int_type(*gptr());
}

}  // namespace kvc::directory
