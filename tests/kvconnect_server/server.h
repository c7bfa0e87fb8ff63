// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kvconnect_server/pki.h"

namespace kvserver {

/// How a server is to run. Only `data_dir` must be set.
struct Options {
  std::filesystem::path data_dir;       ///< created if missing; keeps everything across restarts
  std::uint16_t port = 0;               ///< 0: a free one, see Server::port()
  std::filesystem::path accounts_file;  ///< JSON (README.md, "Accounts"); applied on every start
  std::string accounts_json;            ///< the same as text, applied after the file
  std::filesystem::path faults_file;    ///< JSON (README.md, "Fault plan"); followed while the server runs
  bool robots = true;
  std::chrono::milliseconds csr_step{200};  ///< from one state of a certificate request to the next
  std::chrono::seconds clock_offset{0};     ///< server clock minus machine clock
  int ca_bits = 4096;                       ///< key size of the CAs when they are created
  /// Where the CA tree lives; empty: `ca` in the data directory. Servers may share one, so that tests make it once.
  std::filesystem::path ca_dir;
  std::string mail_domain = "kv-safenet.de";
  std::uint64_t max_mail_bytes = 100U << 20;  ///< larger mails get 413; 0: no limit
  /// One line per request and robot action, without line end; called from many threads. Empty: no log.
  std::function<void(std::string_view)> log;
};

/// What a robot did with one mail.
struct RobotEvent {
  std::string robot;       ///< user name
  std::string message_id;  ///< of the mail it got, bare
  std::string outcome;     ///< "answered", "noted" (a confirmation), "ignored", "refused" or "waiting"
  std::string detail;      ///< which answers, or what was wrong with the mail
  /// Departures of the mail from protocol C that did not stop the robot; empty for a mail as it should be.
  std::vector<std::string> notes;
};

/// A KV-Connect server for tests and demo, in this process. Methods may be called from any thread; start and stop from
/// one at a time. Methods throw std::runtime_error with a readable reason.
class Server {
 public:
  explicit Server(Options options);
  ~Server();  ///< stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Opens or creates the data directory (CA keys of 4096 bits take seconds the first time) and listens.
  void start();
  void stop();

  std::uint16_t port() const;
  /// `https://localhost:<port>/kvconnect/rest/`
  std::string base_url() const;
  /// PEM files for the client's trust lists.
  CaFiles ca_files() const;

  /// Adds accounts and updates the flags of existing ones; same JSON as the accounts file.
  void apply_accounts(std::string_view json);
  void set_locked(std::string_view username, bool locked);
  /// Replaces the fault plan; "{\"rules\":[]}" clears it.
  void set_faults(std::string_view json);
  /// Reads the followed fault file again, even if it looks unchanged. A text naming the fault if it cannot be read.
  std::string reload_faults();
  void set_clock_offset(std::chrono::seconds offset);

  /// Number of mails waiting for an account.
  std::size_t mailbox_size(std::string_view username) const;
  /// What the robots did since start(), in order.
  std::vector<RobotEvent> robot_events() const;
  /// Waits until every robot has looked at every mail it got; false after `timeout`.
  bool wait_for_robots(std::chrono::milliseconds timeout) const;

 private:
  struct Parts;
  Options options_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace kvserver
