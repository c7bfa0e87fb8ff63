// SPDX-License-Identifier: Apache-2.0
#include "directory/rest_source.h"

#include <sstream>

#include "base/guard.h"
#include "directory/book_reader.h"
#include "directory/zip.h"

namespace kvc::directory {
namespace {

using Format = kvconnect::Client::BookFormat;

std::string stamp_prefix(Format format) {
  return format == Format::json ? "json " : "xml ";
}

/// Errors after which the other format may help: this one is not there, or not as the protocol says.
bool other_format_may_help(const Status& status) {
  return status.is(error::not_found) || status.is(error::bad_answer) || status.is(error::server_error);
}

}  // namespace

Result<Fetched> RestSource::fetch_as(Format format, const std::string& stamp, EntrySink& sink,
                                     const ProgressFn& progress, const Cancel& cancel) {
  const std::string prefix = stamp_prefix(format);
  const std::string since = stamp.starts_with(prefix) ? stamp.substr(prefix.size()) : std::string();
  std::string modified;
  std::ostringstream zip;
  progress(-1, "directory.download");
  KVC_ASSIGN(const bool changed, client_.address_book(format, since, modified, zip, cancel));
  if (!changed) {
    return Fetched{false, stamp};
  }
  progress(-1, "directory.read");
  KVC_TRY(sink.begin());
  const EntryFn add = [&](Entry&& entry) { return sink.add(std::move(entry)); };
  KVC_TRY(unzip(zip.view(), format == Format::json ? ".json" : ".xml", cancel, [&](BookStream& stream) {
    return format == Format::json ? read_json(stream, add) : read_xml(stream, add);
  }));
  return Fetched{true, modified.empty() ? std::string() : prefix + modified};
}

Result<Fetched> RestSource::fetch(const std::string& stamp, EntrySink& sink, const ProgressFn& progress,
                                  const Cancel& cancel) {
  return guarded([&]() -> Result<Fetched> {
    auto json = fetch_as(Format::json, stamp, sink, progress, cancel);
    if (json.ok() || !other_format_may_help(json.status())) {
      return json;
    }
    auto xml = fetch_as(Format::xml, stamp, sink, progress, cancel);
    // Of two failures the first is shown: the JSON book is the one a server should have.
    return xml.ok() || xml.status().is(error::cancelled) ? std::move(xml) : std::move(json);
  });
}

}  // namespace kvc::directory
