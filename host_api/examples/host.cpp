// SPDX-License-Identifier: Apache-2.0
// A practice system in a hundred lines of C++: lists a plugin's menu, opens one command, prints what it shows, and
// stops.
//
// usage: host PLUGIN_DIR DATA_DIR [COMMAND [SETTINGS.json]]
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <pvs/host.hpp>

namespace {
namespace v1 = pvs::v1;

// [services]
class Practice final : public pvs::HostServices {
 public:
  explicit Practice(std::string data) : data_(std::move(data)) {}
  v1::ActionReply outcome;
  bool ended = false;

  std::vector<std::string> offered() const override {
    return {"user_context", "key_custody", "storage", "files", "progress"};
  }
  pvs_status user_current(const pvs::PluginCall&, const v1::UserCurrentRequest&, v1::UserCurrentReply& reply) override {
    v1::User& user = *reply.mutable_current()->mutable_user();
    user.set_user_id("dr_probe");
    user.set_display_name("Dr. Probe");
    user.set_session_unlocked(true);
    reply.mutable_current()->mutable_practice()->set_practice_id("praxis-probe");
    reply.mutable_current()->set_locale("de-DE");
    return PVS_OK;
  }
  pvs_status storage_directories(const pvs::PluginCall&, const v1::DirectoriesRequest&,
                                 v1::DirectoriesReply& reply) override {
    auto& directories = *reply.mutable_directories();
    directories.set_data(data_);
    directories.set_cache(data_);
    directories.set_user(data_);
    return PVS_OK;
  }
  // Your key management belongs here. Until it does, say so: the plugin tells the user, and stores nothing.
  pvs_status key_seal(const pvs::PluginCall&, const v1::KeySealRequest&, v1::KeySealReply& reply) override {
    reply.mutable_error()->set_category(v1::CATEGORY_HOST);
    reply.mutable_error()->set_code("host.no_key_custody");
    return PVS_OK;
  }
  void job_ended(std::uint64_t, const v1::ActionReply& reply) override {
    outcome = reply;
    ended = true;
  }

 private:
  std::string data_;
};
// [/services]

// [view]
void print(const v1::View& view) {
  std::cout << "== " << view.title() << '\n';
  for (const auto& group : view.detail().groups()) {
    std::cout << group.heading() << '\n';
    for (const auto& fact : group.facts()) std::cout << "  " << fact.label() << ": " << fact.value() << '\n';
  }
  for (const auto& row : view.table().rows()) {
    for (const auto& cell : row.cells()) std::cout << cell.text() << '\t';
    std::cout << '\n';
  }
  if (view.has_table() && view.table().rows().empty()) std::cout << view.table().empty_text() << '\n';
  if (view.has_notice()) std::cout << view.notice().text() << '\n';
  for (const auto& action : view.actions()) std::cout << "[" << action.label() << "] ";
  std::cout << '\n';
}
// [/view]

int fail(const std::string& reason) {
  std::cerr << reason << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fail("usage: host PLUGIN_DIR DATA_DIR [COMMAND [SETTINGS.json]]");
  // [load]
  const auto practice = std::make_shared<Practice>(std::filesystem::absolute(argv[2]).string());
  auto [plugin, reason] = pvs::LoadedPlugin::load(argv[1], practice, {"Beispiel-PVS", "1.0"});
  if (!plugin) return fail(reason);
  for (const auto& command : plugin->manifest().description.commands()) {
    std::cout << command.menu() << " > " << command.title_de() << "  (" << command.command_id() << ")\n";
  }
  v1::HelloRequest hello;
  hello.set_locale("de-DE");
  if (argc > 4) {
    std::ifstream file(argv[4], std::ios::binary);
    hello.set_settings_json(std::string(std::istreambuf_iterator<char>(file), {}));
    hello.set_settings_directory(std::filesystem::absolute(argv[4]).parent_path().string());
  }
  if (reason = plugin->start(hello); !reason.empty()) return fail(reason);
  // [/load]
  // [invoke]
  v1::InvokeRequest invoke;
  invoke.set_command_id(argc > 3 ? argv[3] : "kvconnect.doctor");
  invoke.mutable_context()->set_session_id("session-1");
  invoke.mutable_context()->set_user_id("dr_probe");
  auto answer = plugin->act(v1::METHOD_COMMAND_INVOKE, invoke);
  if (!answer.ok()) return fail("the call failed with status " + std::to_string(answer.status));
  if (answer.reply.has_accepted()) {
    while (!practice->ended) plugin->pump(std::chrono::milliseconds(100));  // your main loop does this, see wake_fd()
    answer.reply = practice->outcome;
  }
  // [/invoke]
  if (answer.reply.has_error()) return fail(answer.reply.error().text());
  print(answer.reply.view());
  // [stop]
  return plugin->stop(std::chrono::seconds(10)) == PVS_OK ? 0 : fail("the plugin did not stop");
  // [/stop]
}
