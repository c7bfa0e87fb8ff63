// SPDX-License-Identifier: Apache-2.0
#include "e2e/harness.h"

#include <Poco/JSON/Parser.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "paths.h"

namespace kvc::e2e {
namespace {

constexpr Millis kPoll{5};
Millis start_limit() {
  return Millis(60000) * time_factor();
}
Millis run_limit() {
  return Millis(120000) * time_factor();
}

std::string upper(std::string text) {
  for (char& c : text) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

}  // namespace

bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return true;
#else
  return false;
#endif
#else
  return false;
#endif
}

int time_factor() {
  const char* const text = std::getenv("KVC_TEST_TIME_FACTOR");
  return text == nullptr ? 1 : std::clamp(std::atoi(text), 1, 100);
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) {
    throw std::runtime_error("cannot write " + file.string());
  }
}

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "kvc_e2e_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("cannot make a temporary directory");
  }
  path_ = pattern;
}

TempDir::~TempDir() {
  if (testing::Test::HasFailure()) {
    // For whoever has to find out why.
    std::fprintf(stderr, "kept: %s\n", path_.c_str());
    return;
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Process::Process(const std::vector<std::string>& command, const Environment& environment, const fs::path& out,
                 const fs::path& err) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::vector<std::string> variables;
  for (char** old = ::environ; *old != nullptr; ++old) {
    variables.emplace_back(*old);
  }
  for (const auto& [name, value] : environment) {
    variables.push_back(name + "=" + value);
  }
  std::vector<char*> pointers;
  for (std::string& variable : variables) {
    pointers.push_back(variable.data());
  }
  pointers.push_back(nullptr);
  const int error = ::posix_spawn(&pid_, command[0].c_str(), &actions, nullptr, arguments.data(), pointers.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw std::runtime_error("cannot start " + command[0]);
  }
}

Process::~Process() {
  if (!code_) {
    send(SIGKILL);
    static_cast<void>(wait(start_limit()));
  }
}

std::optional<int> Process::wait(Millis timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!code_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() >= end) {
      break;
    } else {
      std::this_thread::sleep_for(kPoll);
    }
  }
  return code_;
}

void Process::send(int signal) const {
  if (!code_) {
    ::kill(pid_, signal);
  }
}

std::string Process::command_line() const {
  return read_file("/proc/" + std::to_string(pid_) + "/cmdline");
}

// ---- server ----

Server::Server(const fs::path& directory, std::vector<std::string> more)
    : directory_(directory), more_(std::move(more)) {
  fs::create_directories(directory_);
  set_faults("");
  start();
}

void Server::set_faults(const std::string& rules) const {
  // Renamed into place: a request that comes now must not see half a plan.
  const fs::path plan = directory_ / "faults.json";
  const fs::path next = directory_ / "faults.next";
  write_file(next, R"({"rules": [)" + rules + "]}");
  fs::rename(next, plan);
}

void Server::start() {
  const fs::path out = directory_ / "ready.json";
  fs::remove(out);
  std::vector<std::string> command{KVC_TEST_SERVER,
                                   "--port",
                                   port_,
                                   "--data",
                                   (directory_ / "data").string(),
                                   "--ca",
                                   KVC_TEST_CA_DIR,
                                   "--ca-bits",
                                   "2048",
                                   "--csr-step-ms",
                                   "20",
                                   "--robots",
                                   "off",
                                   "--faults",
                                   (directory_ / "faults.json").string()};
  command.insert(command.end(), more_.begin(), more_.end());
  process_ = std::make_unique<Process>(command, Environment{}, out, directory_ / "requests.log");
  const auto end = std::chrono::steady_clock::now() + start_limit();
  std::string line;
  while (line.find('\n') == std::string::npos) {
    if (process_->wait(Millis(0)) || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("the server does not start: " + read_file(directory_ / "requests.log"));
    }
    std::this_thread::sleep_for(kPoll);
    line = read_file(out);
  }
  ready_ = Poco::JSON::Parser().parse(line).extract<Poco::JSON::Object::Ptr>();
  port_ = ready_->getValue<std::string>("port");
}

void Server::stop() {
  process_->send(SIGTERM);
  if (!process_->wait(start_limit())) {
    throw std::runtime_error("the server does not stop");
  }
  process_.reset();
}

void Server::kill() {
  process_->send(SIGKILL);
  static_cast<void>(process_->wait(start_limit()));
  process_.reset();
}

std::string Server::requests() const {
  return read_file(directory_ / "requests.log");
}

std::string Server::settings() const {
  const auto value = [this](const char* name) { return ready_->getValue<std::string>(name); };
  return R"({"environments": [{"id": "own", "name": "Testserver", "base_url": ")" + value("base_url") +
         R"(", "mail_domain": ")" + value("mail_domain") + R"(", "tls_roots": [")" + value("root") +
         R"("], "message_roots": [")" + value("root") + R"("], "user_cas": [")" + value("user_ca") +
         R"("]}], "fetch": {"interval_minutes": 0}, "csr_poll_seconds": 1})";
}

// ---- practice ----

std::vector<Poco::JSON::Object::Ptr> HostRun::outcomes() const {
  std::vector<Poco::JSON::Object::Ptr> found;
  std::istringstream lines(out);
  std::string line;
  while (std::getline(lines, line)) {
    auto object = Poco::JSON::Parser().parse(line).extract<Poco::JSON::Object::Ptr>();
    if (object->has("step") && !object->has("event")) {
      found.push_back(std::move(object));
    }
  }
  return found;
}

std::string HostRun::last() const {
  std::istringstream lines(out);
  std::string line;
  std::string last;
  while (std::getline(lines, line)) {
    if (line.find("\"step\"") != std::string::npos) {
      last = line;
    }
  }
  return last + "\n" + err;
}

Practice::Practice(std::string name, fs::path directory, const Server& server)
    : name_(std::move(name)), directory_(std::move(directory)) {
  fs::create_directories(directory_ / "scripts");
  set_settings(server.settings());
  const std::string mark = upper(name_);
  environment_ = {{"KVC_TOUR_LOGIN", "Canary-LOGIN-" + mark},
                  {"KVC_TOUR_USERNAME", "praxis." + name_},
                  {"KVC_TOUR_PASSWORD", "Initial-" + mark + "-1"},
                  {"KVC_TOUR_NEW_PASSWORD", "Canary-NEW-" + mark + "-9xy"},
                  {"KVC_TOUR_KEYSTORE_PASSWORD", "Canary-KEYSTORE-" + mark}};
  for (const auto& entry : fs::directory_iterator(fs::path(kvc::test::source_dir()) / "tests/e2e/scripts")) {
    fs::copy_file(entry.path(), directory_ / "scripts" / entry.path().filename());
  }
}

void Practice::set_settings(const std::string& settings) const {
  write_file(directory_ / "settings.json", settings);
}

std::vector<std::string> Practice::secrets() const {
  std::vector<std::string> secrets{"-----BEGIN PRIVATE KEY", "-----BEGIN RSA PRIVATE KEY"};
  for (const auto& [name, value] : environment_) {
    if (name != "KVC_TOUR_USERNAME") {
      secrets.push_back(value);
    }
  }
  return secrets;
}

std::unique_ptr<Process> Practice::launch(const fs::path& script, const Environment& more) {
  Environment environment = environment_;
  environment["KVC_TOUR_SUBJECT"] = "Befund zur Mitbehandlung";  // no secret, so not one of environment_
  for (const auto& [name, value] : more) {
    environment[name] = value;
  }
  std::vector<std::string> command = wrapper_;
  if (file_blocks_) {
    // Without the signal a write fails as on a full disk; ignoring it is inherited.
    command = {"/bin/sh", "-c", "trap '' XFSZ; ulimit -f " + std::to_string(*file_blocks_) + "; exec \"$@\"",
               "limited"};
  }
  for (const std::string& argument :
       {std::string(KVC_PVS_HOST), std::string("run"), std::string("--plugin"), std::string(KVC_PLUGIN_DIR),
        std::string("--practice"), (directory_ / "scripts" / ("practice_" + name_ + ".json")).string(),
        std::string("--script"), script.string(), std::string("--settings"), (directory_ / "settings.json").string(),
        std::string("--data"), data().string()}) {
    command.push_back(argument);
  }
  return std::make_unique<Process>(command, environment, directory_ / "out.txt", directory_ / "err.txt");
}

HostRun Practice::finish(Process& process) const {
  HostRun run;
  run.command_line = process.command_line();
  const auto code = process.wait(run_limit());
  run.code = code.value_or(-1);
  run.out = read_file(directory_ / "out.txt");
  run.err = read_file(directory_ / "err.txt");
  return run;
}

HostRun Practice::run(const std::string& script, const Environment& more) {
  const auto process = launch(directory_ / "scripts" / (script + ".json"), more);
  return finish(*process);
}

fs::path Practice::prepare(const std::string& name, const std::string& steps) const {
  const fs::path file = directory_ / "scripts" / (name + ".json");
  write_file(file, steps);
  return file;
}

HostRun Practice::run_steps(const std::string& steps, const Environment& more) {
  const auto process = launch(prepare("steps", steps), more);
  return finish(*process);
}

HostRun Practice::run_steps_with(std::vector<std::string> wrapper, const std::string& steps) {
  wrapper_ = std::move(wrapper);
  HostRun run = run_steps(steps);
  wrapper_.clear();
  return run;
}

std::unique_ptr<Process> Practice::start_steps(const std::string& steps, bool secrets_by_environment) {
  const fs::path script = prepare("steps", steps);
  const Environment kept = environment_;
  if (!secrets_by_environment) {
    environment_.clear();
  }
  auto process = launch(script, {});
  environment_ = kept;
  return process;
}

bool Practice::kill_after(const std::string& script, Millis delay, const Environment& more) {
  const auto process = launch(directory_ / "scripts" / (script + ".json"), more);
  const bool still_running = !process->wait(delay * time_factor());
  process->send(SIGKILL);
  static_cast<void>(process->wait(start_limit()));
  return still_running;
}

bool Practice::kill_when(const std::string& script, const std::function<bool()>& moment, const Environment& more) {
  const auto process = launch(directory_ / "scripts" / (script + ".json"), more);
  const auto end = std::chrono::steady_clock::now() + run_limit();
  while (!process->wait(kPoll) && !moment() && std::chrono::steady_clock::now() < end) {
  }
  const bool still_running = !process->wait(Millis(0));
  process->send(SIGKILL);
  static_cast<void>(process->wait(start_limit()));
  return still_running && moment();
}

std::vector<std::string> Practice::audit_events() const {
  std::vector<std::string> events;
  std::istringstream lines(read_file(data() / "audit.jsonl"));
  std::string line;
  while (std::getline(lines, line)) {
    events.push_back(
        Poco::JSON::Parser().parse(line).extract<Poco::JSON::Object::Ptr>()->getValue<std::string>("event"));
  }
  return events;
}

std::vector<std::string> find_in_files(const fs::path& directory, const std::vector<std::string>& needles) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    const std::string text = read_file(entry.path());
    for (const std::string& needle : needles) {
      if (text.find(needle) != std::string::npos) {
        found.push_back(entry.path().string() + ": " + needle);
      }
    }
  }
  return found;
}

}  // namespace kvc::e2e
