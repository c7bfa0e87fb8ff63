// SPDX-License-Identifier: Apache-2.0
// Processes for the end-to-end tests: a server, practices, and what they leave behind.
#pragma once

#include <Poco/JSON/Object.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kvc::e2e {

namespace fs = std::filesystem;
using Millis = std::chrono::milliseconds;
using Environment = std::map<std::string, std::string>;

/// True under a sanitizer: the memory of a process is then not what it is for a user.
bool sanitized();
/// How many times longer everything takes than usual: KVC_TEST_TIME_FACTOR, 1 without it. Limits and moments of kills
/// follow it.
int time_factor();

std::string read_file(const fs::path& file);
void write_file(const fs::path& file, const std::string& text);

/// A folder that goes with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// A child process with its output in files. Killed when the object goes.
class Process {
 public:
  Process(const std::vector<std::string>& command, const Environment& environment, const fs::path& out,
          const fs::path& err);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// Exit code, 128 + signal for one that was killed; none if it still runs.
  std::optional<int> wait(Millis timeout);
  void send(int signal) const;
  /// What everybody on the machine can read: /proc/PID/cmdline.
  [[nodiscard]] std::string command_line() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

/// kvconnect-test-server on a free port; the port stays the same over stop() and start().
class Server {
 public:
  /// `more`: further options of the server, e.g. {"--accounts", FILE}.
  explicit Server(const fs::path& directory, std::vector<std::string> more = {});
  void start();
  void stop();
  void kill();  ///< without a word, as a power failure does
  /// The plugin's settings for this server.
  [[nodiscard]] std::string settings() const;
  /// One line a request, when it is done; one more with " held for " before a fault delays it.
  [[nodiscard]] std::string requests() const;
  /// From the next request on: the rules of a fault plan (kvconnect_server/README.md), "" for none.
  void set_faults(const std::string& rules) const;

 private:
  fs::path directory_;
  std::vector<std::string> more_;
  std::string port_ = "0";
  Poco::JSON::Object::Ptr ready_;
  std::unique_ptr<Process> process_;
};

/// What a run of pvs-host did.
struct HostRun {
  int code = -1;
  std::string out, err, command_line;
  /// The last line of output that is an outcome, as text; for messages.
  [[nodiscard]] std::string last() const;
  /// All outcomes, in their order: {"step", "as", "view" | "done" | "error" ...}.
  [[nodiscard]] std::vector<Poco::JSON::Object::Ptr> outcomes() const;
};

/// One practice with its own data directory. Passwords are canaries, so that a search finds every copy of them.
class Practice {
 public:
  /// `name`: "nord" or "sued", as in scripts/ and the server's demo accounts.
  Practice(std::string name, fs::path directory, const Server& server);

  /// Runs a script of scripts/ to its end.
  HostRun run(const std::string& script, const Environment& more = {});
  /// Runs steps given as text.
  HostRun run_steps(const std::string& steps, const Environment& more = {});
  /// The same as the command that stands behind `wrapper`.
  HostRun run_steps_with(std::vector<std::string> wrapper, const std::string& steps);
  /// Starts steps and leaves them running. `secrets_by_environment` is false for a test that looks into the process's
  /// memory, which holds its environment.
  std::unique_ptr<Process> start_steps(const std::string& steps, bool secrets_by_environment);
  /// Starts a script and kills the host after `delay` times time_factor(). True if it was still running then.
  bool kill_after(const std::string& script, Millis delay, const Environment& more = {});
  /// The same, killed when `moment` comes true, however fast the machine is.
  bool kill_when(const std::string& script, const std::function<bool()>& moment, const Environment& more = {});

  void set_settings(const std::string& settings) const;
  /// From the next run on no file may grow beyond so many blocks of 512 bytes, as on a disk that is nearly full; none:
  /// no limit.
  void limit_files(std::optional<int> blocks) { file_blocks_ = blocks; }
  [[nodiscard]] const fs::path& directory() const { return directory_; }
  [[nodiscard]] fs::path data() const { return directory_ / "data"; }
  [[nodiscard]] std::string address() const { return "praxis." + name_ + "@kv-safenet.de"; }
  [[nodiscard]] std::vector<std::string> secrets() const;
  [[nodiscard]] std::vector<std::string> audit_events() const;

 private:
  [[nodiscard]] std::unique_ptr<Process> launch(const fs::path& script, const Environment& more);
  HostRun finish(Process& process) const;
  [[nodiscard]] fs::path prepare(const std::string& name, const std::string& steps) const;

  std::string name_;
  fs::path directory_;
  Environment environment_;
  std::optional<int> file_blocks_;
  std::vector<std::string> wrapper_;
};

/// Files under `directory` that hold one of `needles`, as "file: needle".
std::vector<std::string> find_in_files(const fs::path& directory, const std::vector<std::string>& needles);

}  // namespace kvc::e2e
