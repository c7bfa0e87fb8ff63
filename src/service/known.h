// SPDX-License-Identifier: Apache-2.0
// Shorthands for the service the program itself writes in most often. What they are stands in the catalogue.
#pragma once

#include "service/catalogue.h"
#include "service/service_id.h"

namespace kvc::service {

/// eNachricht: text and any files from practice to practice.
inline ServiceId enachricht_delivery() {
  return Catalogue::builtin().service("enachricht")->message(MessageKind::delivery)->id;
}
/// Its receipt (Eingangsbestaetigung), sent when the sender asked for one.
inline ServiceId enachricht_receipt() {
  return Catalogue::builtin().receipt_for(enachricht_delivery());
}

}  // namespace kvc::service
