// SPDX-License-Identifier: Apache-2.0
// Two practices that exchange messages, renew certificates and change passwords through a faulty server, while their
// practice systems are killed at chosen calls and at random times; and the checker that afterwards proves that nothing
// was lost, doubled or locked out.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "e2e/harness.h"
#include "e2e/mail_lists.h"

namespace kvc::e2e::storm {

/// What the user of one practice was told. A message that was shown as queued has to arrive.
struct Told {
  std::set<std::string> tried;   ///< subjects of all messages somebody tried to send
  std::set<std::string> queued;  ///< those that the practice system confirmed
};

class Storm {
 public:
  /// The same seed makes the same choices; what the processes do with them differs from run to run.
  explicit Storm(unsigned seed);

  /// Both accounts. Fails the test if they cannot be set up.
  void set_up();
  /// One action of one practice under a fault, killed or not. Returns true if it was killed.
  bool strike();
  /// Ends all faults and lets both practices do what they have left to do, until nothing waits any more.
  void calm();
  /// The proof; every broken promise is a failure of the test.
  void check();

  [[nodiscard]] std::string summary() const;

 private:
  struct Side {
    std::unique_ptr<Practice> practice;
    std::string name;
    Told told;
    std::string password;  ///< the last one the user typed
  };

  int number(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  void choose_weather();
  Environment choose_clock();
  /// Environment that kills the process at a random point, or none.
  Environment choose_point(const std::string& action);
  void learn(const std::string& action, const Side& side);
  std::string steps_of(const std::string& action, Side& side, Environment& environment);
  void note_outcomes(Side& side, const std::string& subject) const;
  std::vector<MailRow> list(Side& side, const char* command);
  [[nodiscard]] int on_server() const;
  void check_arrivals(Side& from, Side& to);
  void check_account(Side& side);
  void check_database(const fs::path& file);

  std::mt19937 random_;
  TempDir directory_;
  Server server_{directory_.path() / "server"};
  std::vector<Side> sides_;
  std::map<std::string, std::map<std::string, int>> points_;  ///< action -> kind -> how many calls a whole run makes
  std::map<std::string, int> kills_;                          ///< by kind, for the summary
  int next_subject_ = 0;
  int next_password_ = 0;
};

}  // namespace kvc::e2e::storm
