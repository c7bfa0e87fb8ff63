// SPDX-License-Identifier: Apache-2.0
#include "directory/refresh.h"

#include <utility>

#include "store/sql.h"

namespace kvc::directory {
namespace {

using Poco::Data::Session;

/// Puts what a source gives into directory_incoming, some hundred entries at a time: other writers get their turn
/// between.
class Stager final : public EntrySink {
 public:
  Stager(const Context& context, const std::string& environment_id, const std::string& refresh_id)
      : context_(context), environment_id_(environment_id), refresh_id_(refresh_id) {}

  Status begin() override {
    entries_.clear();
    given_ = 0;
    return write([&](Session& session) { clear_incoming(session, environment_id_); });
  }
  Status add(Entry&& entry) override {
    constexpr std::size_t kAtOnce = 1000;
    ++given_;
    if (!tidy(entry)) {
      return {};
    }
    entries_.push_back(std::move(entry));
    return entries_.size() < kAtOnce ? Status() : flush();
  }
  Status flush() {
    const Status status = write([&](Session& session) { add_incoming(session, environment_id_, entries_); });
    entries_.clear();
    return status;
  }
  /// All that came, the unusable ones too.
  [[nodiscard]] std::int64_t given() const { return given_; }

 private:
  template <class Work>
  Status write(const Work& work) {
    return context_.database->write([&](Session& session) -> Status {
      KVC_TRY(check_refresh(session, environment_id_, refresh_id_));
      work(session);
      return {};
    });
  }

  const Context& context_;
  const std::string& environment_id_;
  const std::string& refresh_id_;
  std::vector<Entry> entries_;
  std::int64_t given_ = 0;
};

class Refresh {
 public:
  Refresh(const Context& context, const std::string& environment_id, const ProgressFn& progress, const Cancel& cancel)
      : context_(context), progress_(progress), cancel_(cancel), refresh_id_(new_uuid(context.env)) {
    book_.environment_id = environment_id;
  }

  Result<Summary> run(const Sources& sources) {
    KVC_TRY(begin());
    Stager stager(context_, book_.environment_id, refresh_id_);
    auto summary = first_good(sources, stager);
    if (!summary.ok()) {
      keep_error(summary.status());
    }
    return summary;
  }

 private:
  Status begin() {
    return context_.database->write([&](Session& session) -> Status {
      begin_refresh(session, context_.index, book_.environment_id, refresh_id_);
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
    return replace(source, fetched, stager.given());
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

  Result<Summary> replace(Source& source, const Fetched& fetched, std::int64_t given) {
    Difference difference;
    const Status stored = context_.database->write([&](Session& session) -> Status {
      KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
      if (count_incoming(session, book_.environment_id) == 0 && (book_.entries > 0 || given > 0)) {
        return {error::bad_answer, "the address book the server sent has no usable entry"};
      }
      difference = merge_incoming(session, context_.index, book_);
      BookRow row = book_;
      row.source = source.kind();
      row.stamp = fetched.stamp;
      row.words_version = kWordsVersion;
      row.entries = difference.total;
      row.tried_at = row.refreshed_at = store::millis(context_.env.now());
      row.last_error.clear();
      store_book(session, row);
      return {};
    });
    KVC_TRY(stored);
    tidy_up(difference);
    Summary summary;
    summary.source = source.kind();
    summary.total = difference.total;
    summary.added = difference.added;
    summary.changed = difference.changed;
    summary.removed = difference.removed;
    summary.unchanged = difference.unchanged;
    summary.skipped = given - difference.total;
    return summary;
  }

  /// The new book is safe already; what fails here is done by the next refresh.
  void tidy_up(const Difference& difference) {
    constexpr std::int64_t kMany = 1000;
    const Status status = context_.database->write([&](Session& session) -> Status {
      KVC_TRY(check_refresh(session, book_.environment_id, refresh_id_));
      clear_incoming(session, book_.environment_id);
      if (difference.added + difference.changed + difference.removed > kMany) {
        context_.index.optimise(session);
      }
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
