// SPDX-License-Identifier: Apache-2.0
// The book over the REST interface (protocol A, rows 15 and 16).
#pragma once

#include "directory/source.h"
#include "kvconnect/client.h"

namespace kvc::directory {

/// Asks for the JSON book, and for the older XML book if a server does not have the first or writes it unreadably. The
/// stamp is the format's name and the Last-Modified date of the answer, because the two files have dates of their own.
/// The zip is held in memory (at most kvconnect's kMaxAddressBook), what is in it never is.
class RestSource final : public Source {
 public:
  /// `client` must outlive the object.
  explicit RestSource(kvconnect::Client& client) : client_(client) {}
  [[nodiscard]] std::string_view kind() const override { return "rest"; }
  /// Progress keys: "directory.download", "directory.read".
  Result<Fetched> fetch(const std::string& stamp, EntrySink& sink, const ProgressFn& progress,
                        const Cancel& cancel) override;

 private:
  Result<Fetched> fetch_as(kvconnect::Client::BookFormat format, const std::string& stamp, EntrySink& sink,
                           const ProgressFn& progress, const Cancel& cancel);

  kvconnect::Client& client_;
};

}  // namespace kvc::directory
