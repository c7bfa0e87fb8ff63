// SPDX-License-Identifier: Apache-2.0
// pvs-host: a small practice system, to run a plugin by a script or to show it to people as a page.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <pvs/host.hpp>
#include <string>
#include <vector>

#include "atomic_file.h"
#include "practice.h"
#include "renderer.h"
#include "runner.h"
#include "script.h"
#include "serve/serve.h"
#include "services.h"

namespace {

namespace fs = std::filesystem;
using namespace pvs::host;

constexpr int kGood = 0;
constexpr int kScriptFailed = 2;
constexpr int kAborted = 3;
constexpr std::size_t kMaxSettings = 1048576;
constexpr std::chrono::milliseconds kStop{15000};

std::atomic<bool> g_abort{false};
void on_signal(int) {
  g_abort.store(true);
}

constexpr const char* kUsage =
    "pvs-host run --plugin DIR --script FILE.json --practice FILE.json\n"
    "             [--settings FILE.json] [--data DIR] [--patience SECONDS]\n"
    "pvs-host serve --plugin DIR --practice FILE.json [--settings FILE.json] [--data DIR]\n"
    "             [--port P] [--ready-file FILE] [--idle-lock SECONDS] [--patience SECONDS]\n"
    "\n"
    "  --plugin    folder with manifest.json and the library it names\n"
    "  --script    the steps; see host_api/README.md\n"
    "  --practice  the practice: users, patients, documents\n"
    "  --settings  settings of the plugin; relative paths in it start at its folder\n"
    "  --data      the host's data (default: ./pvs-host-data); one folder for each practice\n"
    "  --patience  how long the plugin may keep the main thread before pvs-host gives up (default: 60; 0: for ever)\n"
    "  --port      of the page on 127.0.0.1 (default 0: a free one); --ready-file gets {\"url\": ...} when it can be "
    "opened\n"
    "  --idle-lock seconds without a person after which the screen is locked (default 900; 0: never)\n"
    "\n"
    "Every view of a run is printed as one line of JSON, sentences for people on standard error.\n"
    "Exit code: 0 good; 2 a step failed, or the script is wrong; 3 the run did not get going or was interrupted.\n";

using Options = std::map<std::string, std::string>;

Options parse_options(const std::vector<std::string>& arguments, const std::vector<std::string>& needed,
                      std::vector<std::string> known) {
  known.insert(known.end(), needed.begin(), needed.end());
  Options options{{"data", "pvs-host-data"}, {"patience", "60"}};
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string name = arguments[i].starts_with("--") ? arguments[i].substr(2) : "";
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw InputError("unknown argument " + arguments[i]);
    }
    if (i + 1 == arguments.size()) {
      throw InputError("the argument " + arguments[i] + " needs a value");
    }
    options[name] = arguments[i + 1];
  }
  for (const std::string& name : needed) {
    if (!options.contains(name)) {
      throw InputError("the argument --" + name + " is missing");
    }
  }
  return options;
}

std::chrono::seconds patience_of(const std::string& text) {
  if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != std::string::npos) {
    throw InputError("--patience needs a number of seconds");
  }
  return std::chrono::seconds(std::stol(text));
}

/// What a plugin says about itself, for a terminal: lines stay, what steers a terminal does not.
std::string for_terminal(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }, ' ');
  return text;
}

pvs::v1::HelloRequest greeting(const Options& options, const Practice& practice) {
  pvs::v1::HelloRequest hello;
  hello.set_locale(practice.locale);
  if (const auto settings = options.find("settings"); settings != options.end()) {
    hello.set_settings_json(read_small_file(settings->second, kMaxSettings));
    hello.set_settings_directory(fs::absolute(settings->second).parent_path().string());
  }
  return hello;
}

int run_script(pvs::LoadedPlugin& plugin, Services& services, const std::vector<Step>& steps, const fs::path& base) {
  JsonLinesRenderer renderer(std::cout, std::cerr);
  try {
    Runner(plugin, services, renderer, base, g_abort).run(steps);
    return kGood;
  } catch (const StepFailed& e) {
    std::cerr << "FAILED " << e.what() << '\n';
  } catch (const InputError& e) {
    std::cerr << "SCRIPT ERROR " << e.what() << '\n';
  } catch (const Aborted& e) {
    std::cerr << "ABORTED " << e.what() << '\n';
    return kAborted;
  }
  return kScriptFailed;
}

int run(const Options& options) {
  std::vector<Step> steps;
  try {
    steps = read_script(options.at("script"));
  } catch (const InputError& e) {
    std::cerr << "SCRIPT ERROR " << e.what() << '\n';
    return kScriptFailed;
  }
  Practice practice = read_practice(options.at("practice"));
  const pvs::v1::HelloRequest hello = greeting(options, practice);
  make_private_directory(fs::absolute(options.at("data")));
  const auto services = std::make_shared<Services>(std::move(practice), options.at("data"));
  services->set_patience(patience_of(options.at("patience")));
  const pvs::LoadResult loaded = pvs::LoadedPlugin::load(options.at("plugin"), services, {"pvs-host", "1.0"});
  if (loaded.plugin == nullptr) {
    std::cerr << "PLUGIN REFUSED " << for_terminal(loaded.reason) << '\n';
    return kAborted;
  }
  const std::string reason = loaded.plugin->start(hello);
  int code = kAborted;
  if (!reason.empty()) {
    std::cerr << "PLUGIN DOES NOT START " << for_terminal(reason) << '\n';
  } else {
    code = run_script(*loaded.plugin, *services, steps, fs::absolute(options.at("script")).parent_path());
  }
  if (loaded.plugin->stop(kStop) != PVS_OK) {
    std::cerr << "PLUGIN DID NOT STOP\n";
    return kAborted;
  }
  return code;
}

long number(const Options& options, const std::string& name, long otherwise, long highest) {
  const auto it = options.find(name);
  if (it == options.end()) {
    return otherwise;
  }
  const std::string& text = it->second;
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos ||
      std::stol(text) > highest) {
    throw InputError("--" + name + " is a number up to " + std::to_string(highest));
  }
  return std::stol(text);
}

int serve_page(const Options& options) {
  serve::ServeOptions page;
  page.plugin = options.at("plugin");
  page.port = static_cast<std::uint16_t>(number(options, "port", 0, 65535));
  page.idle_lock = std::chrono::seconds(number(options, "idle-lock", page.idle_lock.count(), 86400));
  if (const auto file = options.find("ready-file"); file != options.end()) {
    page.ready_file = file->second;
  }
  Practice practice = read_practice(options.at("practice"));
  const pvs::v1::HelloRequest hello = greeting(options, practice);
  make_private_directory(fs::absolute(options.at("data")));
  const auto services = std::make_shared<Services>(std::move(practice), options.at("data"));
  services->set_patience(patience_of(options.at("patience")));
  return serve::serve(page, services, hello, g_abort, std::cout, std::cerr);
}

bool asks_for_help(const std::string& argument) {
  return argument == "--help" || argument == "-h";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (std::any_of(arguments.begin(), arguments.end(), asks_for_help)) {
    std::cout << kUsage;
    return kGood;
  }
  if (arguments.empty() || (arguments[0] != "run" && arguments[0] != "serve")) {
    std::cerr << (arguments.empty() ? "" : "ABORTED unknown command " + for_terminal(arguments[0]) + "\n\n") << kUsage;
    return kAborted;
  }
  struct sigaction action {};
  action.sa_handler = &on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  try {
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (arguments[0] == "run") {
      return run(parse_options(rest, {"plugin", "script", "practice"}, {"settings", "data", "patience"}));
    }
    return serve_page(parse_options(rest, {"plugin", "practice"},
                                    {"settings", "data", "port", "ready-file", "idle-lock", "patience"}));
  } catch (const std::exception& e) {
    std::cerr << "ABORTED " << e.what() << '\n';
    return kAborted;
  }
}
