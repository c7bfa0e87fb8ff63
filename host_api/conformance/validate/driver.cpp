// SPDX-License-Identifier: Apache-2.0
#include "driver.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "text.h"

namespace pvs::conformance {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxLines = 262144;
constexpr std::size_t kMaxTexts = 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }
  void reset() noexcept {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = -1;
  }

 private:
  int fd_;
};

/// In the child, between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const std::vector<char*>& arguments, const char* directory, int findings, int output) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const struct rlimit none {};
  ::setrlimit(RLIMIT_CORE, &none);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(findings, kFindingsFd);
  ::fcntl(kFindingsFd, F_SETFD, 0);  // it may have had that number already
  for (int fd = kFindingsFd + 1; fd < 64; ++fd) {
    ::close(fd);
  }
  if (::chdir(directory) != 0) {
    ::_exit(126);
  }
  ::execv("/proc/self/exe", arguments.data());
  ::_exit(127);
}

/// Reads until the writer is gone or the time is over; true if the time was over.
bool read_lines(int fd, Clock::time_point end, std::string& lines) {
  std::array<char, 4096> buffer{};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) {
      return true;
    }
    struct pollfd item {
      fd, POLLIN, 0
    };
    if (::poll(&item, 1, static_cast<int>(std::min<std::int64_t>(left, 1000))) <= 0) {
      continue;
    }
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0 || (count < 0 && errno != EINTR)) {
      return false;
    }
    if (count > 0 && lines.size() < kMaxLines) {
      lines.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (lines.find("\ndone\t") != std::string::npos || lines.starts_with("done\t")) {
      return false;  // what a leftover process holds open does not matter any more
    }
  }
}

/// Waits for the child's end until `end`; true if it had to be killed.
bool wait_for(pid_t child, Clock::time_point end, int& status) {
  while (true) {
    const pid_t got = ::waitpid(child, &status, WNOHANG);
    if (got == child) {
      return false;
    }
    if (Clock::now() >= end) {
      ::kill(-child, SIGKILL);
      ::waitpid(child, &status, 0);
      return true;
    }
    ::usleep(1000);
  }
}

std::string tail_of(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::min<off_t>(std::max<off_t>(size, 0), 600)), '\0');
  const ssize_t count = ::pread(fd, text.data(), text.size(), std::max<off_t>(size - 600, 0));
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return printable(text, 600);
}

}  // namespace

const char* verdict_name(Verdict verdict) noexcept {
  static constexpr const char* kNames[] = {"passed", "skipped", "warning", "failed", "blocked"};
  return kNames[static_cast<std::size_t>(verdict)];
}

CheckResult judge_child(const Check& check, std::string_view lines, int wait_status, bool timed_out) {
  CheckResult result;
  result.check = &check;
  result.verdict = Verdict::passed;
  std::string phase = "before anything of the plugin ran";
  bool done = false;
  const auto raise = [&](Verdict verdict, std::string_view text) {
    result.verdict = verdict == Verdict::failed || result.verdict < verdict ? verdict : result.verdict;
    if (result.texts.size() < kMaxTexts) {
      result.texts.emplace_back(printable(text, 1000));
    }
  };
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const std::size_t tab = line.find('\t');
    const std::string_view kind = line.substr(0, tab);
    const std::string_view text = tab == std::string_view::npos ? std::string_view{} : line.substr(tab + 1);
    if (kind == "phase") {
      phase = printable(text);
    } else if (kind == "fail") {
      raise(Verdict::failed, text);
    } else if (kind == "blocked" && result.verdict != Verdict::failed) {
      raise(Verdict::blocked, text);
    } else if (kind == "warn") {
      raise(Verdict::warning, text);
    } else if (kind == "skip") {
      raise(Verdict::skipped, text);
    } else if (kind == "done") {
      done = true;
    }
  }
  if (timed_out) {
    raise(Verdict::failed, "did not come to an end and was killed; it was " + phase);
  } else if (WIFSIGNALED(wait_status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(wait_status));
    raise(Verdict::failed, "the process died of signal " + std::to_string(WTERMSIG(wait_status)) + " (SIG" +
                               (name == nullptr ? "?" : name) + "); it was " + phase);
  } else if (!done || WEXITSTATUS(wait_status) != 0) {
    raise(Verdict::failed, "the process ended by itself with exit code " + std::to_string(WEXITSTATUS(wait_status)) +
                               "; it was " + phase);
  }
  return result;
}

CheckResult run_check(const Check& check, const RunOptions& options) {
  std::string pattern = (options.scratch / "check-XXXXXX").string();
  std::array<int, 2> pipe{-1, -1};
  const int memory = ::memfd_create("pvs-validate", MFD_CLOEXEC);
  if (memory < 0 || ::mkdtemp(pattern.data()) == nullptr || ::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no directory, pipe or memory for a check: " + std::string(::strerror(errno)));
  }
  const Descriptor output(memory);
  const Descriptor reader(pipe[0]);
  Descriptor writer(pipe[1]);
  std::vector<std::string> texts{"pvs-validate", "--child", std::string(check.name), "--scratch", pattern};
  texts.insert(texts.end(), options.child_arguments.begin(), options.child_arguments.end());
  std::vector<char*> arguments;
  for (std::string& text : texts) {
    arguments.push_back(text.data());
  }
  arguments.push_back(nullptr);
  const auto begin = Clock::now();
  const pid_t child = ::fork();
  if (child < 0) {
    throw std::runtime_error("no process for a check: " + std::string(::strerror(errno)));
  }
  if (child == 0) {
    become(arguments, pattern.c_str(), writer.get(), output.get());
  }
  writer.reset();
  std::string lines;
  int status = 0;
  const auto end = begin + options.timeout;
  bool timed_out = read_lines(reader.get(), end, lines);
  // After its last line a child only has to go; a plugin can still keep it.
  timed_out = wait_for(child, timed_out ? Clock::now() : end, status) || timed_out;
  ::kill(-child, SIGKILL);  // whatever it started
  CheckResult result = judge_child(check, lines, status, timed_out);
  if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0) {
    result.output = tail_of(output.get());
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::error_code ignored;
  fs::remove_all(pattern, ignored);
  return result;
}

namespace {

/// The work of run_checks: a list, results by its index, and who may begin when.
class Schedule {
 public:
  Schedule(const std::vector<const Check*>& checks, const RunOptions& options)
      : checks_(checks), options_(options), results_(checks.size()), finished_(checks.size(), false) {}

  /// Takes checks until none is left. Runs on several threads.
  void work() {
    while (true) {
      std::size_t index = 0;
      CheckResult result;
      if (!begin_next(index, result)) {
        return;
      }
      if (result.check == nullptr) {
        result = run(*checks_[index]);
      }
      const std::lock_guard lock(mutex_);
      running_ -= 1;
      alone_ = false;
      results_[index] = std::move(result);
      finished_[index] = true;
      changed_.notify_all();
    }
  }

  [[nodiscard]] CheckResult wait_for_result(std::size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return finished_[index]; });
    return results_[index];
  }

 private:
  [[nodiscard]] CheckResult run(const Check& check) const {
    try {
      return run_check(check, options_);
    } catch (const std::exception& e) {
      CheckResult result;
      result.check = &check;
      result.texts.emplace_back(e.what());
      return result;
    }
  }

  /// Where a check stands in the list; the list's size if it does not.
  [[nodiscard]] std::size_t index_of(std::string_view name) const {
    std::size_t index = 0;
    while (index < checks_.size() && checks_[index]->name != name) {
      ++index;
    }
    return index;
  }

  /// Waits until the next check may run. A blocked one comes with its result.
  bool begin_next(std::size_t& index, CheckResult& result) {
    std::unique_lock lock(mutex_);
    if (next_ == checks_.size()) {
      return false;
    }
    index = next_++;
    const Check& check = *checks_[index];
    const std::size_t before = index_of(check.needs);
    changed_.wait(lock, [&] {
      const bool ready = before >= index || finished_[before];
      return ready && !alone_ && (!check.alone || running_ == 0);
    });
    running_ += 1;
    alone_ = check.alone;
    if (before < index && results_[before].verdict >= Verdict::failed) {
      result.check = &check;
      result.verdict = Verdict::blocked;
      result.texts.push_back(std::string(check.needs) + " has to pass first");
    }
    return true;
  }

  const std::vector<const Check*>& checks_;
  const RunOptions& options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  int running_ = 0;
  bool alone_ = false;
  std::vector<CheckResult> results_;
  std::vector<bool> finished_;
};

}  // namespace

std::vector<CheckResult> run_checks(const std::vector<const Check*>& checks, const RunOptions& options, int jobs,
                                    const std::function<void(const CheckResult&)>& done) {
  Schedule schedule(checks, options);
  std::vector<std::thread> workers;
  for (int i = 0; i < jobs; ++i) {
    workers.emplace_back([&] { schedule.work(); });
  }
  std::vector<CheckResult> results;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    results.push_back(schedule.wait_for_result(i));
    done(results.back());
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  return results;
}

}  // namespace pvs::conformance
