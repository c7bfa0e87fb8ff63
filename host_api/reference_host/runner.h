// SPDX-License-Identifier: Apache-2.0
// Does what a script says, as a person at the screen would.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <pvs/host.hpp>
#include <set>
#include <string>
#include <vector>

#include "menu.h"
#include "renderer.h"
#include "script.h"
#include "services.h"

namespace pvs::host {

/// A step did not go as the script says: exit code 2.
struct StepFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The run was interrupted from outside: exit code 3.
struct Aborted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Runs steps against a started plugin. [main]; while it waits it pumps, so progress, ends of jobs and schedules go on.
class Runner {
 public:
  /// `base` is where file names in the script start. `abort` ends the run at the next wait.
  Runner(LoadedPlugin& plugin, Services& services, Renderer& renderer, std::filesystem::path base,
         const std::atomic<bool>& abort);

  /// Throws StepFailed, InputError or Aborted, each naming the step.
  void run(const std::vector<Step>& steps);

 private:
  void run_step(const Step& step);
  void act(const Step& step);
  void log_in(const std::string& user_id);
  void lock(const std::string& user_id);
  void invoke(const Step& step);
  void submit(const Step& step);
  void action(const Step& step);
  void suggest(const Step& step);
  void close_view();
  void search(const Step& step);
  void select_patient(const Step& step);
  void choose_file(const Step& step);
  void release_document(const Step& step);
  void billing_ready(const Step& step);
  void fire_schedule(const std::string& schedule_id, std::uint32_t missed, bool foreground);
  void cancel_job(const Step& step);
  void health();
  void repeat(const Step& step);
  void expect_event(const Step& step, const Var& expected);
  void remember(const Step& step);
  void wait_job(const Step& step);

  /// Sends a request that answers an ActionReply, and shows what came.
  void send(v1::Method method, const google::protobuf::MessageLite& request, bool foreground = true);
  void take_outcome(const v1::ActionReply& reply, bool foreground);
  void show(const JsonObject::Ptr& outcome);
  void hook(const char* name, v1::Method method, const google::protobuf::MessageLite& request);
  void idle(std::chrono::milliseconds at_least);
  void hand_out();

  [[nodiscard]] v1::View& view(const char* what);
  [[nodiscard]] const v1::Action& find_action(const google::protobuf::RepeatedPtrField<v1::Action>& actions,
                                              const std::string& action_id) const;
  void add_values(const v1::Form& form, const JsonObject::Ptr& fill,
                  google::protobuf::RepeatedPtrField<v1::NamedValue>& values);
  void fill_value(const v1::Field& field, const Var& given, v1::Value& value);
  void add_plain(const Var& object, google::protobuf::RepeatedPtrField<v1::NamedValue>& values) const;
  [[nodiscard]] const v1::Row& find_row(const v1::Table& table, const Var& wanted) const;
  [[nodiscard]] const v1::Detail::Part& find_part(const v1::Detail& detail, const Var& wanted) const;
  [[nodiscard]] v1::Context context() const;
  /// "${name}" in texts replaced by what was remembered, "${env:NAME}" by an environment variable.
  [[nodiscard]] Var filled_in(const Var& value) const;
  [[nodiscard]] std::string inserted(const std::string& name) const;
  [[noreturn]] void fail(const std::string& text) const;

  LoadedPlugin& plugin_;
  Services& services_;
  Renderer& renderer_;
  std::filesystem::path base_;
  const std::atomic<bool>& abort_;
  std::vector<MenuEntry> menu_;
  std::string where_ = "start";
  std::string user_;
  std::map<std::string, std::string> sessions_;  ///< user -> session
  std::string patient_;
  std::string document_;
  std::vector<v1::View> views_;  ///< the last one is in front
  JsonObject::Ptr outcome_ = new_object();
  std::uint64_t job_ = 0;  ///< the job of the last step, or 0
  std::vector<JsonObject::Ptr> events_;
  std::map<std::string, Var> remembered_;
};

}  // namespace pvs::host
