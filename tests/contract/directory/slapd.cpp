// SPDX-License-Identifier: Apache-2.0
#include "contract/directory/slapd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

extern char** environ;

namespace kvc::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(descriptor);
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return connected;
}

/// Its words go to a file in `directory`; this is the first to look at when a test fails.
pid_t spawn(std::vector<std::string> command, const std::string& log) {
  std::vector<char*> arguments;
  for (std::string& argument : command) {
    arguments.push_back(argument.data());
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? pid : -1;
}

std::string people(int count) {
  std::string ldif =
      "dn: dc=kv-safenet,dc=de\nobjectClass: dcObject\nobjectClass: organization\no: TEST ONLY\ndc: kv-safenet\n\n"
      "dn: ou=users,dc=kv-safenet,dc=de\nobjectClass: organizationalUnit\nou: users\n\n"
      // "Änne Müller", "Müller", "Änne", "Köln" in base64, as LDIF has it
      "dn: uid=anne,ou=users,dc=kv-safenet,dc=de\nobjectClass: inetOrgPerson\nuid: anne\ncn:: w4RubmUgTcO8bGxlcg==\n"
      "sn:: TcO8bGxlcg==\ngivenName:: w4RubmU=\nstreet: Testweg 1\npostalCode: 50667\nl:: S8O2bG4=\n"
      "mail: Anne@kv-safenet.de\ntelephoneNumber: 1\n\n"
      "dn: uid=stumm,ou=users,dc=kv-safenet,dc=de\nobjectClass: inetOrgPerson\nuid: stumm\ncn: Ohne Adresse\nsn: "
      "Ohne\n\n"
      "dn: uid=tief,uid=anne,ou=users,dc=kv-safenet,dc=de\nobjectClass: inetOrgPerson\nuid: tief\ncn: Tief Unten\n"
      "sn: Unten\nmail: tief@kv-safenet.de\nmail: zweite@kv-safenet.de\n\n";
  for (int i = 2; i < count; ++i) {
    const std::string number = std::to_string(i);
    ldif += "dn: uid=p" + number + ",ou=users,dc=kv-safenet,dc=de\nobjectClass: inetOrgPerson\nuid: p" + number +
            "\ncn: TEST Person " + number + "\nsn: Person" + number + "\nl: Testort\nmail: p" + number +
            "@kv-safenet.de\n\n";
  }
  return ldif;
}

}  // namespace

std::string Slapd::program() {
  for (const char* place : {"/usr/sbin/slapd", "/usr/lib/openldap/slapd"}) {
    if (::access(place, X_OK) == 0) {
      return place;
    }
  }
  return {};
}

Slapd::Slapd(const Options& options) {
  write_files(options);
  if (load_data()) {
    start();
  }
}

void Slapd::write_files(const Options& options) {
  const Identity root = make_ca("TEST ONLY LDAP root");
  CertificateWish wish;
  wish.common_name = "TEST ONLY slapd";
  wish.san = options.certificate_for;
  const Identity server = make_identity(wish, &root);
  root_file_ = dir_.write("root.pem", root.cert_pem());
  const std::string certificate = dir_.write("server.pem", server.cert_pem());
  const std::string key = dir_.write("server.key", server.key_pem());
  ldif_file_ = dir_.write("people.ldif", people(options.people));
  std::filesystem::create_directory(dir_.path() / "data");
  const std::string folder = dir_.path().string();
  config_file_ = dir_.write(
      "slapd.conf",
      "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
      "include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile " +
          folder + "/slapd.pid\nTLSCACertificateFile " + root_file_ + "\nTLSCertificateFile " + certificate +
          "\nTLSCertificateKeyFile " + key + "\ndatabase mdb\nmaxsize 67108864\nsuffix \"dc=kv-safenet,dc=de\"\n" +
          "directory " + folder + "/data\nsizelimit size.soft=700 size.hard=700" +
          (options.whole_book ? " size.prtotal=unlimited" : "") + "\n");
}

bool Slapd::load_data() {
  // slapd acts as slapadd when it is told so.
  const pid_t pid = spawn({program(), "-T", "add", "-q", "-f", config_file_, "-l", ldif_file_},
                          (dir_.path() / "slapadd.log").string());
  int status = -1;
  return pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void Slapd::start() {
  constexpr auto kPatience = std::chrono::seconds(60);
  constexpr int kTries = 5;  // somebody else may take the port between asking for one and using it
  for (int i = 0; i < kTries && pid_ < 0; ++i) {
    port_ = free_port();
    const std::string address = "ldaps://127.0.0.1:" + std::to_string(port_);
    pid_ = spawn({program(), "-d", "0", "-h", address, "-f", config_file_}, (dir_.path() / "slapd.log").string());
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (pid_ > 0 && !answers(port_)) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_ || std::chrono::steady_clock::now() > limit) {
        pid_ = -1;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  url_ = "ldaps://localhost:" + std::to_string(port_);
}

void Slapd::stop() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
  }
}

Slapd::~Slapd() {
  stop();
}

}  // namespace kvc::test
