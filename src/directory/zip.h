// SPDX-License-Identifier: Apache-2.0
// The zip around the address book. Internal to directory/, its tests and fuzz targets.
#pragma once

#include <functional>
#include <string_view>

#include "base/env.h"
#include "base/status.h"
#include "directory/book_stream.h"

namespace kvc::directory {

/// Unpacks the one file whose name ends with `suffix` (any case) into `reader`, piece by piece, never to disk: names
/// with paths in them are only names. Other files and folders are ignored. Not accepted (bad_answer): none or several
/// such files, encryption, ZIP64, several volumes, other methods than stored and deflated, places outside the zip, more
/// than kMaxUnpacked bytes declared or real, a size or CRC-32 that is not the declared one (PKWARE APPNOTE 6.3.3,
/// sections 4.3 and 4.4). Size and CRC are known only at the end: what the reader got before counts for nothing then.
///
/// Own code instead of Poco::Zip, because limits are checked before anything is unpacked, and because it needs no
/// further library in the practice system's process.
Status unzip(std::string_view zip, std::string_view suffix, const Cancel& cancel,
             const std::function<Status(BookStream&)>& reader);

}  // namespace kvc::directory
