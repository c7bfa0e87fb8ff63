// SPDX-License-Identifier: Apache-2.0
// The service ids the program itself speaks of (protocol D). Everything else stays data.
#pragma once

#include "service/service_id.h"

namespace kvc::service {

/// The type (second element) every receipt carries, whatever the service.
inline constexpr const char* kReceiptType = "Eingangsbestaetigung";

/// eNachricht 2.0: text and any files from practice to practice. The string is inferred [I].
inline ServiceId enachricht_delivery() {
  return {"eNachricht", "Lieferung", "V2.0"};
}
/// Its receipt (Eingangsbestaetigung), sent when the sender asked for one [I].
inline ServiceId enachricht_receipt() {
  return {"eNachricht", kReceiptType, "V2.0"};
}

/// The clear Subject of an eNachricht: never what a user typed (protocol C, "Privacy").
inline constexpr const char* kEnachrichtSubject = "eNachricht";
/// The clear Subject of its receipt, `<Service>-Eingangsbestaetigung` (protocol C, "MDN").
inline constexpr const char* kEnachrichtReceiptSubject = "eNachricht-Eingangsbestaetigung";

}  // namespace kvc::service
