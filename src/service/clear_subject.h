// SPDX-License-Identifier: Apache-2.0
// What stands in the Subject the server can read.
#pragma once

#include <string>

#include "service/catalogue.h"
#include "service/service_id.h"

namespace kvc::service {

/// The neutral Subject of a message of this service: the catalogue's (protocol D, column "outer Subject"; protocol C,
/// "MDN" for receipts). Never depends on what a user typed (protocol C, "Privacy"). Services the catalogue says nothing
/// of get their name alone, receipts `<Service>-Eingangsbestaetigung` [D].
std::string clear_subject(const ServiceId& id, const Catalogue& catalogue = Catalogue::builtin());

}  // namespace kvc::service
