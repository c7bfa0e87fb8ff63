// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <vector>

#include "bench/message/peers.h"
#include "bench/message/work.h"
#include "unit/message/samples.h"

extern char** environ;

namespace kvc::bench {
namespace {

/// The quickest way to start a program: no shell, nothing copied.
void run_openssl(const std::vector<std::string>& arguments) {
  static const std::string program = test_pki::openssl_program();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    give_up("openssl " + arguments[0] + " " + arguments[1] + " failed");
  }
}

}  // namespace

void write_people(const std::string& directory) {
  const auto& world = message::samples::world();
  const auto put = [&](const char* name, const std::string& text) {
    FILE* const file = std::fopen((directory + "/" + name).c_str(), "wb");
    if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fclose(file) != 0) {
      give_up(std::string("cannot write ") + name);
    }
  };
  put("anna.key", test_pki::key_pem(world.anna.key));
  put("anna.pem", world.anna.certificate.pem());
  put("bernd.key", test_pki::key_pem(world.bernd.key));
  put("bernd.pem", world.bernd.certificate.pem());
  put("root.pem", world.root.certificate.pem());
  put("user_ca.pem", world.user_ca.certificate.pem());
  put("trust.pem", world.root.certificate.pem() + world.user_ca.certificate.pem());
}

ProcessPeer::ProcessPeer() {
  write_people(scratch_.path());
}

void ProcessPeer::seal(const std::string& content_file) const {
  run_openssl({"smime", "-sign", "-binary", "-in", content_file, "-signer", file("anna.pem"), "-inkey",
               file("anna.key"), "-md", "sha256", "-out", file("signed")});
  run_openssl({"smime", "-encrypt", "-binary", "-aes256", "-in", file("signed"), "-out", file("sealed"),
               file("bernd.pem"), file("anna.pem")});
}

void ProcessPeer::open(const std::string& mail_file) const {
  run_openssl({"smime", "-decrypt", "-in", mail_file, "-recip", file("bernd.pem"), "-inkey", file("bernd.key"), "-out",
               file("inside")});
  run_openssl({"smime", "-verify", "-in", file("inside"), "-CAfile", file("trust.pem"), "-purpose", "any", "-out",
               file("content")});
}

}  // namespace kvc::bench
