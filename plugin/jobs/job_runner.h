// SPDX-License-Identifier: Apache-2.0
// Long work on the plugin's own threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/status.h"
#include "pvs/v1/plugin.pb.h"

namespace kvc::plugin {

/// What a job sees of itself. Thread: the worker that runs it.
class JobContext {
 public:
  virtual ~JobContext() = default;
  [[nodiscard]] virtual std::uint64_t id() const = 0;
  [[nodiscard]] virtual const Cancel& cancel() const = 0;
  /// Reaches the host at most ten times a second; what is left out is still what JOB_QUERY answers.
  virtual void progress(int permille, std::string text) = 0;
};

/// The work of a job: its outcome (never Accepted), or why there is none.
using Work = std::function<Result<pvs::v1::ActionReply>(JobContext&)>;

/// Where a job's news go. Called on workers, without a lock held.
class JobSink {
 public:
  virtual ~JobSink() = default;
  virtual void progress(std::uint64_t job_id, int permille, const std::string& text) = 0;
  /// Exactly once a job.
  virtual void ended(std::uint64_t job_id, pvs::v1::ActionReply outcome) = 0;
};

/// Who a job works for, and how its errors are worded.
struct JobOwner {
  std::string session_id, user_id;
  std::uint64_t call_id = 0;  ///< the host's call it came of
  std::function<pvs::v1::Error(const Status&)> to_error;
  bool quiet = false;  ///< nobody was told of it: neither its progress nor its end go to the sink
};

/// Runs jobs, first come first served, on at most `max_threads` threads that start when they are needed.
/// Every started job ends exactly once through the sink: with its outcome, as cancelled, or with an error when it
/// threw. Thread: [any], except stop().
class JobRunner {
 public:
  JobRunner(JobSink& sink, Env& env, unsigned max_threads);
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;
  ~JobRunner();  ///< REQUIRES: stop() returned true, or no job was ever started

  /// So many jobs run and wait at most. Each may hold what a form holds; a host that asks for more gets a clear refusal
  /// and not a process that grows.
  static constexpr std::size_t kMostJobs = 256;

  /// A job that does not run yet, so that its id can be told before its end can be. Errors: too_many_jobs; invalid_state
  /// after stop() has begun.
  Result<std::uint64_t> prepare(JobOwner owner, Work work);
  void start(std::uint64_t job_id);
  /// Forgets a job that was prepared and never started; it does not end.
  void discard(std::uint64_t job_id);

  /// False for an unknown job or one that has ended.
  bool cancel_job(std::uint64_t job_id);
  void cancel_call(std::uint64_t call_id);
  /// The session is locked: its jobs are cancelled, and whatever they reach is withheld (error session_locked).
  void revoke_session(std::string_view session_id);

  [[nodiscard]] pvs::v1::JobQueryReply query(std::uint64_t job_id) const;
  [[nodiscard]] unsigned running() const;  ///< waiting ones included
  [[nodiscard]] unsigned threads() const;

  /// Cancels everything and joins the threads. False: one of them did not return in time; may be called again.
  bool stop(std::chrono::milliseconds deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvc::plugin
