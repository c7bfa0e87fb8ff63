// SPDX-License-Identifier: Apache-2.0
#include "loader/lazy_instance.h"

#include "loader/load_module.h"
#include "resource/description.h"
#include "resource/manifest.h"

namespace kvc::plugin {

pvs_status LazyInstance::open() {
  const LoadedModule loaded = load_module();
  if (loaded.module == nullptr) {
    host_.log(PVS_LOG_ERROR, "loader", loaded.reason);
    return PVS_INTERNAL;
  }
  pvs::Creation creation = loaded.module->create(host_, resource::manifest());
  if (creation.instance == nullptr) {
    host_.log(PVS_LOG_ERROR, "loader", creation.reason);
    return creation.status == PVS_OK ? PVS_INTERNAL : creation.status;
  }
  owner_ = std::move(creation.instance);
  real_.store(owner_.get(), std::memory_order_release);
  return PVS_OK;
}

pvs_status LazyInstance::handle(const pvs_call_header& header, std::string_view request, pvs::Reply& reply) {
  if (owner_ == nullptr) {
    if (const pvs_status status = open(); status != PVS_OK) {
      return status;
    }
  }
  return owner_->handle(header, request, reply);
}

void LazyInstance::cancel(std::uint64_t call_id) {
  if (pvs::PluginInstance* const real = real_.load(std::memory_order_acquire)) {
    real->cancel(call_id);
  }
}

void LazyInstance::on_main(std::uint64_t token) {
  if (owner_ != nullptr) {
    owner_->on_main(token);
  }
}

void LazyInstance::health(pvs::v1::HealthReply& reply) {
  if (owner_ != nullptr) {
    owner_->health(reply);
  }
}

pvs_status LazyInstance::stop(std::chrono::milliseconds deadline) {
  return owner_ == nullptr ? PVS_OK : owner_->stop(deadline);
}

namespace {

void describe(pvs::v1::PluginDescription& out) {
  const std::string_view bytes = resource::description();
  out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// A manifest that is not ours byte for byte may still say the same, or what is wrong with it has to be told: that is
/// known behind the door.
pvs::Creation create(pvs::HostClient& host, std::string_view manifest) {
  if (manifest == resource::manifest()) {
    return {std::make_unique<LazyInstance>(host)};
  }
  LoadedModule loaded = load_module();
  if (loaded.module == nullptr) {
    return {nullptr, PVS_INTERNAL, std::move(loaded.reason)};
  }
  return loaded.module->create(host, manifest);
}

}  // namespace

const pvs::PluginDefinition kLazyPlugin{.describe = &describe, .create = &create};

}  // namespace kvc::plugin
