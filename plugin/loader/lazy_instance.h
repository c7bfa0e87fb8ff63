// SPDX-License-Identifier: Apache-2.0
// The plugin before its first use: it can be loaded, described and created without the libraries for network, database,
// XML and TLS. They come with kvconnect_core.so at the first call, normally HELLO.
#pragma once

#include <atomic>
#include <memory>
#include <pvs/plugin.hpp>

namespace kvc::plugin {

/// Thread: as the base class says.
class LazyInstance final : public pvs::PluginInstance {
 public:
  explicit LazyInstance(pvs::HostClient& host) : host_(host) {}

  /// PVS_INTERNAL and a line in the host's log when kvconnect_core.so or a library it needs is missing.
  pvs_status handle(const pvs_call_header& header, std::string_view request, pvs::Reply& reply) override;
  void cancel(std::uint64_t call_id) override;
  void on_main(std::uint64_t token) override;
  void health(pvs::v1::HealthReply& reply) override;
  pvs_status stop(std::chrono::milliseconds deadline) override;

 private:
  pvs_status open();

  pvs::HostClient& host_;
  std::unique_ptr<pvs::PluginInstance> owner_;
  std::atomic<pvs::PluginInstance*> real_{nullptr};  ///< read by cancel() on any thread
};

/// The plugin as the library's table serves it.
extern const pvs::PluginDefinition kLazyPlugin;

}  // namespace kvc::plugin
