// SPDX-License-Identifier: Apache-2.0
#include "fuzz/plugin_session.h"

#include <cstdlib>

#include "instance/instance.h"
#include "unit/plugin/manifest_file.h"

namespace kvc::fuzz {
namespace {

namespace v1 = pvs::v1;

struct Replies {
  int count = 0;
  std::string bytes;
};

pvs_status PVS_CALL take(void* sink, pvs_bytes payload) {
  auto& replies = *static_cast<Replies*>(sink);
  ++replies.count;
  replies.bytes = std::string(pvs::view(payload));
  return PVS_OK;
}

}  // namespace

PluginSession::PluginSession() : plugin_(pvs::plugin_entry(plugin::kPlugin, PVS_ABI_MINOR)) {}

PluginSession& PluginSession::instance() {
  static PluginSession session;
  return session;
}

void PluginSession::begin() {
  if (instance_ != nullptr) {
    return;
  }
  host_ = std::make_unique<plugin::test::FakeHost>();
  const std::string manifest = plugin::test::manifest_file();
  require(plugin_->create(host_->table(), host_->context(), pvs::borrow(manifest), &instance_) == PVS_OK,
          "the plugin starts");
  v1::HelloRequest hello;
  hello.set_locale("de-DE");
  hello.set_settings_json(
      R"({"environments": [{"id": "own", "name": "Niemand", "base_url": "https://localhost:1/rest/",
      "mail_domain": "kv-safenet.de", "tls_roots": ["artificial_pki.pem"],
      "message_roots": ["artificial_pki.pem"], "user_cas": ["artificial_pki.pem"]}]})");
  hello.set_settings_directory(KVC_FUZZ_FOLDER);
  for (const char* service : {"user_context", "patient_context", "key_custody", "storage", "files", "documents",
                              "notifications", "progress", "audit", "schedule"}) {
    hello.add_services(service);
  }
  const auto greeted = parsed<v1::HelloReply>(call(v1::METHOD_LIFECYCLE_HELLO, hello.SerializeAsString()).bytes);
  require(greeted.has_description(), "the plugin takes the settings");
  const auto active = call(v1::METHOD_LIFECYCLE_ACTIVATE, "");
  require(active.status == PVS_OK && !parsed<v1::ActivateReply>(active.bytes).has_error(), "the plugin is active");
  // The last one is stopped before the program ends: what its threads hold would be a leak to LeakSanitizer.
  [[maybe_unused]] static const bool at_end = std::atexit([] { instance().end(); }) == 0;
}

void PluginSession::end() {
  if (instance_ != nullptr) {
    require(plugin_->stop(instance_, 60000) == PVS_OK, "the plugin stops");
    plugin_->destroy(instance_);
    instance_ = nullptr;
  }
}

PluginSession::Answer PluginSession::call(std::uint32_t method, const std::string& request) {
  pvs_call_header header{};
  header.struct_size = sizeof header;
  header.method = method;
  header.call_id = ++last_call_;
  Replies replies;
  const pvs_status status = plugin_->call(instance_, &header, pvs::borrow(request), &take, &replies);
  require(status >= PVS_OK && status <= PVS_END_OF_STREAM, "a status of the list");
  require(status == PVS_OK ? replies.count == 1 : replies.count == 0, "one reply with PVS_OK, none without");
  return {status, replies.bytes};
}

void check_error(const v1::Error& error) {
  require(!error.code().empty() && !error.text().empty(), "an error has a code and a sentence");
}

void check_reply(const v1::ActionReply& reply) {
  if (reply.has_error()) {
    check_error(reply.error());
  }
  require(!reply.has_view() || (!reply.view().view_id().empty() && !reply.view().kind().empty()),
          "a view has an id and a kind");
}

}  // namespace kvc::fuzz
