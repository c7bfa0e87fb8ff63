// SPDX-License-Identifier: Apache-2.0
// The sources an integrator configured.
#pragma once

#include "account/account_service.h"
#include "directory/source.h"

namespace kvc::directory {

/// By the settings `address_book` and `ldap_url` of an environment: REST, or LDAP, or REST with LDAP behind it.
/// `environments` must outlive what is returned, and the sources it makes. Thread: [any].
SourceFactory configured_sources(account::Environments& environments);

}  // namespace kvc::directory
