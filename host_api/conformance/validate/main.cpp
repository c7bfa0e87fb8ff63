// SPDX-License-Identifier: Apache-2.0
// pvs-validate: does a plugin keep the rules of plugin.h?
#include <google/protobuf/stubs/logging.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "driver.h"
#include "report.h"
#include "text.h"

namespace {

namespace fs = std::filesystem;
using namespace pvs::conformance;

constexpr int kGood = 0;
constexpr int kWarnings = 1;
constexpr int kFailed = 2;
constexpr int kDidNotRun = 3;

constexpr const char* kUsage =
    "pvs-validate PLUGIN_DIR_OR_SO [--settings FILE] [--only NAME]... [--timeout SECONDS]\n"
    "             [--time-factor N] [--jobs N] [--junit FILE] [--json FILE]\n"
    "pvs-validate --list\n"
    "\n"
    "  --settings     settings of the plugin; relative paths in it start at its folder\n"
    "  --only         this check, or with a point at the end this group (\"reply.\"); may be repeated\n"
    "  --timeout      for one check (60)\n"
    "  --time-factor  time classes are multiplied by it, for slow or busy machines (1)\n"
    "  --jobs         checks that run at a time (2)\n"
    "  --list         the names of all checks, each with the sentence of the specification it proves\n"
    "\n"
    "Each check runs in a process of its own. Exit code: 0 every check passed, 1 there are warnings, 2 a check "
    "failed,\n"
    "3 the checks did not run.\n";

struct Options {
  fs::path plugin;
  fs::path settings, junit, json;
  std::vector<std::string> only;
  int timeout = 60;
  int time_factor = 1;
  int jobs = 2;
  bool list = false;
  std::string child;
  fs::path scratch;
};

int number(const std::string& text, const std::string& name) {
  if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != std::string::npos ||
      std::stoi(text) == 0) {
    throw std::runtime_error("the argument " + name + " needs a positive number");
  }
  return std::stoi(text);
}

Options parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--list") {
      options.list = true;
      continue;
    }
    if (!name.starts_with("--")) {
      if (!options.plugin.empty()) {
        throw std::runtime_error("more than one plugin: " + name);
      }
      options.plugin = name;
      continue;
    }
    if (i + 1 == arguments.size()) {
      throw std::runtime_error("the argument " + name + " is unknown or needs a value");
    }
    const std::string& value = arguments[++i];
    if (name == "--settings") {
      options.settings = fs::absolute(value);
    } else if (name == "--junit") {
      options.junit = value;
    } else if (name == "--json") {
      options.json = value;
    } else if (name == "--only") {
      options.only.push_back(value);
    } else if (name == "--timeout") {
      options.timeout = number(value, name);
    } else if (name == "--time-factor") {
      options.time_factor = number(value, name);
    } else if (name == "--jobs") {
      options.jobs = std::min(number(value, name), 64);
    } else if (name == "--child") {
      options.child = value;
    } else if (name == "--scratch") {
      options.scratch = value;
    } else {
      throw std::runtime_error("unknown argument " + name);
    }
  }
  if (options.plugin.empty() && !options.list) {
    throw std::runtime_error("which plugin?");
  }
  return options;
}

/// The helper lies beside this program in a build, and in libexec when installed.
fs::path find_full_host() {
  const fs::path self = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path installed = self / PVS_LIBEXEC_FROM_BIN / "pvs-full-protobuf-host";
  return fs::exists(installed) ? installed : self / "pvs-full-protobuf-host";
}

Subject subject_of(const Options& options) {
  Subject subject;
  const fs::path given = fs::absolute(options.plugin);
  const bool is_directory = fs::is_directory(given);
  subject.manifest = pvs::read_manifest(is_directory ? given : given.parent_path());
  // A manifest that is refused may name no library: then the only one in the folder is taken.
  subject.library = is_directory ? given / subject.manifest.manifest.library : given;
  if (is_directory && subject.manifest.manifest.library.empty()) {
    for (const auto& entry : fs::directory_iterator(given)) {
      if (entry.path().extension() == ".so") {
        subject.library = entry.path();
      }
    }
  }
  if (!fs::is_regular_file(subject.library)) {
    throw std::runtime_error("there is no library: " + subject.library.string() + "\n" + subject.manifest.report());
  }
  if (!options.settings.empty()) {
    std::ifstream in(options.settings, std::ios::binary);
    if (!in) {
      throw std::runtime_error("cannot read the settings " + options.settings.string());
    }
    subject.settings_json.assign(std::istreambuf_iterator<char>(in), {});
    subject.settings_directory = options.settings.parent_path();
  }
  subject.full_host = find_full_host();
  subject.scratch = options.scratch;
  subject.time_factor = options.time_factor;
  // Several jobs may use it up, and the process must not be over before.
  subject.job_patience_ms = std::min(10000, options.timeout * 100);
  return subject;
}

int run_child(const Options& options) {
  Findings findings(kFindingsFd);
  // A library of ours blocks SIGPIPE when it starts, and protobuf complains of garbage on standard error: neither is to
  // hide or to look like what the plugin does.
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  google::protobuf::SetLogHandler(nullptr);
  const Check* check = find_check(options.child);
  if (check == nullptr) {
    return kDidNotRun;
  }
  try {
    check->run(subject_of(options), findings);
  } catch (const std::exception& e) {
    findings.fail(std::string("the check itself failed: ") + e.what());
  }
  findings.done();
  // Without the library's destructors: a thread that was not joined may still run in it.
  ::_exit(0);
}

bool wanted(const Check& check, const std::vector<std::string>& only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& name) {
           return name.ends_with('.') ? check.name.starts_with(name) : check.name == name;
         });
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

/// A folder that goes when the run is over.
class Scratch {
 public:
  Scratch() : path_((fs::temp_directory_path() / "pvs-validate-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw std::runtime_error("cannot make a temporary directory");
    }
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] fs::path path() const { return path_; }

 private:
  std::string path_;
};

int run_all(const Options& options) {
  for (const std::string& name : options.only) {
    if (std::none_of(all_checks().begin(), all_checks().end(), [&](const Check& c) { return wanted(c, {name}); })) {
      throw std::runtime_error("there is no check " + name + "; --list names them");
    }
  }
  const Subject subject = subject_of(options);  // says at once what is missing
  const Scratch scratch;
  RunOptions run;
  run.scratch = scratch.path();
  run.timeout = std::chrono::seconds(options.timeout);
  run.child_arguments = {fs::absolute(options.plugin).string(), "--time-factor", std::to_string(options.time_factor),
                         "--timeout", std::to_string(options.timeout)};
  if (!options.settings.empty()) {
    run.child_arguments.insert(run.child_arguments.end(), {"--settings", options.settings.string()});
  }
  std::vector<const Check*> checks;
  for (const Check& check : all_checks()) {
    if (wanted(check, options.only)) {
      checks.push_back(&check);
    }
  }
  const std::vector<CheckResult> results = run_checks(checks, run, options.jobs, [](const CheckResult& result) {
    print_result(std::cout, result);
    std::cout.flush();
  });
  const std::string name = printable(subject.library.filename().string());
  const Totals totals = count(results);
  std::cout << name << ": " << totals.passed << " passed, " << totals.skipped << " skipped, " << totals.warnings
            << " with warnings, " << totals.failed << " failed, " << totals.blocked << " blocked\n";
  if (!options.junit.empty()) {
    write_file(options.junit, junit(name, results));
  }
  if (!options.json.empty()) {
    write_file(options.json, json(name, results));
  }
  return totals.failed + totals.blocked != 0 ? kFailed : totals.warnings != 0 ? kWarnings : kGood;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    std::cout << kUsage;
    return arguments.empty() ? kDidNotRun : kGood;
  }
  try {
    const Options options = parse(arguments);
    if (options.list) {
      for (const Check& check : all_checks()) {
        std::cout << check.name << '\t' << check.rule << '\n';
      }
      return kGood;
    }
    return options.child.empty() ? run_all(options) : run_child(options);
  } catch (const std::exception& e) {
    std::cerr << "pvs-validate: " << e.what() << '\n';
    return kDidNotRun;
  }
}
