// SPDX-License-Identifier: Apache-2.0
// The whole plugin in this process, under a host that a fuzz target commands. Its settings name a server nobody listens
// at: every way that wants the network ends at once.
#pragma once

#include <cstdint>
#include <memory>
#include <pvs/plugin.hpp>
#include <string>

#include "fuzz/target.h"
#include "unit/plugin/fake_host.h"

namespace kvc::fuzz {

/// One plugin between inputs, since a new one for each would spend the time on its database. The thread that begins it
/// is its main thread. At a time one in a process: a plugin has one instance.
class PluginSession {
 public:
  struct Answer {
    pvs_status status = PVS_OK;
    std::string bytes;
  };

  /// The one of this process.
  static PluginSession& instance();
  ~PluginSession() { end(); }
  PluginSession(const PluginSession&) = delete;
  PluginSession& operator=(const PluginSession&) = delete;

  /// Starts the plugin unless it runs.
  void begin();
  void end();
  [[nodiscard]] bool runs() const { return instance_ != nullptr; }
  /// The one answer of a call; requires that it is one with PVS_OK and none without.
  Answer call(std::uint32_t method, const std::string& request);
  [[nodiscard]] plugin::test::FakeHost& host() { return *host_; }

 private:
  PluginSession();
  const pvs_plugin_v1* plugin_;
  std::unique_ptr<plugin::test::FakeHost> host_;
  pvs_instance* instance_ = nullptr;
  std::uint64_t last_call_ = 0;
};

template <class Reply>
Reply parsed(const std::string& bytes) {
  Reply reply;
  require(reply.ParseFromString(bytes), "a reply is the method's reply, its texts UTF-8");
  return reply;
}

/// A request of the doctor "anna", who is logged in.
template <class Request>
Request with_context() {
  Request request;
  request.mutable_context()->set_user_id("anna");
  request.mutable_context()->set_session_id("s1");
  return request;
}

/// What every answer to an action keeps: an error has a code and a sentence, a view an id and a kind.
void check_reply(const pvs::v1::ActionReply& reply);
void check_error(const pvs::v1::Error& error);

}  // namespace kvc::fuzz
