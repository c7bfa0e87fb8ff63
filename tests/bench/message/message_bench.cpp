// SPDX-License-Identifier: Apache-2.0
// Sealing and opening beside their peers and beside what the processor needs at least. Names are
// OPERATION/WHO/SIZE_OF_THE_ATTACHMENT; tests/bench/README.md says who is who. KVC_BENCH_SIZES chooses the sizes.
#include <atomic>

#include "base/env.h"
#include "bench/message/limit.h"
#include "bench/message/peers.h"
#include "bench/message/work.h"
#include "bench/support.h"
#include "unit/message/samples.h"

namespace kvc::bench {
namespace {

constexpr std::size_t kSmall = std::size_t{2} << 10U;
/// A stranger is a stranger once: more than any run opens, so that none comes a second time.
constexpr std::size_t kStrangers = 4096;
constexpr int kStrangersEachTime = 100;

void seal_ours(const Work& work) {
  NullStream nowhere;
  const Status status = message::seal(outgoing(work), seal_keys(), Env::system(), nowhere);
  if (!status.ok()) {
    give_up("seal: " + status.to_string());
  }
}

message::OpenedMessage open_ours(const std::string& mail) {
  auto opened = message::open(from_memory(mail), open_options());
  if (!opened.ok() || opened->verdict != message::Verdict::valid) {
    give_up("open: " + (opened.ok() ? opened->layers.front().reason : opened.status().to_string()));
  }
  return std::move(*opened);
}

void open_and_read(const Work& work) {
  const auto opened = open_ours(work.mail);
  NullStream nowhere;
  for (std::size_t i = 0; i < opened.parts.size(); ++i) {
    if (!opened.read_part(i, nowhere).ok()) {
      give_up("a part cannot be read");
    }
  }
}

void open_stranger() {
  static std::atomic<std::size_t> next{0};
  const std::size_t index = next++;
  if (index >= kStrangers) {
    give_up("more strangers asked for than there are");
  }
  open_ours(strangers(kStrangers)[index]);
}

const ProcessPeer& processes() {
  static const ProcessPeer peer;
  return peer;
}

Limit& limit() {
  static Limit instance;
  return instance;
}

std::string content_file(const Work& work) {
  return processes().file("content" + size_name(work.size));
}
std::string mail_file(const Work& work) {
  return processes().file("mail" + size_name(work.size));
}
void put_files(const Work& work) {
  processes().put("content" + size_name(work.size), work.content);
  processes().put("mail" + size_name(work.size), work.mail);
}

void seal_streamed(const Work& work) {
  const crypto::BioPtr in(BIO_new_mem_buf(work.content.data(), static_cast<int>(work.content.size())));
  const crypto::BioPtr out(BIO_new(BIO_s_null()));
  cms_peer().seal_streamed(in.get(), out.get());
}

void add_seal(std::size_t size) {
  const std::string tail = "/" + size_name(size);
  const auto ready = [size] { work(size); };
  const auto with_files = [size] { put_files(work(size)); };
  add("seal/ours" + tail, size, ready, [size] { seal_ours(work(size)); });
  add("seal/two_processes" + tail, size, with_files, [size] { processes().seal(content_file(work(size))); });
  add("seal/cms_whole" + tail, size, ready, [size] { static_cast<void>(cms_peer().seal_whole(work(size).content)); });
  add("seal/cms_streams" + tail, size, ready, [size] { seal_streamed(work(size)); });
  add("seal/limit" + tail, size, ready, [size] { limit().seal(work(size)); });
  add("seal/aes_cbc_alone" + tail, size, ready, [size] { limit().cbc_encrypt(work(size).content); });
}

void add_open(std::size_t size) {
  const std::string tail = "/" + size_name(size);
  const auto ready = [size] { work(size); };
  const auto with_files = [size] { put_files(work(size)); };
  add("open/ours" + tail, size, ready, [size] { open_ours(work(size).mail); });
  add("open/ours_and_read" + tail, size, ready, [size] { open_and_read(work(size)); });
  add("open/two_processes" + tail, size, with_files, [size] { processes().open(mail_file(work(size))); });
  add("open/cms_whole" + tail, size, ready, [size] { static_cast<void>(cms_peer().open_whole(work(size).mail)); });
  add("open/cms_streams" + tail, size, with_files,
      [size] { cms_peer().open_streamed(mail_file(work(size)), processes().file("scratch")); });
  add("open/limit" + tail, size, ready, [size] { limit().open(work(size)); });
  add("open/limit_with_parts" + tail, size, ready, [size] {
    limit().open(work(size));
    limit().parts(work(size));
  });
}

void add_rsa() {
  const auto nothing = [] { limit(); };
  add("seal/rsa/2K", 0, nothing, [] {
    limit().rsa_sign();
    limit().rsa_encrypt();
    limit().rsa_encrypt();
  });
  add("open/rsa/2K", 0, nothing, [] {
    limit().rsa_decrypt();
    limit().rsa_verify();
  });
  add("open/rsa_new_sender/2K", 0, nothing, [] {
    limit().rsa_decrypt();
    for (int i = 0; i < 3; ++i) {
      limit().rsa_verify();
    }
  });
}

void add_strangers() {
  benchmark::RegisterBenchmark("open/ours_new_sender/2K",
                               [](benchmark::State& state) {
                                 strangers(kStrangers);
                                 for (auto _ : state) {
                                   open_stranger();
                                 }
                               })
      ->Iterations(kStrangersEachTime)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

/// Both run the same number of messages; two cores are twice as good when they need half the time.
void add_threads(std::size_t size) {
  for (const int threads : {1, 2}) {
    const std::string tail = "/" + size_name(size);
    add(
        "seal_on_cores/ours" + tail, size, [size] { work(size); }, [size] { seal_ours(work(size)); }, threads);
    add(
        "open_on_cores/ours" + tail, size, [size] { work(size); }, [size] { open_ours(work(size).mail); }, threads);
  }
}

}  // namespace
}  // namespace kvc::bench

int main(int argc, char** argv) {
  using namespace kvc::bench;
  constexpr std::size_t kKilo = 1UL << 10U;
  constexpr std::size_t kMega = 1UL << 20U;
  add_rsa();
  add_strangers();
  for (const std::size_t size :
       sizes_from("KVC_BENCH_SIZES", {2 * kKilo, 20 * kKilo, kMega, 10 * kMega, 100 * kMega})) {
    add_seal(size);
    add_open(size);
  }
  add_threads(2 * kKilo);
  add_threads(10 * kMega);
  return run(argc, argv);
}
