// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>

#include "checks.h"
#include "elf_file.h"
#include "life.h"
#include "text.h"

namespace pvs::conformance {

namespace fs = std::filesystem;

namespace {

ElfFacts facts_of(const Subject& subject) {
  std::ifstream in(subject.library, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return read_elf(bytes);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + printable(name, 100);
  }
  return text.substr(0, 600);
}

/// The shortest of several runs: what the function needs, whatever else the machine does.
template <class Body>
double shortest_ms(int rounds, Body&& body) {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

}  // namespace

void check_manifest(const Subject& subject, Findings& findings) {
  for (const ManifestIssue& issue : subject.manifest.issues) {
    issue.warning ? findings.warn(printable(issue.to_string())) : findings.fail(printable(issue.to_string()));
  }
  const std::string& library = subject.manifest.manifest.library;
  if (subject.manifest.ok() && library != subject.library.filename().string()) {
    findings.fail("the manifest names the library " + printable(library) + ", not " +
                  printable(subject.library.filename().string()));
  }
}

void check_library_exports(const Subject& subject, Findings& findings) {
  const ElfFacts facts = facts_of(subject);
  if (!facts.reason.empty()) {
    return findings.fail(facts.reason);
  }
  if (facts.exported != std::vector<std::string>{PVS_ENTRY_SYMBOL}) {
    findings.fail("exports " + (facts.exported.empty() ? "nothing" : joined(facts.exported)));
  }
  if (!facts.unique.empty()) {
    findings.fail("has symbols the whole process shares (GNU_UNIQUE): " + joined(facts.unique));
  }
}

void check_library_linking(const Subject& subject, Findings& findings) {
  const ElfFacts facts = facts_of(subject);
  if (!facts.reason.empty()) {
    return findings.blocked(facts.reason);
  }
  if (!facts.no_delete) {
    findings.fail("is not linked with -z nodelete");
  }
  for (const std::string& name : facts.needed) {
    if (name.starts_with("libprotobuf.so") || name.starts_with("libprotoc.so")) {
      findings.fail(
          "needs " + printable(name) +
          ", the full protobuf runtime, which ends a host that knows the same messages; link the lite runtime");
    }
  }
  if (!facts.now) {
    findings.warn("is not linked with -z now: a missing function ends the host in the middle of the work");
  }
  if (!facts.relro) {
    findings.warn("is not linked with -z relro");
  }
  if (!facts.run_path.empty()) {
    findings.warn("has the run path " + printable(facts.run_path) + ": others may put a library there");
  }
}

void check_library_imports(const Subject& subject, Findings& findings) {
  const ElfFacts facts = facts_of(subject);
  if (!facts.reason.empty()) {
    return findings.blocked(facts.reason);
  }
  // exit and abort are not in the list: every library of C++ brings them along.
  for (const char* name : {"setlocale", "chdir", "fchdir", "umask", "fork", "vfork", "execve", "execvp", "system",
                           "popen", "daemon", "setenv", "putenv", "unsetenv", "clearenv"}) {
    if (std::find(facts.imported.begin(), facts.imported.end(), name) != facts.imported.end()) {
      findings.warn(std::string("imports ") + name);
    }
  }
}

void check_entry(const Subject& subject, Findings& findings) {
  findings.phase("loading the library");
  const Opened opened = open_library(subject.library);
  if (opened.entry == nullptr || (opened.table == nullptr && opened.reason.starts_with("the entry"))) {
    return findings.fail(opened.reason);
  }
  findings.phase("in the entry");
  const pvs_plugin_v1* other = nullptr;
  std::thread([&] { contained("the entry", [&] { other = opened.entry(PVS_ABI_MINOR); }); }).join();
  if (other == nullptr || other != opened.entry(PVS_ABI_MINOR)) {
    findings.fail("returns another table on another thread, or the second time");
  }
  if (opened.entry(PVS_ABI_MINOR + 1000) == nullptr) {
    findings.fail("refuses a host of a later minor version, which has everything an earlier one has");
  }
  const double best = shortest_ms(20, [&] { static_cast<void>(opened.entry(PVS_ABI_MINOR)); });
  if (best > 1.0 * subject.time_factor) {
    findings.fail("takes " + std::to_string(best) + " ms");
  }
  for (const std::string& text : Observations::get().of(Aspect::thrown)) {
    findings.fail(text);
  }
}

void check_table(const Subject& subject, Findings& findings) {
  const Opened opened = open_library(subject.library);
  if (opened.entry == nullptr || opened.reason.starts_with("the entry")) {
    return findings.blocked(opened.reason);
  }
  if (opened.table == nullptr) {
    findings.fail(opened.reason);
  }
}

void check_describe(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  findings.phase("in describe");
  const Answer first = plugin->describe();
  v1::PluginDescription description;
  if (first.status != PVS_OK || first.count != 1) {
    return findings.fail(std::string("returned ") + status_name(first.status) + " with " + std::to_string(first.count) +
                         " answers");
  }
  if (!description.ParseFromString(first.bytes)) {
    findings.fail("the answer is not a pvs.v1.PluginDescription (or has text that is not UTF-8)");
  }
  Answer elsewhere;
  std::thread([&] { elsewhere = plugin->describe(); }).join();
  if (elsewhere.status != PVS_OK || elsewhere.bytes != first.bytes || plugin->describe().bytes != first.bytes) {
    findings.fail("answers differently the second time, or on another thread");
  }
  if (plugin->describe(PVS_NO_MEMORY).status != PVS_NO_MEMORY) {
    findings.fail("does not hand back what the reply function returned");
  }
  for (const std::string& text : Observations::get().of(Aspect::thrown)) {
    findings.fail(text);
  }
}

void check_agrees(const Subject& subject, Findings& findings) {
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  const Answer answer = plugin->describe();
  v1::PluginDescription description;
  if (answer.status != PVS_OK || !description.ParseFromString(answer.bytes)) {
    return findings.blocked("the plugin does not describe itself");
  }
  for (const std::string& difference : compare_descriptions(subject.manifest.manifest.description, description)) {
    findings.fail(printable(difference));
  }
}

void check_scan_time(const Subject& subject, Findings& findings) {
  const auto begin = std::chrono::steady_clock::now();
  const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
  if (plugin == nullptr) {
    return;
  }
  const auto loading =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  if (loading > 1000 * subject.time_factor) {
    findings.warn("loading the library takes " + std::to_string(loading) + " ms");
  }
  findings.phase("in describe");
  const double describing = shortest_ms(10, [&] { static_cast<void>(plugin->describe()); });
  if (describing > 20.0 * subject.time_factor) {
    findings.fail("describe takes " + std::to_string(describing) + " ms at best, its class is 20 ms");
  }
  const double creating = shortest_ms(3, [&] {
    if (plugin->create() == PVS_OK && plugin->instance != nullptr && plugin->stop(10000) == PVS_OK) {
      plugin->destroy();
    }
  });
  // What stop and destroy take is in it; a plugin that never started has nothing to wait for there.
  if (creating > 100.0 * subject.time_factor) {
    findings.fail("create takes " + std::to_string(creating) + " ms at best, its class is 100 ms");
  }
}

void check_reload(const Subject& subject, Findings& findings) {
  for (int round = 1; round <= 3; ++round) {
    findings.phase("loading the library, round " + std::to_string(round));
    const Opened opened = open_library(subject.library);
    const std::unique_ptr<Plugin> plugin = Plugin::open(subject, findings);
    if (plugin == nullptr) {
      return;
    }
    if (const std::string reason = start_reason(*plugin); !reason.empty()) {
      return round == 1 ? findings.blocked(reason) : findings.fail("after loading again: " + reason);
    }
    end(*plugin);
    findings.phase("in dlclose");
    // Once for each time it was opened: by this function and by Plugin.
    ::dlclose(opened.library);
    ::dlclose(opened.library);
  }
}

void check_full_protobuf(const Subject& subject, Findings& findings) {
  findings.phase("loading the plugin into a host with the full protobuf runtime");
  const fs::path manifest = subject.library.parent_path() / "manifest.json";
  ::execl(subject.full_host.c_str(), subject.full_host.c_str(), subject.library.c_str(), manifest.c_str(),
          static_cast<char*>(nullptr));
  findings.blocked("the helper program " + subject.full_host.string() + " cannot be started");
}

}  // namespace pvs::conformance
