// SPDX-License-Identifier: Apache-2.0
#include "bench/message/work.h"

#include <Poco/MemoryStream.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>

#include "bench/message/peers.h"
#include "crypto/certificate_cache.h"
#include "unit/message/samples.h"

namespace kvc::bench {
namespace {

namespace samples = message::samples;

/// The same bytes every time, and as hard to compress as a scan.
std::string noise(std::size_t size) {
  std::mt19937_64 random(4711);  // NOLINT(cert-msc32-c,cert-msc51-cpp): no secret
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    for (std::size_t i = 0; i < sizeof(word) && at + i < size; ++i) {
      bytes[at + i] = static_cast<char>(word >> (8 * i));
    }
  }
  return bytes;
}

Work make(std::size_t size) {
  Work work;
  work.size = size;
  work.attachment = noise(size);
  work.inner_base64 = samples::base64(work.attachment);
  work.mail = samples::sealed(outgoing(work), seal_keys(), Env::system().now());
  const auto body = work.mail.find("\r\n\r\n");
  if (body == std::string::npos) {
    give_up("a sealed mail without a body");
  }
  work.body_base64 = work.mail.substr(body + 4);
  work.content = cms_peer().open_whole(work.mail);
  return work;
}

}  // namespace

const Work& work(std::size_t size) {
  static std::map<std::size_t, std::unique_ptr<const Work>> known;
  auto& entry = known[size];
  if (!entry) {
    entry = std::make_unique<const Work>(make(size));
  }
  return *entry;
}

message::Outgoing outgoing(const Work& work) {
  message::Outgoing outgoing = samples::letter();
  outgoing.attachments.push_back({"befund.bin", "application/octet-stream", "", [&work]() {
                                    return std::make_unique<Poco::MemoryInputStream>(
                                        work.attachment.data(), static_cast<std::streamsize>(work.attachment.size()));
                                  }});
  return outgoing;
}

const message::SealKeys& seal_keys() {
  static const message::SealKeys keys{samples::world().anna.key, samples::world().anna.certificate,
                                      samples::world().bernd.certificate};
  return keys;
}

const message::OpenOptions& open_options() {
  static const message::OpenOptions options = [] {
    message::OpenOptions made = samples::options();
    made.now = Env::system().now();
    made.max_bytes = std::uint64_t{4} << 30U;
    for (auto& key : made.keys) {  // as an account's keys are loaded
      key.certificate = key.certificate ? std::optional(crypto::shared_certificate(*key.certificate)) : std::nullopt;
    }
    return made;
  }();
  return options;
}

const std::vector<std::string>& strangers(std::size_t count) {
  static std::vector<std::string> mails;
  while (mails.size() < count) {
    // One key for all: what is new to a reader is the certificate, and making keys takes long.
    const auto stranger =
        test_pki::make_user(samples::world().user_ca, {.address = "anna@kv-safenet.de",
                                                       .uid = "fremd" + std::to_string(mails.size()) + "@20",
                                                       .name = "Anna Beispiel " + std::to_string(mails.size()),
                                                       .key_name = "anna@kv-safenet.de"});
    mails.push_back(samples::sealed(outgoing(work(std::size_t{2} << 10U)),
                                    {stranger.key, stranger.certificate, samples::world().bernd.certificate},
                                    Env::system().now()));
  }
  return mails;
}

message::MailSource from_memory(const std::string& mail) {
  return [&mail]() {
    return std::make_unique<Poco::MemoryInputStream>(mail.data(), static_cast<std::streamsize>(mail.size()));
  };
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace kvc::bench
