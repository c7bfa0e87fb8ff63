// SPDX-License-Identifier: Apache-2.0
#include "jobs/job_runner.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <pvs/plugin.hpp>
#include <thread>
#include <vector>

namespace kvc::plugin {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{100};
/// So many ended jobs are remembered for JOB_QUERY.
constexpr std::size_t kRememberedEnds = 256;

struct Job {
  std::uint64_t id = 0;
  JobOwner owner;
  Work work;
  Cancel cancel;
  std::atomic<bool> revoked{false};
  // Guarded by the runner's mutex.
  bool started = false;
  int permille = -1;
  std::string text;
};

Result<pvs::v1::ActionReply> run_contained(const Work& work, JobContext& context) {
  try {
    return work(context);
  } catch (const std::bad_alloc&) {
    return Status(error::out_of_memory, "a job ran out of memory");
  } catch (const std::exception&) {
    // what() of a foreign library may quote what it was working on.
    return Status(error::internal, "a job ended with an exception");
  } catch (...) {
    return Status(error::internal, "a job ended with an unknown exception");
  }
}

}  // namespace

struct JobRunner::Impl {
  class Context final : public JobContext {
   public:
    Context(Impl& impl, Job& job) : impl_(impl), job_(job) {}
    [[nodiscard]] std::uint64_t id() const override { return job_.id; }
    [[nodiscard]] const Cancel& cancel() const override { return job_.cancel; }
    void progress(int permille, std::string text) override;

   private:
    Impl& impl_;
    Job& job_;
    std::optional<std::chrono::steady_clock::time_point> last_;
  };

  Impl(JobSink& job_sink, Env& environment, unsigned most) : sink(job_sink), env(environment), max_threads(most) {}

  void loop();
  void run(Job& job);
  void request_cancel_of_all();

  JobSink& sink;
  Env& env;
  const unsigned max_threads;

  mutable std::mutex mutex;
  std::condition_variable wake, idle;
  std::map<std::uint64_t, std::shared_ptr<Job>> jobs;
  std::deque<std::shared_ptr<Job>> queue;
  std::deque<std::uint64_t> ended;
  std::vector<std::thread> workers;
  unsigned live = 0;     ///< threads inside loop()
  unsigned waiting = 0;  ///< of them, those without a job
  std::uint64_t next_id = 1;
  bool stopping = false;
};

void JobRunner::Impl::Context::progress(int permille, std::string text) {
  const auto now = impl_.env.monotonic();
  {
    const std::lock_guard lock(impl_.mutex);
    job_.permille = permille;
    job_.text = text;
  }
  if (last_ && now - *last_ < kProgressInterval) {
    return;
  }
  last_ = now;
  if (job_.owner.quiet) {
    return;
  }
  impl_.sink.progress(job_.id, permille, text);
}

void JobRunner::Impl::run(Job& job) {
  Context context(*this, job);
  Result<pvs::v1::ActionReply> outcome = job.cancel.requested()
                                             ? Result<pvs::v1::ActionReply>(Status(error::cancelled, "cancelled"))
                                             : run_contained(job.work, context);
  if (job.revoked.load()) {
    outcome = Status(error::session_locked, "the session was locked while the job ran");
  }
  // The work may hold secrets of a form: they go before the end is told.
  job.work = nullptr;
  pvs::v1::ActionReply reply;
  if (outcome.ok()) {
    reply = std::move(outcome).value();
  } else {
    *reply.mutable_error() = job.owner.to_error(outcome.status());
  }
  {
    const std::lock_guard lock(mutex);
    jobs.erase(job.id);
    ended.push_back(job.id);
    if (ended.size() > kRememberedEnds) {
      ended.pop_front();
    }
  }
  if (!job.owner.quiet) {
    sink.ended(job.id, std::move(reply));
  }
}

void JobRunner::Impl::loop() {
  pvs::block_sigpipe_in_this_thread();
  std::unique_lock lock(mutex);
  while (true) {
    ++waiting;
    wake.wait(lock, [this] { return stopping || !queue.empty(); });
    --waiting;
    if (queue.empty()) {
      break;
    }
    const std::shared_ptr<Job> job = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    run(*job);
    lock.lock();
  }
  lock.unlock();
  OPENSSL_thread_stop();
  lock.lock();
  --live;
  idle.notify_all();
}

void JobRunner::Impl::request_cancel_of_all() {
  for (const auto& [id, job] : jobs) {
    job->cancel.request();
  }
}

JobRunner::JobRunner(JobSink& sink, Env& env, unsigned max_threads)
    : impl_(std::make_unique<Impl>(sink, env, std::max(1U, max_threads))) {}

JobRunner::~JobRunner() = default;

Result<std::uint64_t> JobRunner::prepare(JobOwner owner, Work work) {
  auto job = std::make_shared<Job>();
  job->owner = std::move(owner);
  job->work = std::move(work);
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopping) {
    return Status(error::invalid_state, "the plugin stops");
  }
  if (impl_->jobs.size() >= kMostJobs) {
    return Status(error::too_many_jobs, "as many jobs as there may be");
  }
  job->id = impl_->next_id++;
  impl_->jobs.emplace(job->id, job);
  return job->id;
}

void JobRunner::start(std::uint64_t job_id) {
  std::unique_lock lock(impl_->mutex);
  const auto found = impl_->jobs.find(job_id);
  if (found == impl_->jobs.end() || found->second->started) {
    return;
  }
  const std::shared_ptr<Job> job = found->second;
  job->started = true;
  if (impl_->waiting <= impl_->queue.size() && impl_->workers.size() < impl_->max_threads && !impl_->stopping) {
    try {
      impl_->workers.emplace_back([impl = impl_.get()] { impl->loop(); });
      ++impl_->live;
    } catch (const std::exception&) {
      // The machine gives no more threads. With at least one the job only waits; without, it ends here and now.
      if (impl_->live == 0) {
        lock.unlock();
        job->work = [](JobContext&) { return Status(error::out_of_memory, "no thread for the job"); };
        impl_->run(*job);
        return;
      }
    }
  }
  impl_->queue.push_back(job);
  impl_->wake.notify_one();
}

void JobRunner::discard(std::uint64_t job_id) {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->jobs.find(job_id);
  if (found != impl_->jobs.end() && !found->second->started) {
    impl_->jobs.erase(found);
  }
}

bool JobRunner::cancel_job(std::uint64_t job_id) {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->jobs.find(job_id);
  if (found == impl_->jobs.end()) {
    return false;
  }
  found->second->cancel.request();
  return true;
}

void JobRunner::cancel_call(std::uint64_t call_id) {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& [id, job] : impl_->jobs) {
    if (job->owner.call_id == call_id) {
      job->cancel.request();
    }
  }
}

void JobRunner::revoke_session(std::string_view session_id) {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& [id, job] : impl_->jobs) {
    if (job->owner.session_id == session_id) {
      job->revoked.store(true);
      job->cancel.request();
    }
  }
}

pvs::v1::JobQueryReply JobRunner::query(std::uint64_t job_id) const {
  pvs::v1::JobQueryReply reply;
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->jobs.find(job_id);
  if (found != impl_->jobs.end()) {
    reply.set_state(pvs::v1::JobQueryReply::STATE_RUNNING);
    reply.set_permille(found->second->permille);
    reply.set_text(found->second->text);
  } else if (std::find(impl_->ended.begin(), impl_->ended.end(), job_id) != impl_->ended.end()) {
    reply.set_state(pvs::v1::JobQueryReply::STATE_ENDED);
    reply.set_permille(1000);
  }
  return reply;
}

unsigned JobRunner::running() const {
  const std::lock_guard lock(impl_->mutex);
  return static_cast<unsigned>(impl_->jobs.size());
}

unsigned JobRunner::threads() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->live;
}

bool JobRunner::stop(std::chrono::milliseconds deadline) {
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  // Prepared but never started: nobody was told of them.
  std::erase_if(impl_->jobs, [](const auto& entry) { return !entry.second->started; });
  impl_->request_cancel_of_all();
  impl_->wake.notify_all();
  if (!impl_->idle.wait_for(lock, deadline, [this] { return impl_->live == 0; })) {
    return false;
  }
  std::vector<std::thread> finished;
  finished.swap(impl_->workers);
  lock.unlock();
  for (std::thread& worker : finished) {
    worker.join();
  }
  return true;
}

}  // namespace kvc::plugin
