// SPDX-License-Identifier: Apache-2.0
// The example of host.hpp, completed.
#include <iostream>
#include <pvs/host.hpp>

namespace {

class Services final : public pvs::HostServices {
 public:
  std::vector<std::string> offered() const override { return {"user_context"}; }
  pvs_status user_current(const pvs::PluginCall&, const pvs::v1::UserCurrentRequest&,
                          pvs::v1::UserCurrentReply& reply) override {
    reply.mutable_current()->mutable_user()->set_display_name("Frau Probe");
    return PVS_OK;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto loaded = pvs::LoadedPlugin::load(argv[1], std::make_shared<Services>(), {"consumer", "1"});
  if (!loaded.plugin) {
    std::cerr << loaded.reason << '\n';
    return 1;
  }
  if (const std::string reason = loaded.plugin->start({}); !reason.empty()) {
    std::cerr << reason << '\n';
    return 1;
  }
  pvs::v1::InvokeRequest invoke;
  invoke.set_command_id("greeter.greet");
  const auto answer = loaded.plugin->act(pvs::v1::METHOD_COMMAND_INVOKE, invoke);
  std::cout << answer.reply.done().text() << '\n';
  return answer.ok() ? 0 : 1;
}
