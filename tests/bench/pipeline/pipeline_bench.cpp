// SPDX-License-Identifier: Apache-2.0
// pipeline_bench [MESSAGES [BYTES]]: a full mailbox is fetched, opened, verified and stored, once as a program does it
// that knows no better (one mail after the other, a new connection for each request, a commit for each step), and once
// by the mailbox. Also: what opening costs with one and with two threads. One JSON object on standard output.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <istream>
#include <sstream>

#include "base/helper.h"
#include "contract/chain/practice.h"
#include "kvconnect/client.h"
#include "mailbox/blob.h"
#include "message/open.h"
#include "message/seal.h"

namespace kvc::testing {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "pipeline_bench: %s\n", why.c_str());
  std::_Exit(1);
}

void demand(const Status& status, const char* what) {
  if (!status.ok()) {
    give_up(std::string(what) + ": " + status.to_string());
  }
}

/// Of all threads, those of the server too, which is in this process.
double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class Work>
double seconds(Work&& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

constexpr const char* kAccounts = R"({"accounts": [
  {"username": "mess.nord", "password": "Initial-NORD-1", "cn": "TEST ONLY Nord"},
  {"username": "mess.sued", "password": "Initial-SUED-1", "cn": "TEST ONLY Sued"}]})";

class Bench {
 public:
  /// `server` is where the server keeps its data: a real one has a disk of its own.
  Bench(const std::filesystem::path& where, const std::filesystem::path& server) : where_(where) {
    kvserver::Options options;
    options.data_dir = server;
    options.accounts_json = kAccounts;
    options.robots = false;
    options.csr_step = std::chrono::milliseconds(20);
    options.ca_bits = 2048;
    server_ = std::make_unique<kvserver::Server>(options);
    server_->start();
    nord_ = std::make_unique<Practice>(*server_, where / "nord", "nora");
    sued_ = std::make_unique<Practice>(*server_, where / "sued", "sven");
    demand(nord_->become_ready("mess.nord", "Initial-NORD-1", "Nord-GEHEIM-11"), "north");
    demand(sued_->become_ready("mess.sued", "Initial-SUED-1", "Sued-GEHEIM-22"), "south");
    north_ = std::make_unique<account::Session>(nord_->accounts->open("nora", nord_->id).value());
    south_ = std::make_unique<account::Session>(sued_->accounts->open("sven", sued_->id).value());
  }

  /// Sealed once; the clear Message-ID, which no signature covers, is another each time.
  void fill(std::size_t messages, std::size_t bytes) {
    message::Outgoing mail;
    mail.from = "mess.nord@kv-safenet.de";
    mail.to = "mess.sued@kv-safenet.de";
    mail.subject = "eNachricht";
    mail.service_id = service::enachricht_delivery();
    mail.message_id = new_uuid(Env::system()) + "@kv-safenet.de";
    mail.date = Env::system().now();
    mail.text = std::string(bytes * 9 / 16, 'x');  // base64 twice makes the mail 16/9 of it
    std::ostringstream out;
    const auto recipient = south_->identities.front().certificate;
    demand(message::seal(mail, {north_->identities.front().key, north_->identities.front().certificate, recipient},
                         Env::system(), out),
           "seal");
    const std::string raw = out.str();
    bytes_ = raw.size();
    const Cancel never;
    for (std::size_t i = 0; i < messages; ++i) {
      std::string text = raw;
      text.replace(text.find(mail.message_id), mail.message_id.size(), new_uuid(Env::system()) + "@kv-safenet.de");
      std::istringstream in(text);
      demand(north_->client->submit(north_->credentials, in, text.size(), never), "submit");
    }
  }

  /// Seconds for one mail.
  double one_after_the_other(std::size_t messages) {
    const Cancel never;
    const auto listed = client()->list(south_->credentials, south_->account.uid, messages, never);
    demand(listed.status(), "list");
    const message::OpenOptions options = open_options();
    const double taken = seconds([&] {
      for (const auto& mail : *listed) {
        mailbox::BlobWriter writer(*sued_->database, sued_->env, sued_->id, 1U << 30U);
        std::ostream out(&writer);
        demand(client()->fetch(south_->credentials, south_->account.uid, mail.message_id, out, never), "fetch");
        demand(sued_->database->write([&](Poco::Data::Session& session) { return writer.finish(session); }), "store");
        writer.committed();
        demand(client()->remove(south_->credentials, south_->account.uid, mail.message_id, never), "remove");
        blobs_.push_back(writer.id());
        open(writer.id(), options);
        demand(sued_->database->write([](Poco::Data::Session&) { return Status(); }), "record");
      }
    });
    return taken / static_cast<double>(listed->size());
  }

  /// The backup of the day is made before: a fetch makes it once a day, and the program above makes none.
  double pipeline(std::size_t messages) {
    demand(sued_->database->maintain(), "backup");
    int fetched = 0;
    const double taken = seconds([&] {
      const auto summary = sued_->fetch();
      demand(summary.status(), "fetch");
      fetched = summary->not_valid == 0 ? summary->fetched : -1;
    });
    if (fetched != static_cast<int>(messages)) {
      give_up("fetched " + std::to_string(fetched) + " good mails");
    }
    return taken / static_cast<double>(messages);
  }

  /// Seconds for one mail, by so many threads; interleaved by the caller.
  double opening(std::size_t threads) {
    const std::vector<message::OpenOptions> options(threads, open_options());
    constexpr std::size_t kRounds = 400;
    return seconds([&] {
             for_each_index(kRounds, threads, [&](std::size_t worker, std::size_t i) {
               open(blobs_[i % blobs_.size()], options[worker]);
             });
           }) /
           static_cast<double>(kRounds);
  }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<kvconnect::Client> client() {
    kvconnect::ServerConfig config;
    config.base_url = server_->base_url();
    config.tls_roots = {server_->ca_files().root.string()};
    return std::move(kvconnect::Client::create(std::move(config), Env::system(), Log::none())).value();
  }
  message::OpenOptions open_options() {
    message::OpenOptions options;
    const crypto::Identity& own = south_->identities.front();
    options.keys.push_back({own.key, own.certificate, "own"});
    options.trust = *south_->trust;
    options.at = Env::system().now();
    options.now = Env::system().now();
    return options;
  }
  void open(const std::string& blob_id, const message::OpenOptions& options) {
    const auto stored = mailbox::BlobReader::open(*sued_->database, blob_id);
    demand(stored.status(), "stored mail");
    std::istream in(stored->get());
    const auto opened = message::open(in, options);
    if (!opened.ok() || opened->verdict != message::Verdict::valid) {
      give_up("a mail is not valid");
    }
  }

  std::filesystem::path where_;
  std::unique_ptr<kvserver::Server> server_;
  std::unique_ptr<Practice> nord_, sued_;
  std::unique_ptr<account::Session> north_, south_;
  std::vector<std::string> blobs_;
  std::size_t bytes_ = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(std::size_t messages, std::size_t bytes) {
  const std::string name = "kvc-pipeline-" + new_uuid(Env::system());
  const auto where = std::filesystem::temp_directory_path() / name;
  const std::filesystem::path memory = "/dev/shm";
  const auto server = std::filesystem::is_directory(memory) ? memory / name : where / "server";
  std::filesystem::create_directories(where);
  std::filesystem::create_directories(server);
  {
    Bench bench(where, server);
    constexpr std::size_t kSample = 200;
    bench.fill(kSample, bytes);
    const double before_sequential = processor_seconds();
    const double sequential = bench.one_after_the_other(kSample);
    const double sequential_cpu = (processor_seconds() - before_sequential) / kSample;
    std::vector<double> one, two;
    for (int i = 0; i < 7; ++i) {
      one.push_back(bench.opening(1));
      two.push_back(bench.opening(2));
    }
    bench.fill(messages, bytes);
    const double before_pipeline = processor_seconds();
    const double pipeline = bench.pipeline(messages);
    const double pipeline_cpu = (processor_seconds() - before_pipeline) / static_cast<double>(messages);
    std::printf(
        "{\"messages\": %zu, \"bytes\": %zu, \"sequential_ms\": %.3f, \"pipeline_ms\": %.3f, \"ratio\": %.1f, "
        "\"sequential_cpu_ms\": %.3f, \"pipeline_cpu_ms\": %.3f, "
        "\"open_one_thread_ms\": %.3f, \"open_two_threads_ms\": %.3f, \"two_threads\": %.2f}\n",
        messages, bench.bytes(), sequential * 1e3, pipeline * 1e3, sequential / pipeline, sequential_cpu * 1e3,
        pipeline_cpu * 1e3, median(one) * 1e3, median(two) * 1e3, median(one) / median(two));
  }
  std::error_code ignored;
  std::filesystem::remove_all(where, ignored);
  std::filesystem::remove_all(server, ignored);
  return 0;
}

}  // namespace
}  // namespace kvc::testing

int main(int count, char** argument) {
  const auto number = [&](int at, std::size_t otherwise) {
    return count > at ? static_cast<std::size_t>(std::strtoull(argument[at], nullptr, 10)) : otherwise;
  };
  return kvc::testing::run(number(1, 10000), number(2, 20000));
}
