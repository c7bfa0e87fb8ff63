// SPDX-License-Identifier: Apache-2.0
// The plugin under test, called over plugin.h alone. Whatever leaves a slot in a wrong way is noted and contained, so
// that one broken rule does not hide the others.
#pragma once

#include <pvs/plugin.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "check.h"
#include "fake_host.h"
#include "pvs/v1/methods.pb.h"
#include "pvs/v1/plugin.pb.h"

namespace pvs::conformance {

/// How a call went.
struct Answer {
  pvs_status status = PVS_INTERNAL;
  int count = 0;      ///< how often the plugin answered
  std::string bytes;  ///< the first answer
};

struct CallOptions {
  std::uint64_t deadline_ms = 0;  ///< on the host's clock
  bool user_present = true;
  bool with_reply = true;          ///< false: the reply function is null
  pvs_status reply_says = PVS_OK;  ///< what the reply function returns
  bool timed = false;              ///< a method that takes longer than its class is noted
};

/// dlopen, entry and table; null with a reason otherwise.
struct Opened {
  void* library = nullptr;
  pvs_plugin_entry_fn entry = nullptr;
  const pvs_plugin_v1* table = nullptr;
  std::string reason;
};
[[nodiscard]] Opened open_library(const std::filesystem::path& path);

/// The time class of a plugin method in milliseconds (methods.proto).
[[nodiscard]] int time_class(std::uint32_t method);
[[nodiscard]] const char* status_name(pvs_status status) noexcept;
/// Every method number of the plugin's side.
[[nodiscard]] std::vector<std::uint32_t> plugin_methods();

/// Calls a slot, notes an exception that leaves it; false if one did.
bool contained(const char* slot, const std::function<void()>& body) noexcept;

/// [main], but cancel().
class Plugin {
 public:
  /// Loads the library. Null after Findings::blocked.
  [[nodiscard]] static std::unique_ptr<Plugin> open(const Subject& subject, Findings& findings);
  ~Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  FakeHost& host;
  const Subject& subject;
  Findings& findings;
  const pvs_plugin_v1* table;
  pvs_instance* instance = nullptr;

  [[nodiscard]] Answer describe(pvs_status reply_says = PVS_OK, bool with_reply = true);
  /// create() with the subject's manifest and this host.
  pvs_status create();
  pvs_status create_with(const pvs_host_v1* host_table, pvs_host_ctx* context, pvs_bytes manifest, pvs_instance** out);
  [[nodiscard]] Answer call(std::uint32_t method, std::string_view request, const CallOptions& options = {});
  [[nodiscard]] Answer call_raw(const pvs_call_header* header, pvs_bytes request, const CallOptions& options = {});
  /// Parses the answer; false if the call failed or the answer is not `reply`'s message, which is noted.
  bool ask(v1::Method method, const google::protobuf::MessageLite& request, google::protobuf::MessageLite& reply,
           const CallOptions& options = {});
  /// For methods that answer an ActionReply; takes note of an accepted job.
  bool act(v1::Method method, const google::protobuf::MessageLite& request, v1::ActionReply& reply,
           const CallOptions& options = {});
  [[nodiscard]] std::uint64_t last_call() const { return last_call_; }
  /// The call an accepted job came of; 0 for none.
  [[nodiscard]] std::uint64_t call_of(std::uint64_t job_id) const;
  void cancel(std::uint64_t call_id);
  void on_main(std::uint64_t token);
  pvs_status stop(std::uint64_t deadline_ms);
  void destroy();

  /// Runs the host's main loop until `done`, at most `limit` milliseconds; false if it did not come to it.
  bool pump(int limit, const std::function<bool()>& done);

 private:
  Plugin(const Subject& s, Findings& f, FakeHost& h, const pvs_plugin_v1* t)
      : host(h), subject(s), findings(f), table(t) {}
  [[nodiscard]] pvs_status checked(const char* slot, pvs_status status) const;

  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, std::uint64_t> call_of_job_;
};

}  // namespace pvs::conformance
