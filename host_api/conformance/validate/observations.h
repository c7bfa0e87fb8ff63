// SPDX-License-Identifier: Apache-2.0
// What the plugin was seen doing wrong, sorted by the rule it broke. The check for that rule reports it; the others go
// on.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace pvs::conformance {

enum class Aspect : std::uint8_t {
  thrown,            ///< an exception left a slot
  status_set,        ///< a status that does not exist
  reply_once,        ///< a second answer
  reply_thread,      ///< an answer on another thread
  reply_late,        ///< an answer after its call
  reply_size,        ///< an answer over PVS_MAX_MESSAGE, or without bytes
  reply_missing,     ///< PVS_OK without an answer
  reply_message,     ///< an answer that is not the method's message
  time_class,        ///< the main thread was kept
  faults,            ///< PVS_INTERNAL or PVS_FAULTED in ordinary use
  host_header,       ///< a call to the host with a wrong header
  host_request,      ///< a request that is not the method's message
  host_main_thread,  ///< a [worker] function on the main thread
  host_service,      ///< a service the manifest does not ask for
  host_dialog,       ///< a question to a person where no person waits
  host_log,          ///< a log line that breaks a rule
  log_flood,         ///< more log than anybody reads
  host_after_stop,   ///< a call after stop()
  job_once,          ///< a job that ended twice
  job_never,         ///< a job that did not end, though cancelled and stopped
  job_outcome,       ///< a job that ended as Accepted, or without being accepted
  view_text,         ///< text that is hostile or broken
  view_rules,        ///< a view against view.proto
  threads,           ///< more threads than the manifest says
  count_
};

/// One for the process; never destroyed, because a plugin's thread may outlive main(). [any]
class Observations {
 public:
  [[nodiscard]] static Observations& get();
  void note(Aspect aspect, std::string text);
  /// The first few; how many more there were stands in the last.
  [[nodiscard]] std::vector<std::string> of(Aspect aspect) const;

 private:
  struct Entry {
    std::vector<std::string> texts;
    std::size_t more = 0;
  };
  mutable std::mutex mutex_;
  std::array<Entry, static_cast<std::size_t>(Aspect::count_)> entries_;
};

}  // namespace pvs::conformance
