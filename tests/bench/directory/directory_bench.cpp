// SPDX-License-Identifier: Apache-2.0
// How long the address book takes: a first refresh, a refresh with few changes, and searches as somebody types.
// Goal: 200,000 entries, p99 of all keystrokes at most 5 ms. Beside it the same searches with SQLite's full text index.
//
//   directory_bench [ENTRIES [FIGURES.json]]
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <sstream>

#include "bench/directory/fts_peer.h"
#include "directory/book_reader.h"
#include "directory/directory_service.h"
#include "unit/crypto/openssl_tool.h"

namespace {

using namespace kvc;
using namespace kvc::directory;
using Clock = std::chrono::steady_clock;

double millis_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// What this thread computed: on a machine with other work the more honest figure.
double cpu_millis() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

constexpr std::array kLast = {"Müller",  "Schmidt",    "Schneider", "Fischer",  "Weber",    "Meyer",
                              "Wagner",  "Becker",     "Schulz",    "Hoffmann", "Schäfer",  "Koch",
                              "Bauer",   "Richter",    "Klein",     "Wolf",     "Schröder", "Neumann",
                              "Schwarz", "Zimmermann", "Braun",     "Krüger",   "Hofmann",  "Groß"};
constexpr std::array kFirst = {"Anna", "Berta", "Carl",  "Dora",   "Emil",  "Frida", "Gustav", "Hanna",
                               "Ida",  "Jörg",  "Käthe", "Ludwig", "Marta", "Nils",  "Olga",   "Paul"};
constexpr std::array kTown = {"Berlin", "Hamburg", "München", "Köln", "Dresden", "Leipzig", "Düsseldorf", "Görlitz"};
constexpr std::array kStreet = {"Hauptstr.", "Bahnhofstraße", "Gartenweg", "Müllerstr.", "Am Markt", "Schulstraße"};

/// Visibly made up, but with the spread of real names: few are frequent, and half have a second part.
std::string book(std::size_t entries) {
  std::mt19937 random(4711);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same book every time
  const auto pick = [&](const auto& list) { return std::string(list[random() % list.size()]); };
  std::ostringstream json;
  json << '[';
  for (std::size_t i = 0; i < entries; ++i) {
    const std::string last =
        pick(kLast) + (random() % 2 == 0 ? "-" + pick(kLast) : "") + "test" + std::to_string(i % 997);
    const std::string first = pick(kFirst);
    json << (i == 0 ? "" : ",\n") << R"({"uid":"u)" << i << R"(","email":"praxis)" << i
         << R"(@kv-safenet.de","cn":"Dr. )" << first << ' ' << last << R"(","sn":")" << last << R"(","givenName":")"
         << first << R"(","title":"Dr. med.","o":"Praxis )" << last << R"(","street":")" << pick(kStreet) << ' '
         << i % 200 << R"(","postalCode":")" << 10000 + random() % 89999 << R"(","l":")" << pick(kTown)
         << R"(","phone":"","kv":"38","certificateValidTo":"2027-01-01T00:00:00Z","dienste":["eArztbrief"]})";
  }
  json << ']';
  return json.str();
}

class TextSource final : public Source {
 public:
  explicit TextSource(const std::string& json) : json_(json) {}
  [[nodiscard]] std::string_view kind() const override { return "rest"; }
  Result<Fetched> fetch(const std::string&, EntrySink& sink, const ProgressFn&, const Cancel& cancel) override {
    KVC_TRY(sink.begin());
    std::istringstream in(json_);
    BookStream stream(*in.rdbuf(), cancel);
    KVC_TRY(read_json(stream, [&](Entry&& entry) { return sink.add(std::move(entry)); }));
    return Fetched{true, ""};
  }

 private:
  const std::string& json_;
};

constexpr std::array kTyped = {"",
                               "m",
                               "mü",
                               "mül",
                               "müll",
                               "mülle",
                               "müller",
                               "müllert",
                               "müller b",
                               "müller ber",
                               "müller berlin",
                               "müller berlin haupt",
                               "s",
                               "st",
                               "str",
                               "hauptstr",
                               "dr",
                               "dr med",
                               "praxis",
                               "praxis zimmer",
                               "a b",
                               "m b",
                               "dr a",
                               "p d m",
                               "1",
                               "10",
                               "101",
                               "10115",
                               "anna schröder",
                               "jörg großtest996 görlitz",
                               "zzz",
                               "praxis199999@kv-safenet.de"};

/// Wall time in milliseconds of every search, sorted.
template <class Search>
std::vector<double> search_all(const char* who, Search search) {
  constexpr int kRounds = 20;
  std::vector<double> all;
  for (const char* text : kTyped) {
    std::vector<double> times;
    std::size_t hits = 0;
    for (int i = 0; i < kRounds; ++i) {
      const auto start = Clock::now();
      hits = search(text);
      times.push_back(millis_since(start));
    }
    std::sort(times.begin(), times.end());
    std::printf("  %-8s %-28s %3zu hits, median %6.2f ms, worst %6.2f ms\n", who, text, hits, times[times.size() / 2],
                times.back());
    all.insert(all.end(), times.begin(), times.end());
  }
  std::sort(all.begin(), all.end());
  std::printf("%s, all searches: median %.2f ms, p99 %.2f ms, worst %.2f ms\n", who, all[all.size() / 2],
              all[all.size() * 99 / 100], all.back());
  return all;
}

double p99_micros(const std::vector<double>& sorted) {
  return sorted[sorted.size() * 99 / 100] * 1e3;
}

/// The same book in the peer's index.
void fill(bench::FtsPeer& peer, const std::string& json) {
  std::istringstream in(json);
  const Cancel never;
  BookStream stream(*in.rdbuf(), never);
  const Status status = read_json(stream, [&](Entry&& entry) {
    peer.add(entry);
    return Status();
  });
  if (!status.ok()) {
    std::printf("%s\n", status.to_string().c_str());
    std::exit(1);
  }
  peer.ready();
}

void write_figures(const char* path, double ours, double peer) {
  std::FILE* const file = std::fopen(path, "w");
  if (file == nullptr) {
    std::printf("%s cannot be written\n", path);
    std::exit(1);
  }
  std::fprintf(file, "{\"figures\": {\"directory_search_p99_us\": %.1f, \"directory_fts5_p99_us\": %.1f}}\n", ours,
               peer);
  std::fclose(file);
}

void refresh(DirectoryService& service, const char* what) {
  const Cancel never;
  const double start = cpu_millis();
  const auto wall = Clock::now();
  double read = 0;
  const auto summary = service.refresh(
      "own",
      [&](int, std::string_view step) {
        if (step == "directory.store") {
          read = cpu_millis() - start;
        }
      },
      never);
  if (!summary.ok()) {
    std::printf("%s: %s\n", what, summary.status().to_string().c_str());
    std::exit(1);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%s: %.0f ms, computing %.0f to read and stage, %.0f to merge; +%ld ~%ld -%ld =%ld; peak memory %ld MiB\n", what,
      millis_since(wall), read, cpu_millis() - start - read, static_cast<long>(summary->added),
      static_cast<long>(summary->changed), static_cast<long>(summary->removed), static_cast<long>(summary->unchanged),
      usage.ru_maxrss / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t entries = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200'000;
  const test_pki::ScratchDirectory scratch;
  auto database = store::Database::open("sqlite", scratch.path() + "/db", Env::system(), Log::none());
  if (!database.ok()) {
    return 1;
  }
  std::string json = book(entries);
  DirectoryService service(
      *database,
      [&](std::string_view) -> Result<Sources> {
        Sources sources;
        sources.push_back(std::make_unique<TextSource>(json));
        return sources;
      },
      Env::system(), Log::none());
  std::printf("%zu entries, %zu MiB of JSON\n", entries, json.size() >> 20U);
  refresh(service, "first refresh");
  for (int i = 0; i < 200; ++i) {
    const std::size_t at = json.find("\"street\":\"", json.size() / 201 * static_cast<std::size_t>(i)) + 10;
    json[at] = json[at] == 'X' ? 'Y' : 'X';
  }
  refresh(service, "200 changes");
  for (int i = 0; i < 20; ++i) {
    static_cast<void>(service.note_used("u", "own", "praxis" + std::to_string(i * 7) + "@kv-safenet.de"));
  }
  const auto ours = search_all("ours", [&](const char* text) {
    const auto found = service.search("u", "own", text, 50);
    return found.ok() ? found->size() : 0;
  });
  bench::FtsPeer peer(scratch.file("fts.db"));
  fill(peer, json);
  const auto theirs = search_all("FTS5", [&](const char* text) { return peer.search(text); });
  if (argc > 2) {
    write_figures(argv[2], p99_micros(ours), p99_micros(theirs));
  }
  return 0;
}
