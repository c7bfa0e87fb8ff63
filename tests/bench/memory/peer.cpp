// SPDX-License-Identifier: Apache-2.0
// One operation of a CMS peer in a process of its own, so that its memory can be measured.
//   message_peer people DIRECTORY                   writes keys and certificates for everybody who is measured
//   message_peer seal_whole|seal_streams DIRECTORY CONTENT
//   message_peer open_whole|open_streams DIRECTORY MAIL
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "bench/message/peers.h"
#include "bench/message/work.h"

namespace {

using kvc::bench::give_up;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) {
    give_up(path);
  }
  std::string text(static_cast<std::size_t>(in.tellg()), '\0');
  in.seekg(0);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

void run(const std::string& what, const std::string& directory, const std::string& file) {
  const auto pem = [&](const char* name) { return read_file(directory + "/" + name); };
  const kvc::bench::CmsPeer peer(pem("anna.key"), pem("anna.pem"), pem("bernd.key"), pem("bernd.pem"), pem("root.pem"),
                                 pem("user_ca.pem"));
  if (what == "seal_whole") {
    static_cast<void>(peer.seal_whole(read_file(file)));
  } else if (what == "open_whole") {
    static_cast<void>(peer.open_whole(read_file(file)));
  } else if (what == "seal_streams") {
    const kvc::crypto::BioPtr in(BIO_new_file(file.c_str(), "rb"));
    const kvc::crypto::BioPtr out(BIO_new(BIO_s_null()));
    peer.seal_streamed(in.get(), out.get());
  } else if (what == "open_streams") {
    peer.open_streamed(file, directory + "/scratch");
  } else {
    give_up("unknown: " + what);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "people") == 0) {
    kvc::bench::write_people(argv[2]);
    return 0;
  }
  if (argc != 4) {
    give_up("usage: message_peer people|seal_...|open_... DIRECTORY [FILE]");
  }
  run(argv[1], argv[2], argv[3]);
  return 0;
}
