// SPDX-License-Identifier: Apache-2.0
// One running plugin: lifecycle, and which method goes where.
#pragma once

#include <memory>
#include <pvs/plugin.hpp>
#include <string>

#include "base/env.h"
#include "commands/command.h"
#include "jobs/job_runner.h"
#include "runtime/runtime.h"

namespace kvc::plugin {

/// Thread: [main] unless the base class says otherwise.
class Instance final : public pvs::PluginInstance {
 public:
  Instance(pvs::HostClient& host, Env& env);

  pvs_status handle(const pvs_call_header& header, std::string_view request, pvs::Reply& reply) override;
  void cancel(std::uint64_t call_id) override;
  void health(pvs::v1::HealthReply& reply) override;
  pvs_status stop(std::chrono::milliseconds deadline) override;

 private:
  enum class Stage : std::uint8_t { created, greeted, active, quiet };

  /// News of jobs for the host.
  class HostSink final : public JobSink {
   public:
    HostSink(pvs::HostClient& host, Runtime& runtime) : host_(host), runtime_(runtime) {}
    void progress(std::uint64_t job_id, int permille, const std::string& text) override;
    void ended(std::uint64_t job_id, pvs::v1::ActionReply outcome) override;

   private:
    pvs::HostClient& host_;
    Runtime& runtime_;
  };

  using Handler = pvs_status (Instance::*)(const pvs_call_header&, std::string_view, pvs::Reply&);
  struct Method {
    pvs::v1::Method number;
    bool needs_active;
    Handler handler;
  };
  static const Method* find_method(std::uint32_t number);

  pvs_status hello(const pvs_call_header&, std::string_view request, pvs::Reply& reply);
  pvs_status activate(const pvs_call_header&, std::string_view request, pvs::Reply& reply);
  pvs_status quiesce(const pvs_call_header&, std::string_view request, pvs::Reply& reply);
  pvs_status invoke(const pvs_call_header& header, std::string_view request, pvs::Reply& reply);
  pvs_status submit(const pvs_call_header& header, std::string_view request, pvs::Reply& reply);
  pvs_status view_action(const pvs_call_header& header, std::string_view request, pvs::Reply& reply);
  pvs_status view_close(const pvs_call_header&, std::string_view request, pvs::Reply& reply);
  pvs_status suggest(const pvs_call_header& header, std::string_view request, pvs::Reply& reply);
  pvs_status session_unlocked(const pvs_call_header&, std::string_view request, pvs::Reply& reply);
  pvs_status session_locked(const pvs_call_header&, std::string_view request, pvs::Reply& reply);
  pvs_status document_released(const pvs_call_header& header, std::string_view request, pvs::Reply& reply);
  pvs_status billing_ready(const pvs_call_header& header, std::string_view request, pvs::Reply& reply);
  pvs_status schedule_fired(const pvs_call_header& header, std::string_view request, pvs::Reply& reply);
  pvs_status job_query(const pvs_call_header&, std::string_view request, pvs::Reply& reply);
  pvs_status job_cancel(const pvs_call_header&, std::string_view request, pvs::Reply& reply);

  Request request_of(const pvs_call_header& header, const pvs::v1::Context& context);
  pvs_status act_on_view(Request request, pvs::Reply& reply);
  /// Work the host was not told of: it hears neither of its progress nor of its end.
  void start_quietly(const Who& who, Work work);
  /// Sends the answer; work starts once its id has been told.
  pvs_status deliver(const Request& request, Answer answer, pvs::Reply& reply);

  Runtime runtime_;
  HostSink sink_;
  JobRunner jobs_;
  Stage stage_ = Stage::created;
  pvs::v1::ViewCloseRequest closing_;  ///< kept for its memory: hosts close views all day, and it holds nothing but ids
};

/// The plugin as the library's table serves it.
extern const pvs::PluginDefinition kPlugin;

}  // namespace kvc::plugin
