// SPDX-License-Identifier: Apache-2.0
#include "service/clear_subject.h"

#include "service/known.h"

namespace kvc::service {

std::string clear_subject(const ServiceId& id) {
  if (id.type == kReceiptType || id.service == "1ClickAbrechnung") {
    return id.service + '-' + id.type;
  }
  const bool says_its_id =
      id.service.starts_with("eDokumentation") || id.service == "eTS" || id.service == "eMail-Dienst";
  return says_its_id ? id.text() : id.service;
}

}  // namespace kvc::service
