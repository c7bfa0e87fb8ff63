// SPDX-License-Identifier: Apache-2.0
// Reading and checking services.json. Internal to service/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "service/catalogue.h"

namespace kvc::service {

struct ReadCatalogue {
  std::vector<Service> services;
  std::string receipt_type;  ///< empty if the text does not say
};

/// What services.schema.json says of the form, and that roles are unique and those of any_of exist. Variants are
/// written out. Error: invalid_settings.
Result<ReadCatalogue> read_catalogue(std::string_view json);

/// No two services have one key, no two messages the same first two elements. Error: invalid_settings.
Status check_ids(const std::vector<Service>& services);
/// Every answered_by names a service with a delivery. Error: invalid_settings.
Status check_answers(const std::vector<Service>& services);

}  // namespace kvc::service
