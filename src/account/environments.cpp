// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <mutex>

#include "account/account_service.h"
#include "base/guard.h"

namespace kvc::account {

struct Environments::Impl {
  Impl(settings::Settings s, Env& e, Log& l) : settings(std::move(s)), env(e), log(l) {}

  settings::Settings settings;
  Env& env;
  Log& log;
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<kvconnect::Client>, std::less<>> clients;
  std::map<std::string, std::unique_ptr<crypto::TrustList>, std::less<>> trust_lists;
};

namespace {

Status unknown(std::string_view id) {
  return Status(error::invalid_settings, "no environment of this id is configured")
      .with("environment", std::string(id));
}

kvconnect::ServerConfig server_config(const settings::Environment& environment) {
  kvconnect::ServerConfig config;
  config.base_url = environment.base_url;
  config.tls_roots = environment.tls_roots;
  config.use_system_roots = environment.use_system_tls_roots;
  return config;
}

}  // namespace

Environments::Environments(settings::Settings settings, Env& env, Log& log)
    : impl_(std::make_unique<Impl>(std::move(settings), env, log)) {}

Environments::~Environments() = default;

const settings::Settings& Environments::settings() const {
  return impl_->settings;
}

Result<kvconnect::Client*> Environments::client(std::string_view environment_id) {
  return guarded([&]() -> Result<kvconnect::Client*> {
    const std::lock_guard lock(impl_->mutex);
    if (const auto known = impl_->clients.find(environment_id); known != impl_->clients.end()) {
      return known->second.get();
    }
    const settings::Environment* environment = impl_->settings.environment(environment_id);
    if (environment == nullptr) {
      return unknown(environment_id);
    }
    KVC_ASSIGN(auto made, kvconnect::Client::create(server_config(*environment), impl_->env, impl_->log));
    return impl_->clients.emplace(environment_id, std::move(made)).first->second.get();
  });
}

Result<const crypto::TrustList*> Environments::trust(std::string_view environment_id) {
  return guarded([&]() -> Result<const crypto::TrustList*> {
    const std::lock_guard lock(impl_->mutex);
    if (const auto known = impl_->trust_lists.find(environment_id); known != impl_->trust_lists.end()) {
      return known->second.get();
    }
    const settings::Environment* environment = impl_->settings.environment(environment_id);
    if (environment == nullptr) {
      return unknown(environment_id);
    }
    KVC_ASSIGN(auto loaded, crypto::TrustList::load(environment->message_roots, environment->user_cas));
    auto made = std::make_unique<crypto::TrustList>(std::move(loaded));
    return impl_->trust_lists.emplace(environment_id, std::move(made)).first->second.get();
  });
}

}  // namespace kvc::account
