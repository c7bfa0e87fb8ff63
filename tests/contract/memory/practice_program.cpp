// SPDX-License-Identifier: Apache-2.0
// memory_practice BASE_URL ROOT USER_CA DIRECTORY NAME SIZE
//
// Two practices in one process, NAME.nord and NAME.sued. One writes to the other, with an attachment of SIZE bytes, and
// after each step a line says how far the memory of this process went up in it: "STEP KIB". The first try of sending is
// expected to fail at the server, so that sealing and handing over are two steps.
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <istream>
#include <ostream>
#include <streambuf>

#include "base/byte_sink.h"
#include "contract/chain/practice.h"
#include "crypto/sha256.h"

namespace kvc::testing {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "memory_practice: %s\n", why.c_str());
  std::_Exit(2);
}

void demand(const Status& status, const char* what) {
  if (!status.ok()) {
    give_up(std::string(what) + ": " + status.to_string());
  }
}

long field_kib(const char* name) {
  std::ifstream in("/proc/self/status");
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with(name)) {
      return std::strtol(line.c_str() + std::string_view(name).size(), nullptr, 10);
    }
  }
  give_up(std::string(name) + " is not in /proc/self/status");
}

/// The kernel forgets the peak (proc(5), clear_refs) and counts anew; what an earlier step gave back does not hide what
/// this one takes.
void forget_peak() {
  malloc_trim(0);
  std::ofstream out("/proc/self/clear_refs");
  out << "5" << std::flush;
  if (!out) {
    give_up("/proc/self/clear_refs cannot be written");
  }
}

class Step {
 public:
  explicit Step(const char* name) : name_(name) {
    forget_peak();
    before_ = field_kib("VmRSS:");
  }
  ~Step() {
    std::printf("%s %ld\n", name_, field_kib("VmHWM:") - before_);
    std::fflush(stdout);
  }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  const char* name_;
  long before_ = 0;
};

/// Bytes nobody keeps, only their digest.
class DigestSink final : public ByteSink {
 public:
  std::uint64_t taken = 0;
  crypto::Sha256 digest;

 protected:
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    digest.add({text, static_cast<std::size_t>(count)});
    taken += static_cast<std::uint64_t>(count);
    return count;
  }
};

/// As the plugin takes a file of the host's: piece by piece. Incompressible and never the same piece twice.
mailbox::FileContent file_of(const Practice& practice, std::uint64_t size, crypto::Sha256& digest) {
  mailbox::FileSpool spool = practice.mail->new_file();
  std::string piece(64UL * 1024, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (std::uint64_t left = size; left != 0;) {
    for (std::size_t i = 0; i + 8 <= piece.size(); i += 8) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      std::memcpy(piece.data() + i, &state, 8);
    }
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    demand(spool.add(std::string_view(piece).substr(0, step)), "taking the file");
    digest.add({piece.data(), step});
    left -= step;
  }
  auto content = spool.finish();
  demand(content.status(), "taking the file");
  return std::move(content).value();
}

void queue(Practice& from, const std::string& to, std::uint64_t size, crypto::Sha256& digest) {
  const Step step("queue");
  mailbox::Draft draft;
  draft.account_id = from.id;
  draft.to = to;
  draft.service_id = service::enachricht_delivery();
  draft.user_subject = kSubject;
  draft.text = kLetter;
  draft.files.push_back({kFile, "application/octet-stream", "Anhang", file_of(from, size, digest)});
  demand(from.mail->queue(from.user, draft).status(), "queue");
}

void seal(Practice& from) {
  const Step step("seal");
  const auto sent = from.send();
  demand(sent.status(), "the first try of sending");
  if (sent->accepted != 0) {
    give_up("the first try was to fail at the server");
  }
  from.env.ahead += std::chrono::hours(1);
}

void hand_over(Practice& from) {
  const Step step("hand_over");
  const auto sent = from.send();
  demand(sent.status(), "send");
  if (sent->accepted != 1) {
    give_up("the message was not accepted");
  }
}

void fetch(Practice& to) {
  const Step step("fetch");
  const auto fetched = to.fetch();
  demand(fetched.status(), "fetch");
  if (fetched->fetched != 1 || fetched->not_valid != 0) {
    give_up("the message did not arrive, or is not valid: fetched " + std::to_string(fetched->fetched) +
            ", not valid " + std::to_string(fetched->not_valid) + ", duplicates " +
            std::to_string(fetched->duplicates) + ", too large " + std::to_string(fetched->too_large));
  }
}

void read(Practice& to, std::uint64_t size, crypto::Sha256& expected) {
  const Step step("read");
  const auto opened = to.mail->open(to.user, to.inbox().at(0).id);
  demand(opened.status(), "open");
  if (opened->message.verdict != message::Verdict::valid || opened->message.parts.size() != 2) {
    give_up("the message is not as it was sent");
  }
  DigestSink sink;
  std::ostream out(&sink);
  demand(opened->message.read_part(1, out), "read_part");
  if (sink.taken != size || sink.digest.hex() != expected.hex()) {
    give_up("the file is not as it was sent");
  }
}

void save(Practice& to, const std::string& directory) {
  const std::string file = directory + "/mail.eml";
  const Step step("export");
  std::ofstream out(file, std::ios::binary);
  demand(to.mail->read_raw(to.user, to.inbox().at(0).id, out), "export");
}

int run(char** argument) {
  settings::Environment environment;
  environment.id = "test";
  environment.base_url = argument[1];
  environment.mail_domain = "kv-safenet.de";
  environment.tls_roots = {argument[2]};
  environment.message_roots = {argument[2]};
  environment.user_cas = {argument[3]};
  settings::Settings settings;
  settings.environments.push_back(environment);
  settings.csr_poll_seconds = 1;
  settings.max_message_bytes = 1024ULL * 1024 * 1024;
  const std::string directory = argument[4], name = argument[5];
  const auto size = static_cast<std::uint64_t>(std::strtoull(argument[6], nullptr, 10));
  Practice nord(settings, directory + "/nord", "nora"), sued(settings, directory + "/sued", "sven");
  demand(nord.become_ready(name + ".nord", "Initial-NORD-1", "Nord-GEHEIM-11"), "north");
  demand(sued.become_ready(name + ".sued", "Initial-SUED-1", "Sued-GEHEIM-22"), "south");
  crypto::Sha256 digest;
  queue(nord, name + ".sued@kv-safenet.de", size, digest);
  seal(nord);
  hand_over(nord);
  fetch(sued);
  read(sued, size, digest);
  save(sued, directory);
  return 0;
}

}  // namespace
}  // namespace kvc::testing

int main(int count, char** argument) {
  return count == 7 ? kvc::testing::run(argument) : 2;
}
