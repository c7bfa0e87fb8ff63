// SPDX-License-Identifier: Apache-2.0
#include "directory/configured_sources.h"

#include "directory/ldap_source.h"
#include "directory/rest_source.h"

namespace kvc::directory {
namespace {

Result<Sources> sources_of(account::Environments& environments, std::string_view environment_id) {
  const settings::Environment* environment = environments.settings().environment(environment_id);
  if (environment == nullptr) {
    return Status(error::invalid_settings, "no environment of this id is configured")
        .with("environment", std::string(environment_id));
  }
  using settings::AddressBook;
  Sources sources;
  if (environment->address_book != AddressBook::ldap) {
    KVC_ASSIGN(kvconnect::Client* const client, environments.client(environment_id));
    sources.push_back(std::make_unique<RestSource>(*client));
  }
  if (environment->address_book != AddressBook::rest && !environment->ldap_url.empty()) {
    sources.push_back(std::make_unique<LdapSource>(
        LdapConfig{environment->ldap_url, environment->tls_roots, environment->use_system_tls_roots}));
  }
  return sources;
}

}  // namespace

SourceFactory configured_sources(account::Environments& environments) {
  return [&environments](std::string_view environment_id) { return sources_of(environments, environment_id); };
}

}  // namespace kvc::directory
