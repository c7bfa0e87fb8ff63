// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/command.h"

#include <Poco/JSON/Object.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>

#include "kvconnect_server/server.h"
#include "resource/demo_accounts.h"

namespace kvserver {
namespace {

constexpr const char* kUsage =
    "usage: kvconnect server [--port P] [--data DIR] [--accounts FILE] [--faults FILE] [--robots on|off]\n"
    "                        [--csr-step-ms N] [--clock-offset SECONDS] [--ca-bits 2048|4096] [--ca DIR]\n"
    "                        [--max-mail-bytes N]\n";

std::int64_t number(const std::string& option, const std::string& text, std::int64_t least, std::int64_t most) {
  try {
    std::size_t used = 0;
    const std::int64_t value = std::stoll(text, &used);
    if (used == text.size() && value >= least && value <= most) {
      return value;
    }
  } catch (const std::exception&) {
    // Not a number at all: same answer as a number out of range.
  }
  throw std::runtime_error(option + " " + text + ": a number from " + std::to_string(least) + " to " +
                           std::to_string(most) + " is expected");
}

void set_option(Options& o, const std::string& name, const std::string& value) {
  if (name == "--port") {
    o.port = static_cast<std::uint16_t>(number(name, value, 0, 65535));
  } else if (name == "--data") {
    o.data_dir = value;
  } else if (name == "--accounts") {
    o.accounts_file = value;
  } else if (name == "--faults") {
    o.faults_file = value;
  } else if (name == "--robots" && (value == "on" || value == "off")) {
    o.robots = value == "on";
  } else if (name == "--csr-step-ms") {
    o.csr_step = std::chrono::milliseconds(number(name, value, 0, 86'400'000));
  } else if (name == "--clock-offset") {
    o.clock_offset = std::chrono::seconds(number(name, value, -1'000'000'000, 1'000'000'000));
  } else if (name == "--ca-bits" && (value == "2048" || value == "4096")) {
    o.ca_bits = value == "2048" ? 2048 : 4096;
  } else if (name == "--ca") {
    o.ca_dir = value;
  } else if (name == "--max-mail-bytes") {
    o.max_mail_bytes = static_cast<std::uint64_t>(number(name, value, 0, std::int64_t{1} << 50));
  } else {
    throw std::runtime_error(name + " " + value + ": unknown");
  }
}

Options options_from(int argc, char** argv) {
  Options o;
  o.port = 8443;
  o.data_dir = "kvconnect-server-data";
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 >= argc) {
      throw std::runtime_error(std::string(argv[i]) + ": a value is missing");
    }
    set_option(o, argv[i], argv[i + 1]);
  }
  if (o.accounts_file.empty()) {
    o.accounts_json = std::string(kvc::resource::demo_accounts());
  }
  return o;
}

void print_ready(const Server& server, const Options& o) {
  const CaFiles files = server.ca_files();
  const auto absolute = [](const std::filesystem::path& p) { return std::filesystem::absolute(p).string(); };
  Poco::JSON::Object line(Poco::JSON_PRESERVE_KEY_ORDER);
  line.set("base_url", server.base_url());
  line.set("port", static_cast<int>(server.port()));
  line.set("mail_domain", o.mail_domain);
  line.set("root", absolute(files.root));
  line.set("user_ca", absolute(files.user_ca));
  line.set("server_ca", absolute(files.server_ca));
  line.set("foreign_user_ca", absolute(files.foreign_user_ca));
  line.set("data", absolute(o.data_dir));
  line.set("pid", static_cast<int>(::getpid()));
  std::ostringstream text;
  line.stringify(text);
  std::cout << text.str() << std::endl;
}

int serve(Options options) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&signals, s);
  }
  // Before any thread starts, so that all of them inherit it and only sigwait() below sees these signals.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::mutex mutex;
  options.log = [&mutex](std::string_view line) {
    const std::lock_guard lock(mutex);
    std::cerr << line << std::endl;
  };
  Server server(options);
  server.start();
  print_ready(server, options);
  while (true) {
    int caught = 0;
    if (sigwait(&signals, &caught) != 0 || caught != SIGHUP) {
      break;
    }
    const std::string fault = server.reload_faults();
    options.log(fault.empty() ? std::string("fault plan read again") : fault);
  }
  server.stop();
  return 0;
}

}  // namespace
}  // namespace kvserver

int kvconnect_server_main(int argc, char** argv) {
  try {
    return kvserver::serve(kvserver::options_from(argc, argv));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n" << kvserver::kUsage;
    return 2;
  }
}
