// SPDX-License-Identifier: Apache-2.0
// The two formats of the address book (protocol A). Internal to directory/, its tests and fuzz targets.
#pragma once

#include <functional>

#include "base/status.h"
#include "directory/book_stream.h"
#include "directory/entry.h"

namespace kvc::directory {

/// Takes an entry as it stands in the book, not tidied. An error ends the reading and is what the reader returns.
using EntryFn = std::function<Status(Entry&&)>;

/// Read a book of any size in the memory of a few entries, calling `entry` for each. Unknown fields are skipped
/// whatever they hold, missing ones are empty, the last of several with one name counts. Errors: bad_answer (not the
/// format, truncated, beyond a limit of protocol_constants.h; entries before the fault were handed over), cancelled,
/// out_of_memory, and `entry`'s.
Status read_json(BookStream& stream, const EntryFn& entry);
/// A document type declaration is refused, so there are no entities but the five of XML itself.
Status read_xml(BookStream& stream, const EntryFn& entry);

}  // namespace kvc::directory
