// SPDX-License-Identifier: Apache-2.0
// Every way of an account under every fault of the server: the user reads what happened and how to go on, the same way
// without the fault ends well, and no key and no password is lost by it.
#include <gmock/gmock.h>

#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "e2e/account_ways.h"
#include "e2e/harness.h"
#include "e2e/outcome.h"

namespace kvc::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- faults ----

struct Fault {
  std::string name;
  std::string action;  ///< of the fault plan
  std::string code;    ///< what the user is told; empty: the way ends well all the same
  bool waits = false;  ///< the server names a time
};

/// What each fault comes to on most requests; a lane names its exceptions.
const std::vector<Fault>& all_faults() {
  static const std::vector<Fault> faults{{"401", R"("type": "status", "status": 401)", "auth.wrong_credentials"},
                                         {"403", R"("type": "status", "status": 403)", "auth.forbidden"},
                                         {"404", R"("type": "status", "status": 404)", "protocol.bad_answer"},
                                         {"423", R"("type": "status", "status": 423)", "auth.account_locked"},
                                         {"429", R"("type": "status", "status": 429)", "protocol.server_busy", true},
                                         {"500", R"("type": "status", "status": 500)", "protocol.server_error"},
                                         {"503", R"("type": "status", "status": 503)", "protocol.server_busy", true},
                                         {"reset_before", R"("type": "reset_before")", "network.connection_lost"},
                                         {"reset_after", R"("type": "reset_after")", "network.connection_lost"},
                                         {"truncate", R"("type": "truncate", "bytes": 5)", "network.connection_lost"},
                                         {"garbage_xml", R"("type": "garbage_xml")", "protocol.bad_answer"},
                                         {"wrong_certificate", R"("type": "wrong_certificate")", ""},
                                         {"drip", R"("type": "drip", "bytes": 200, "interval_ms": 5)", ""},
                                         {"delay", R"("type": "delay", "delay_ms": 300)", ""}};
  return faults;
}

// ---- lanes ----

/// What a practice has before each fault.
enum class Start {
  kAccount,   ///< one account, as the last fault left it
  kNothing,   ///< a practice of its own, and an account at the KV
  kKeystore,  ///< a practice of its own, and the keystore file of an account
};

/// One request of one way, on which every fault is tried.
struct Lane {
  std::string name;
  std::string match;  ///< of the fault plan
  const char* way;
  const char* good_end;  ///< what the way comes to without a fault
  Start start = Start::kAccount;
  /// Where this differs from all_faults(): code by fault, "" where it ends well. The fault "*" stands for all others.
  std::map<std::string, std::string> exceptions{};
  int times = -1;            ///< how many requests a fault hits
  const char* wait = "120";  ///< Retry-After, in seconds: longer than anybody waits, so that it is told

  [[nodiscard]] std::string code(const Fault& fault) const {
    const auto own = exceptions.find(fault.name);
    const auto others = exceptions.find("*");
    return own != exceptions.end() ? own->second : others != exceptions.end() ? others->second : fault.code;
  }
  [[nodiscard]] std::string rule(const Fault& fault) const {
    return R"({"match": {)" + match + R"(}, "times": )" + std::to_string(times) + R"(, "action": {)" + fault.action +
           (fault.waits ? R"(, "retry_after": )" + std::string(wait) : "") + "}}";
  }
};

// ---- the proof ----

class AccountFaultsTest : public testing::Test {
 protected:
  /// Every lane on a thread, with a server and practices of its own: they mostly wait.
  void prove(const std::vector<Lane>& lanes) {
    std::vector<std::thread> threads;
    for (const Lane& lane : lanes) {
      threads.emplace_back([this, &lane] {
        const testing::ScopedTrace trace(__FILE__, __LINE__, lane.name);
        try {
          run_lane(lane);
        } catch (const std::exception& e) {
          ADD_FAILURE() << lane.name << ": " << e.what();
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }

 private:
  struct Place {
    fs::path directory;
    Server server;
    std::unique_ptr<Practice> practice;
    Environment environment;
    int cases = 0;  ///< also the number of messages on their way, and of the account in use
  };

  static std::vector<std::string> accounts(const fs::path& directory) {
    fs::create_directories(directory);
    std::string list;
    for (const std::string& name : {std::string("nord"), std::string("sued")}) {
      list +=
          (list.empty() ? "" : ",\n") + account("praxis." + name, name == "nord" ? "Initial-NORD-1" : "Initial-SUED-1");
    }
    for (std::size_t i = 0; i < all_faults().size(); ++i) {
      list += ",\n" + account(fresh_name(static_cast<int>(i)), "Initial-NORD-1");
    }
    write_file(directory / "accounts.json", R"({"accounts": [)" + list + "]}");
    return {"--accounts", (directory / "accounts.json").string()};
  }
  static std::string account(const std::string& username, const std::string& password) {
    return R"({"username": ")" + username + R"(", "password": ")" + password +
           R"(", "kv": "38", "cn": "TEST ONLY", "o": "TEST ONLY"})";
  }
  static std::string fresh_name(int number) { return "praxis.neu" + std::to_string(number); }

  static void expect_good(const HostRun& run, const std::string& what) {
    ASSERT_EQ(run.code, 0) << what << "\n" << run.last();
  }

  static std::unique_ptr<Practice> practice(const Place& place, const std::string& name) {
    return std::make_unique<Practice>("nord", place.directory / name, place.server);
  }

  /// Somebody else's certificate, for the fault that hands it out.
  static void certify_sued(const Place& place) {
    Practice sued("sued", place.directory / "sued", place.server);
    expect_good(sued.run("tour_account"), "the other practice");
  }

  static std::string password_of(int number) { return "Canary-WECHSEL-" + std::to_string(number) + "-Blau"; }

  void begin(const Lane& lane, Place& place) const {
    certify_sued(place);
    place.environment = {{"OWN_ADDRESS", "praxis.nord@kv-safenet.de"}};
    if (lane.start == Start::kNothing) {
      return;
    }
    place.practice = practice(place, "nord");
    expect_good(place.practice->run("tour_account"), "the account");
    if (lane.start == Start::kKeystore) {
      expect_good(place.practice->run("account_export"), "its keystore file");
    }
  }

  /// What a case starts from: the lane's account as the last case left it, or a practice without one.
  static void begin_case(const Lane& lane, Place& place) {
    ++place.cases;
    place.environment["OTHER_PASSWORD"] = password_of(2 * place.cases);
    if (lane.start == Start::kAccount) {
      return;
    }
    const fs::path keystore = place.directory / "nord/data/users/arzt/praxis.nord.p12";
    place.practice = practice(place, "case" + std::to_string(place.cases));
    if (lane.start == Start::kKeystore) {
      fs::copy_file(keystore, place.practice->directory() / "scripts/keystore.p12");
      return;
    }
    const std::string name = fresh_name(place.cases - 1);
    place.environment["KVC_TOUR_USERNAME"] = name;
    place.environment["OWN_ADDRESS"] = name + "@kv-safenet.de";
  }

  static void expect_told(const Failure& failure, const Outcome& outcome) {
    EXPECT_THAT(failure.text, ContainsRegex("Bitte|bitte|wenden Sie sich"));
    EXPECT_THAT(failure.text,
                ContainsRegex("nichts|bleib|erhalten|gespeichert|gilt weiter|gelten weiter|keine Zugangsdaten"));
    EXPECT_THAT(failure.text, Not(HasSubstr("{")));
    EXPECT_THAT(ways_on(outcome), Not(IsEmpty())) << kind_of(outcome);
  }

  void under_fault(const Lane& lane, const Fault& fault, Place& place) {
    place.server.set_faults(lane.rule(fault));
    const HostRun run = place.practice->run_steps(steps({lane.way}), place.environment);
    place.server.set_faults("");
    expect_good(run, "under the fault");
    const auto outcomes = run.outcomes();
    ASSERT_FALSE(outcomes.empty());
    const auto failure = failure_of(outcomes.back());
    show(lane, fault, kind_of(outcomes.back()), failure);
    EXPECT_EQ(failure ? failure->code : "", lane.code(fault)) << run.last();
    if (failure) {
      expect_told(*failure, outcomes.back());
    }
  }

  static void without_fault(const Lane& lane, Place& place) {
    place.environment["OTHER_PASSWORD"] = password_of(2 * place.cases + 1);
    std::string script = steps({lane.way, lane.good_end, kProof});
    if (lane.start != Start::kAccount) {
      script = steps({lane.way, lane.good_end, kProof, all_open(1)});
    }
    expect_good(place.practice->run_steps(script, place.environment), "without the fault");
  }

  void run_lane(const Lane& lane) {
    const fs::path directory = directory_.path() / lane.name;
    Place place{directory, Server(directory / "server", accounts(directory)), nullptr, {}};
    begin(lane, place);
    for (const Fault& fault : all_faults()) {
      const testing::ScopedTrace trace(__FILE__, __LINE__, fault.name);
      begin_case(lane, place);
      under_fault(lane, fault, place);
      without_fault(lane, place);
    }
    if (lane.start == Start::kAccount) {
      expect_good(place.practice->run_steps(steps({all_open(place.cases)})), "all messages");
    }
  }

  /// KVC_E2E_SHOW=1 prints what the user reads in each case, for people.
  void show(const Lane& lane, const Fault& fault, const std::string& kind, const std::optional<Failure>& failure) {
    if (::getenv("KVC_E2E_SHOW") == nullptr) {
      return;
    }
    const std::lock_guard lock(output_);
    std::cout << lane.name << " / " << fault.name << ": " << kind << " "
              << (failure ? failure->code + " - " + failure->text : "ends well") << "\n";
  }

  std::mutex output_;

 protected:
  TempDir directory_;
};

/// The login, and the account it redirects to.
constexpr const char* kLogin = R"("method": "GET", "path_regex": "^(login/.*|accounts/[^/]+)$")";
constexpr const char* kPassword = R"("method": "POST", "path_regex": "^accounts/[^/]+/password$")";
constexpr const char* kPostCsr = R"("method": "POST", "path": "csr")";
constexpr const char* kGetCsr = R"("method": "GET", "path": "csr/")";
constexpr const char* kCertificate = R"("method": "GET", "path": "certificates")";
constexpr const char* kDeleteCertificate = R"("method": "DELETE", "path_regex": "^accounts/[^/]+/certificate$")";

/// A POST whose answer is lost or unreadable: the plugin finds out what became of it.
const std::map<std::string, std::string> kFoundOut{{"reset_after", ""}, {"truncate", ""}, {"garbage_xml", ""}};
/// A server that stumbles while the certificate is made, or has forgotten the request, is asked again.
const std::map<std::string, std::string> kAskedAgain{
    {"404", ""}, {"429", ""}, {"500", ""}, {"503", ""}, {"reset_before", ""}, {"reset_after", ""}, {"truncate", ""}};
/// What is published may come late, or be somebody else's.
const std::map<std::string, std::string> kPublished{{"404", "protocol.no_certificate"},
                                                    {"wrong_certificate", "crypto.not_our_key"}};
/// The login decides; what the server publishes is only compared.
const std::map<std::string, std::string> kOnlyCompared{{"*", ""}};

TEST_F(AccountFaultsTest, NewAccount) {
  prove({{"create-login", kLogin, kCreate, kEndsReady, Start::kNothing},
         {"create-password", kPassword, kCreate, kEndsReady, Start::kNothing, kFoundOut},
         {"create-csr", kPostCsr, kCreate, kEndsReady, Start::kNothing, kFoundOut},
         {"create-csr-state", kGetCsr, kCreate, kEndsReady, Start::kNothing, kAskedAgain, 4, "1"},
         {"create-certificate", kCertificate, kCreate, kEndsReady, Start::kNothing, kPublished}});
}

TEST_F(AccountFaultsTest, Renewal) {
  prove({{"renew-login", kLogin, kRenew, kEndsRenewed},
         {"renew-csr", kPostCsr, kRenew, kEndsRenewed, Start::kAccount, kFoundOut},
         {"renew-csr-state", kGetCsr, kRenew, kEndsRenewed, Start::kAccount, kAskedAgain, 4, "1"},
         {"renew-certificate", kCertificate, kRenew, kEndsRenewed, Start::kAccount, kPublished}});
}

TEST_F(AccountFaultsTest, NewPasswordAndConnection) {
  prove({{"password-login", kLogin, kChangePassword, kEndsNewPassword},
         {"password-change", kPassword, kChangePassword, kEndsNewPassword, Start::kAccount, kFoundOut},
         {"check-login", kLogin, kCheck, kEndsReady},
         {"check-certificate", kCertificate, kCheck, kEndsReady, Start::kAccount, kOnlyCompared}});
}

TEST_F(AccountFaultsTest, ImportAndDeletion) {
  prove({{"import-login", kLogin, kImport, kEndsReady, Start::kKeystore},
         {"import-certificate", kCertificate, kImport, kEndsReady, Start::kKeystore, kOnlyCompared},
         {"delete-login", kLogin, kDelete, kEndsDeleted},
         {"delete-certificate",
          kDeleteCertificate,
          kDelete,
          kEndsDeleted,
          Start::kAccount,
          {{"404", ""}, {"truncate", ""}, {"garbage_xml", ""}}}});
}

/// Assigning, the keystore file, removing: whatever state the server is in, nobody asks it.
TEST_F(AccountFaultsTest, WhatIsDoneHereNeedsNoServer) {
  Server server(directory_.path() / "server");
  Practice nord("nord", directory_.path() / "nord", server);
  ASSERT_EQ(nord.run("tour_account").code, 0);
  server.set_faults(R"({"times": -1, "action": {"type": "reset_before"}})");
  const std::string before = server.requests();
  for (const char* script : {"account_assign", "account_take_away", "account_export", "account_remove"}) {
    const HostRun run = nord.run(script, {{"KVC_TOUR_BSNR", "999999901"}});
    EXPECT_EQ(run.code, 0) << script << "\n" << run.last();
  }
  EXPECT_EQ(server.requests(), before);
}

}  // namespace
}  // namespace kvc::e2e
