// SPDX-License-Identifier: Apache-2.0
#include "service/clear_subject.h"

namespace kvc::service {

std::string clear_subject(const ServiceId& id, const Catalogue& catalogue) {
  if (const auto match = catalogue.find(id)) {
    return match->message->subject;
  }
  return catalogue.is_receipt(id) ? id.service + '-' + id.type : id.service;
}

}  // namespace kvc::service
