// SPDX-License-Identifier: Apache-2.0
#include "serve/serve.h"

#include <Poco/Exception.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <ostream>

#include "atomic_file.h"
#include "serve/http_server.h"
#include "serve/main_loop.h"
#include "serve/shell.h"

namespace pvs::host::serve {
namespace {

constexpr int kGood = 0;
constexpr int kAborted = 3;
constexpr int kPollMs = 200;  ///< how late a signal or a timer may be noticed
constexpr std::chrono::milliseconds kStop{15000};

void main_loop(LoadedPlugin& plugin, Shell& shell, MainLoop& loop, const std::atomic<bool>& stop) {
  while (!stop.load()) {
    std::array<pollfd, 2> wakers{pollfd{plugin.wake_fd(), POLLIN, 0}, pollfd{loop.fd(), POLLIN, 0}};
    static_cast<void>(::poll(wakers.data(), wakers.size(), kPollMs));
    plugin.pump();
    shell.hand_out();
    loop.work();
    shell.tick(Clock::now());
  }
}

std::string ready_line(std::uint16_t port) {
  JsonObject::Ptr ready = new_object();
  ready->set("url", "http://127.0.0.1:" + std::to_string(port) + "/");
  ready->set("port", port);
  ready->set("pid", static_cast<std::int64_t>(::getpid()));
  return to_line(ready);
}

/// From the plugin's start to its end.
int run_page(LoadedPlugin& plugin, Services& services, FileDialogs& dialogs, MainLoop& loop,
             const ServeOptions& options, const std::atomic<bool>& stop, std::ostream& out, std::ostream& err) {
  Shell shell(plugin, services, dialogs, options.idle_lock);
  dialogs.on_question([&loop, &shell](const std::string& session_id) {
    loop.post([&shell, session_id] { shell.file_question(session_id); });
  });
  HttpServer server(loop, shell, services);
  try {
    server.start(options.port);
  } catch (const Poco::Exception& e) {
    err << "the page cannot be served on port " << options.port << ": " << e.displayText() << '\n';
    return kAborted;
  }
  const std::string line = ready_line(server.port());
  if (!options.ready_file.empty() && !write_file_atomically(options.ready_file, line + "\n")) {
    err << "cannot write " << options.ready_file.string() << '\n';
    return kAborted;
  }
  out << line << std::endl;
  main_loop(plugin, shell, loop, stop);
  // First nobody asks any more, then the sessions end while the plugin still hears of it.
  loop.close();
  shell.close();
  server.stop();
  return kGood;
}

}  // namespace

int serve(const ServeOptions& options, const std::shared_ptr<Services>& services, const v1::HelloRequest& hello,
          const std::atomic<bool>& stop, std::ostream& out, std::ostream& err) {
  // Times on the page are those of the practice. Before there are threads.
  ::setenv("TZ", services->practice().time_zone.c_str(), 1);
  ::tzset();
  MainLoop loop;
  const auto dialogs = std::make_shared<FileDialogs>();
  services->set_file_chooser(dialogs);
  const LoadResult loaded = LoadedPlugin::load(options.plugin, services, {"pvs-host", "1.0"});
  if (loaded.plugin == nullptr) {
    err << "PLUGIN REFUSED " << loaded.reason << '\n';
    return kAborted;
  }
  const std::string reason = loaded.plugin->start(hello);
  int code = kAborted;
  if (!reason.empty()) {
    err << "PLUGIN DOES NOT START " << reason << '\n';
  } else {
    code = run_page(*loaded.plugin, *services, *dialogs, loop, options, stop, out, err);
  }
  if (loaded.plugin->stop(kStop) != PVS_OK) {
    err << "PLUGIN DID NOT STOP\n";
    return kAborted;
  }
  return code;
}

}  // namespace pvs::host::serve
