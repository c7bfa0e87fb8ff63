// SPDX-License-Identifier: Apache-2.0
// A host over plugin.h alone, without the layer that would hide what a plugin does. It answers well or badly on demand,
// and notes every rule the plugin breaks towards it.
#pragma once

#include <pvs/plugin.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "check.h"
#include "pvs/v1/host.pb.h"

namespace pvs::conformance {

/// The one host of the process. Never destroyed: a thread the plugin forgot may call it until the process ends.
class FakeHost {
 public:
  enum class Mode : std::uint8_t {
    good,     ///< answers like a decent practice system
    status,   ///< `status` for every call, without an answer
    silent,   ///< PVS_OK, without an answer
    garbage,  ///< PVS_OK, with bytes that are no message
    twice     ///< PVS_OK, with two answers
  };
  enum class Stage : std::uint8_t { running, stopping, stopped };

  /// Makes the host of this process; the calling thread is its main thread.
  static FakeHost& make(const Subject& subject);

  [[nodiscard]] static const pvs_host_v1& table() noexcept;
  [[nodiscard]] pvs_host_ctx* context() noexcept;
  [[nodiscard]] bool on_main() const { return std::this_thread::get_id() == main_; }
  [[nodiscard]] static std::uint64_t monotonic_now();

  std::atomic<Mode> mode{Mode::good};
  std::atomic<pvs_status> status{PVS_INTERNAL};
  std::atomic<Stage> stage{Stage::running};
  /// The host's own call is made for a person who waits.
  std::atomic<bool> user_present{false};
  /// Called inside `call` on the main thread, to be re-entered.
  std::function<void()> inside;

  [[nodiscard]] std::deque<std::uint64_t> take_tokens();
  [[nodiscard]] std::uint64_t log_lines() const { return log_lines_.load(); }
  /// Log lines of at least warning since the last time.
  [[nodiscard]] std::vector<std::string> take_complaints();
  [[nodiscard]] std::uint64_t calls() const { return calls_.load(); }
  /// A stream the plugin may read.
  [[nodiscard]] std::uint64_t add_stream(std::string bytes);

  void cancel(std::uint64_t call_id);
  [[nodiscard]] bool is_cancelled(std::uint64_t call_id) const;
  void accepted(std::uint64_t job_id);
  [[nodiscard]] bool has_ended(std::uint64_t job_id) const;
  [[nodiscard]] std::vector<std::uint64_t> running_jobs() const;
  /// What jobs ended with since the last time.
  [[nodiscard]] std::vector<v1::ActionReply> take_outcomes();
  /// Notes the jobs that never ended, and the ends that belong to no job. After stop().
  void settle_jobs();
  /// Forgets jobs and streams of the last instance.
  void forget();

  // The functions of the table, from their trampolines.
  pvs_status call(const pvs_call_header* header, pvs_bytes request, pvs_reply_fn reply, void* sink);
  void log(std::int32_t level, pvs_bytes component, pvs_bytes text);
  pvs_status post(std::uint64_t token);
  pvs_status read(std::uint64_t id, std::uint8_t* buffer, std::uint64_t capacity, std::uint64_t* got);
  pvs_status write(std::uint64_t id, pvs_bytes bytes);
  pvs_status close(std::uint64_t id);

 private:
  explicit FakeHost(const Subject& subject);
  void observe_call(const pvs_call_header& header);
  void observe_after_stop(const char* function) const;
  pvs_status answer(const pvs_call_header& header, std::string_view request, std::string& reply);
  void directories(v1::DirectoriesReply& reply) const;
  pvs_status job_ended(std::string_view request);

  struct Stream {
    std::string bytes;
    std::size_t at = 0;
    bool writing = false;
  };

  const std::thread::id main_ = std::this_thread::get_id();
  const std::filesystem::path directory_;
  std::set<std::string, std::less<>> granted_;
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> log_lines_{0};
  mutable std::mutex mutex_;
  std::deque<std::uint64_t> tokens_;
  std::vector<std::string> complaints_;
  std::map<std::uint64_t, Stream> streams_;
  std::uint64_t last_stream_ = 0;
  std::set<std::uint64_t> call_ids_;
  std::set<std::uint64_t> cancelled_;
  std::set<std::uint64_t> accepted_;
  std::set<std::uint64_t> ended_;
  std::vector<v1::ActionReply> outcomes_;
};

}  // namespace pvs::conformance
