// SPDX-License-Identifier: Apache-2.0
#include "directory/refresh.h"

#include <utility>

#include "directory/book_repository.h"
#include "directory/stager.h"
#include "directory/words.h"
#include "store/sql.h"

namespace kvc::directory {
namespace {

using Poco::Data::Session;

class Refresh {
 public:
  Refresh(const Context& context, const std::string& environment_id, const ProgressFn& progress, const Cancel& cancel)
      : context_(context), progress_(progress), cancel_(cancel), refresh_id_(new_uuid(context.env)) {
    book_.environment_id = environment_id;
  }

  Result<Summary> run(const Sources& sources) {
    KVC_TRY(begin());
    Stager stager(context_, book_, refresh_id_);
    auto summary = first_good(sources, stager);
    if (!summary.ok()) {
      keep_error(summary.status());
    }
    return summary;
  }

 private:
  Status begin() {
    return context_.database->write([&](Session& session) -> Status {
      begin_refresh(session, book_.environment_id, refresh_id_);
      const auto row = load_book(session, book_.environment_id);
      if (!row) {
        return {error::storage_failed, "the address book has no row of its own"};
      }
      book_ = *row;
      return {};
    });
  }

  /// May the book of `source` take the place of the one that is there?
  [[nodiscard]] bool may_replace(const Sources& sources, std::size_t rank) const {
    for (std::size_t better = 0; better < rank; ++better) {
      if (book_.entries > 0 && sources[better]->kind() == book_.source) {
        return false;
      }
    }
    return true;
  }

  Result<Summary> first_good(const Sources& sources, Stager& stager) {
    Status first(error::invalid_settings, "no source of the address book is configured");
    for (std::size_t rank = 0; rank < sources.size(); ++rank) {
      if (!may_replace(sources, rank)) {
        break;
      }
      auto summary = one(*sources[rank], stager);
      if (summary.ok() || summary.status().is(error::cancelled) || summary.status().category() == Category::storage) {
        return summary;
      }
      context_.log.write(LogLevel::warning, "directory",
                         std::string(sources[rank]->kind()) + ": " + summary.status().to_string());
      if (rank == 0) {
        first = summary.status();
      }
    }
    return first;
  }

  Result<Summary> one(Source& source, Stager& stager) {
    const bool same = book_.entries > 0 && book_.source == source.kind() && book_.words_version == kWordsVersion;
    KVC_ASSIGN(Fetched fetched, source.fetch(same ? book_.stamp : std::string(), stager, progress_, cancel_));
    if (!fetched.changed) {
      return not_modified(source);
    }
    KVC_TRY(stager.flush());
    if (cancel_.requested()) {
      return Status(error::cancelled, "the address book was not stored");
    }
    progress_(-1, "directory.store");
    return replace(source, fetched, stager);
  }

  Result<Summary> not_modified(Source& source) {
    Summary summary;
    summary.not_modified = true;
    summary.source = source.kind();
    summary.total = summary.unchanged = book_.entries;
    const Status stored = context_.database->write([&](Session& session) -> Status {
      KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
      book_.tried_at = book_.refreshed_at = store::millis(context_.env.now());
      book_.last_error.clear();
      store_book(session, book_);
      return {};
    });
    return stored.ok() ? Result<Summary>(std::move(summary)) : stored;
  }

  Result<Summary> replace(Source& source, const Fetched& fetched, Stager& stager) {
    if (stager.total() == 0 && (book_.entries > 0 || stager.given() > 0)) {
      return Status(error::bad_answer, "the address book the server sent has no usable entry");
    }
    Summary summary;
    summary.source = source.kind();
    summary.total = stager.total();
    summary.added = stager.added();
    summary.changed = stager.changed();
    summary.unchanged = static_cast<std::int64_t>(stager.unchanged().size());
    summary.removed = book_.entries - summary.changed - summary.unchanged;
    summary.skipped = stager.given() - summary.total;
    BookRow row = book_;
    row.source = source.kind();
    row.stamp = fetched.stamp;
    row.words_version = kWordsVersion;
    row.index_id = refresh_id_;
    row.entries = summary.total;
    row.tried_at = row.refreshed_at = store::millis(context_.env.now());
    row.last_error.clear();
    const std::string index = stager.finish_index();  // takes a while: before the transaction
    const Status stored = context_.database->write([&](Session& session) -> Status {
      KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
      merge_incoming(session, book_, stager.unchanged());
      store_index(session, book_.environment_id, index);
      store_book(session, row);
      return {};
    });
    KVC_TRY(stored);
    tidy_up();
    return summary;
  }

  /// The new book is safe already; what fails here is done by the next refresh.
  void tidy_up() {
    const Status status = context_.database->write([&](Session& session) -> Status {
      KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
      clear_incoming(session, book_.environment_id);
      return {};
    });
    if (!status.ok()) {
      context_.log.write(LogLevel::info, "directory", "tidying up is left to the next refresh: " + status.to_string());
    }
  }

  void keep_error(const Status& why) {
    const Status status = context_.database->write([&](Session& session) -> Status {
      KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
      clear_incoming(session, book_.environment_id);
      book_.tried_at = store::millis(context_.env.now());
      book_.last_error = why.code().key;
      store_book(session, book_);
      return {};
    });
    if (!status.ok()) {
      context_.log.write(LogLevel::info, "directory", "the failed refresh is not noted: " + status.to_string());
    }
  }

  const Context& context_;
  const ProgressFn& progress_;
  const Cancel& cancel_;
  std::string refresh_id_;
  BookRow book_;  ///< as it was when the refresh began
};

}  // namespace

Result<Summary> refresh_book(const Context& context, const std::string& environment_id, const Sources& sources,
                             const ProgressFn& progress, const Cancel& cancel) {
  return Refresh(context, environment_id, progress, cancel).run(sources);
}

}  // namespace kvc::directory
