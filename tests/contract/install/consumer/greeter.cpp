// SPDX-License-Identifier: Apache-2.0
// The example of plugin.hpp, completed.
#include <pvs/plugin.hpp>

#include "pvs/v1/host.pb.h"

namespace {

class Greeter final : public pvs::PluginInstance {
 public:
  explicit Greeter(pvs::HostClient& host) : host_(host) {}

  pvs_status handle(const pvs_call_header& header, std::string_view request, pvs::Reply& reply) override {
    switch (header.method) {
      case pvs::v1::METHOD_LIFECYCLE_HELLO: {
        pvs::v1::HelloReply hello;
        describe(*hello.mutable_description());
        return reply.send(hello);
      }
      case pvs::v1::METHOD_LIFECYCLE_ACTIVATE:
      case pvs::v1::METHOD_LIFECYCLE_QUIESCE:
        return PVS_OK;
      case pvs::v1::METHOD_COMMAND_INVOKE: {
        pvs::v1::InvokeRequest invoke;
        if (!pvs::parse(request, invoke)) return PVS_BAD_REQUEST;
        pvs::v1::UserCurrentRequest who;
        who.set_session_id(invoke.context().session_id());
        auto user = host_.call<pvs::v1::UserCurrentReply>(pvs::v1::METHOD_HOST_USER_CURRENT, who, {header.call_id});
        if (!user.ok()) return user.status;
        pvs::v1::ActionReply answer;
        answer.mutable_done()->set_text("Guten Tag, " + user.reply.current().user().display_name());
        return reply.send(answer);
      }
      default:
        return PVS_UNSUPPORTED_METHOD;
    }
  }
  pvs_status stop(std::chrono::milliseconds) override { return PVS_OK; }

  static void describe(pvs::v1::PluginDescription& out) {
    out.set_id("org.example.greeter");
    out.set_version("1.0.0");
    out.set_abi_major(PVS_ABI_MAJOR);
    auto& command = *out.add_commands();
    command.set_command_id("greeter.greet");
    command.set_title_de("Grüßen");
    command.set_menu("nachrichten");
    out.add_required_host_services("user_context");
  }
  static pvs::Creation create(pvs::HostClient& host, std::string_view) { return {std::make_unique<Greeter>(host)}; }

 private:
  pvs::HostClient& host_;
};

constexpr pvs::PluginDefinition kGreeter{.describe = &Greeter::describe, .create = &Greeter::create};

}  // namespace

PVS_PLUGIN(kGreeter)
