// SPDX-License-Identifier: Apache-2.0
// A locked practice system keeps nothing in its memory that would open an account: no password, no private key.
#include <gmock/gmock.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "e2e/harness.h"

namespace kvc::e2e {
namespace {

using testing::IsEmpty;
using testing::Not;

/// All that a process could read of itself, mapping by mapping; `visit` gets the mapping's line and its bytes.
template <class Visit>
void read_memory(pid_t pid, Visit visit) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::istringstream maps(read_file(folder + "/maps"));
  std::ifstream memory(folder + "/mem", std::ios::binary);
  std::string line;
  while (std::getline(maps, line)) {
    const std::uint64_t begin = std::stoull(line, nullptr, 16);
    const std::uint64_t end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
    if (line.find(" rw") == std::string::npos) {
      continue;  // nothing is written there
    }
    std::string bytes(end - begin, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(begin));
    memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(memory.gcount()));
    visit(line, bytes);
  }
}

/// Needles by name that the process's memory holds, each with the mapping it is in.
std::vector<std::string> find_in_memory(pid_t pid, const std::map<std::string, std::string>& needles) {
  std::vector<std::string> found;
  read_memory(pid, [&](const std::string& mapping, const std::string& bytes) {
    for (const auto& [name, needle] : needles) {
      if (bytes.find(needle) != std::string::npos) {
        found.push_back(name + " in " + mapping);
      }
    }
  });
  return found;
}

/// The middle of each secret number of the key, in both byte orders: libraries keep numbers the little end first.
void add_key_needles(const fs::path& keystore, const std::string& password,
                     std::map<std::string, std::string>& needles) {
  std::ifstream in(keystore, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::unique_ptr<PKCS12, decltype(&PKCS12_free)> file(d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size())),
                                                             &PKCS12_free);
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  ASSERT_EQ(PKCS12_parse(file.get(), password.c_str(), &key, &certificate, nullptr), 1);
  for (const char* name : {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2}) {
    BIGNUM* number = nullptr;
    ASSERT_EQ(EVP_PKEY_get_bn_param(key, name, &number), 1);
    std::string big(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(big.data()));
    const std::string middle = big.substr(big.size() / 2 - 16, 32);
    needles[std::string("key number ") + name] = middle;
    needles[std::string("key number (little end first) ") + name] = std::string(middle.rbegin(), middle.rend());
    BN_clear_free(number);
  }
  EVP_PKEY_free(key);
  X509_free(certificate);
}

class MemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    if (sanitized()) {
      GTEST_SKIP() << "a sanitizer keeps freed memory, and maps terabytes of its own that nobody could search";
    }
    const HostRun account = nord_.run("tour_account");
    ASSERT_EQ(account.code, 0) << account.last();
    const HostRun exported = nord_.run("account_export");
    ASSERT_EQ(exported.code, 0) << exported.last();
    ASSERT_NO_FATAL_FAILURE(
        add_key_needles(nord_.data() / "users/arzt/praxis.nord.p12", "Canary-KEYSTORE-NORD", needles_));
    put_secrets();
  }
  /// The same practice, with its passwords in files: an environment is memory, too.
  void put_secrets() {
    const fs::path scripts = nord_.directory() / "scripts";
    const std::map<std::string, std::string> secrets{{"login", "Canary-LOGIN-NORD"},
                                                     {"other", "Canary-ANDERES-Passwort-7"}};
    for (const auto& [name, value] : secrets) {
      write_file(scripts / (name + ".secret"), value);
      needles_[name + " password"] = value;
    }
    needles_["KV password"] = "Canary-NEW-NORD-9xy";
    needles_["keystore password"] = "Canary-KEYSTORE-NORD";
    std::string practice = read_file(scripts / "practice_nord.json");
    const std::string old = R"({"env": "KVC_TOUR_LOGIN"})";
    for (auto at = practice.find(old); at != std::string::npos; at = practice.find(old)) {
      practice.replace(at, old.size(), R"({"file": "login.secret"})");
    }
    write_file(scripts / "practice_nord.json", practice);
  }
  /// Waits until the practice system says it.
  void wait_for(Process& process, const std::string& sentence) {
    for (int i = 0; i < 6000 && read_file(nord_.directory() / "err.txt").find(sentence) == std::string::npos; ++i) {
      ASSERT_FALSE(process.wait(Millis(20))) << read_file(nord_.directory() / "err.txt");
    }
  }

  TempDir directory_;
  Server server_{directory_.path() / "server"};
  Practice nord_{"nord", directory_.path() / "nord", server_};
  std::map<std::string, std::string> needles_;
};

TEST_F(MemoryTest, ALockedSystemHoldsNoPasswordAndNoPrivateKey) {
  const auto process = nord_.start_steps(R"([
    {"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true},
    {"action": "check", "row": 0, "wait_job": true, "timeout_ms": 120000, "expect": {"kind": "account.overview"}},
    {"action": "change_password", "wait_job": true},
    {"submit": "change", "wait_job": true, "timeout_ms": 120000,
     "fill": {"new_password": {"file": "other.secret"}, "new_password_repeat": {"file": "other.secret"}},
     "expect": {"kind": "account.overview"}},
    {"invoke": "kvconnect.compose.enachricht", "wait_job": true},
    {"submit": "check", "wait_job": true, "timeout_ms": 120000,
     "fill": {"recipient": "praxis.nord@kv-safenet.de", "subject": "Probe", "text": "Text"}, "expect": {"kind": "compose.confirm"}},
    {"action": "send", "wait_job": true, "timeout_ms": 120000, "expect": {"kind": "message.queued", "notice": {"severity": "good"}}},
    {"invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000},
    {"invoke": "kvconnect.inbox", "wait_job": true, "expect": {"table": {"total": 1}}},
    {"action": "open", "row": 0, "wait_job": true, "expect": {"kind": "inbox.message"}},
    {"lock": "arzt"},
    {"say": "IS LOCKED", "sleep_ms": 600000}])",
                                         false);
  ASSERT_NO_FATAL_FAILURE(wait_for(*process, "IS LOCKED"));
  // What is no secret is found.
  EXPECT_THAT(find_in_memory(process->pid(), {{"address", "praxis.nord@kv-safenet.de"}}), Not(IsEmpty()));
  EXPECT_THAT(find_in_memory(process->pid(), needles_), IsEmpty());
}

TEST_F(MemoryTest, TheSearchFindsWhatIsThere) {
  const auto process = nord_.start_steps(R"([{"say": "IS RUNNING", "as": "arzt", "sleep_ms": 600000}])", true);
  ASSERT_NO_FATAL_FAILURE(wait_for(*process, "IS RUNNING"));
  EXPECT_THAT(find_in_memory(process->pid(), needles_), Not(IsEmpty()));
}

}  // namespace
}  // namespace kvc::e2e
