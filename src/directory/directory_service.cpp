// SPDX-License-Identifier: Apache-2.0
#include "directory/directory_service.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "base/guard.h"
#include "directory/book_repository.h"
#include "directory/refresh.h"
#include "directory/word_index.h"
#include "directory/words.h"
#include "store/sql.h"

namespace kvc::directory {
namespace {

using Poco::Data::Session;

/// Favourites and last used ones are looked through one by one; nobody has more.
constexpr std::size_t kMaxMarked = 500;

Hit hit_of(MarkedEntry&& marked) {
  Hit hit{std::move(marked.entry), marked.favourite, std::nullopt};
  if (marked.last_used != 0) {
    hit.last_used = store::time_of(marked.last_used);
  }
  return hit;
}

/// Collects hits, each address once, until there are enough.
class Collector {
 public:
  explicit Collector(std::size_t limit) : limit_(limit) {}
  [[nodiscard]] bool full() const { return hits_.size() >= limit_; }
  /// So many of a list must be asked for: those that are known already may all be in it.
  [[nodiscard]] std::size_t to_ask() const { return limit_ + seen_.size(); }
  void add(Hit&& hit) {
    if (!full() && seen_.insert(address_key(hit.entry.address)).second) {
      hits_.push_back(std::move(hit));
    }
  }
  std::vector<Hit> take() && { return std::move(hits_); }

 private:
  std::size_t limit_;
  std::set<std::string> seen_;
  std::vector<Hit> hits_;
};

void add_marked(Session& session, std::string_view user_id, const BookRow& book, const std::vector<std::string>& words,
                Collector& found) {
  for (MarkedEntry& one : marked_entries(session, user_id, book.environment_id, kMaxMarked)) {
    const Words own = words_of(one.entry);
    const std::string all = own.name + ' ' + own.practice + ' ' + own.place + ' ' + own.other;
    if (std::all_of(words.begin(), words.end(), [&](const auto& word) { return has_prefix(all, word); })) {
      found.add(hit_of(std::move(one)));
    }
  }
}

void add_indexed(Session& session, const WordIndex& index, const std::vector<std::string>& words, Collector& found) {
  for (Entry& entry : load_entries(session, index.find(words, found.to_ask()))) {
    found.add({std::move(entry), false, std::nullopt});
  }
}

std::optional<TimePoint> time_or_none(std::int64_t millis) {
  return millis == 0 ? std::nullopt : std::optional(store::time_of(millis));
}

}  // namespace

struct DirectoryService::Impl {
  Impl(std::shared_ptr<store::Database> d, SourceFactory s, Env& e, Log& l)
      : database(std::move(d)), sources(std::move(s)), env(e), log(l) {}

  std::shared_ptr<store::Database> database;
  SourceFactory sources;
  Env& env;
  Log& log;

  /// The index of the book as this transaction sees it; loaded when another one was stored since the last search.
  Result<std::shared_ptr<const WordIndex>> index_of(Session& session, const BookRow& book) {
    const std::lock_guard lock(mutex);
    Loaded& loaded = indexes[book.environment_id];
    if (loaded.index == nullptr || loaded.id != book.index_id) {
      KVC_ASSIGN(loaded.index, WordIndex::load(load_index(session, book.environment_id)));
      loaded.id = book.index_id;
    }
    return loaded.index;
  }

  struct Loaded {
    std::string id;
    std::shared_ptr<const WordIndex> index;
  };
  std::mutex mutex;
  std::map<std::string, Loaded, std::less<>> indexes;  ///< by environment

  template <class Work>
  auto read(const Work& work) -> Result<decltype(work(std::declval<Session&>()))> {
    return guarded([&]() -> Result<decltype(work(std::declval<Session&>()))> {
      decltype(work(std::declval<Session&>())) value{};
      KVC_TRY(database->read([&](Session& session) -> Status {
        value = work(session);
        return {};
      }));
      return value;
    });
  }
};

DirectoryService::DirectoryService(std::shared_ptr<store::Database> database, SourceFactory sources, Env& env, Log& log)
    : impl_(std::make_unique<Impl>(std::move(database), std::move(sources), env, log)) {}

DirectoryService::~DirectoryService() = default;

Result<Summary> DirectoryService::refresh(std::string_view environment_id, const ProgressFn& progress,
                                          const Cancel& cancel) {
  return guarded([&]() -> Result<Summary> {
    KVC_ASSIGN(const Sources sources, impl_->sources(environment_id));
    const ProgressFn quiet = [](int, std::string_view) {};
    const Context context{impl_->database, impl_->env, impl_->log};
    return refresh_book(context, std::string(environment_id), sources, progress ? progress : quiet, cancel);
  });
}

Result<std::vector<Hit>> DirectoryService::search(std::string_view user_id, std::string_view environment_id,
                                                  std::string_view text, std::size_t limit) {
  return guarded([&]() -> Result<std::vector<Hit>> {
    Collector found(std::min(limit, kMaxHits));
    const auto words = query_words(text);
    const bool only_signs = words.empty() && text.find_first_not_of(" \t") != std::string_view::npos;
    if (found.full() || only_signs) {
      return std::vector<Hit>();
    }
    const Status status = impl_->database->read([&](Session& session) -> Status {
      const auto book = load_book(session, environment_id);
      if (!book || book->entries == 0) {
        return {};
      }
      add_marked(session, user_id, *book, words, found);
      if (!found.full()) {
        KVC_ASSIGN(const auto index, impl_->index_of(session, *book));
        add_indexed(session, *index, words, found);
      }
      return {};
    });
    return status.ok() ? Result<std::vector<Hit>>(std::move(found).take()) : status;
  });
}

Result<std::vector<Hit>> DirectoryService::recently_used(std::string_view user_id, std::string_view environment_id,
                                                         std::size_t limit) {
  return impl_->read([&](Session& session) {
    std::vector<Hit> hits;
    for (MarkedEntry& one : used_entries(session, user_id, environment_id, std::min(limit, kMaxHits))) {
      hits.push_back(hit_of(std::move(one)));
    }
    return hits;
  });
}

Result<Hit> DirectoryService::find(std::string_view user_id, std::string_view environment_id,
                                   std::string_view address) {
  const std::string key = address_key(address);
  KVC_ASSIGN(auto found, impl_->read([&](Session& session) -> std::optional<Hit> {
    if (auto marked = marked_entry(session, user_id, environment_id, key)) {
      return hit_of(std::move(*marked));
    }
    if (auto entry = find_entry(session, environment_id, key)) {
      return Hit{std::move(*entry), false, std::nullopt};
    }
    return std::nullopt;
  }));
  return found ? Result<Hit>(std::move(*found)) : Status(error::not_found, "the address book has no such address");
}

Status DirectoryService::set_favourite(std::string_view user_id, std::string_view environment_id,
                                       std::string_view address, bool favourite) {
  const std::string key = address_key(address);
  return guarded([&] {
    return impl_->database->write([&](Session& session) -> Status {
      if (favourite && !find_entry(session, environment_id, key)) {
        return {error::not_found, "the address book has no such address"};
      }
      directory::set_favourite(session, user_id, environment_id, key, favourite);
      return {};
    });
  });
}

Status DirectoryService::note_used(std::string_view user_id, std::string_view environment_id,
                                   std::string_view address) {
  const std::string key = address_key(address);
  return guarded([&] {
    return impl_->database->write([&](Session& session) -> Status {
      set_last_used(session, user_id, environment_id, key, store::millis(impl_->env.now()));
      return {};
    });
  });
}

Result<BookStatus> DirectoryService::status(std::string_view environment_id) {
  return impl_->read([&](Session& session) {
    BookStatus status;
    if (const auto book = load_book(session, environment_id)) {
      status.entries = book->entries;
      status.source = book->source;
      status.refreshed_at = time_or_none(book->refreshed_at);
      status.tried_at = time_or_none(book->tried_at);
      status.last_error = book->last_error;
    }
    return status;
  });
}

}  // namespace kvc::directory
