// SPDX-License-Identifier: Apache-2.0
// What stands in the Subject the server can read.
#pragma once

#include <string>

#include "service/service_id.h"

namespace kvc::service {

/// The neutral Subject of a message of this service (protocol D, column "outer Subject"; protocol C, "MDN" for
/// receipts). Never depends on what a user typed (protocol C, "Privacy"). Services the table says nothing of get their
/// name alone [D].
std::string clear_subject(const ServiceId& id);

}  // namespace kvc::service
