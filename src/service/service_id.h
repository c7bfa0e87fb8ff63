// SPDX-License-Identifier: Apache-2.0
// ServiceId (Dienstkennung): which service a message belongs to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace kvc::service {

/// [D] Longer values of X-KVC-Dienstkennung are refused; the longest documented one has 60 bytes.
inline constexpr std::size_t kMaxServiceIdBytes = 200;

/// `Service;Type;Vn` of the header X-KVC-Dienstkennung (protocol D), e.g. `eNachricht;Lieferung;V2.0`.
/// A value; compared byte by byte, because the names are spelled in exactly one way.
struct ServiceId {
  std::string service;
  std::string type;
  std::string version;

  /// Splits at ';' (blanks around the elements trimmed). An unknown service is kept as it is, and so are missing
  /// elements (empty: `eTS;Fehlernachricht;` is documented) and further ';' (part of the version): nothing received is
  /// lost. Error: malformed for control characters, more than kMaxServiceIdBytes bytes, or an empty first element.
  static Result<ServiceId> parse(std::string_view text);
  [[nodiscard]] std::string text() const { return service + ';' + type + ';' + version; }
  /// Full string first, then the first two parts (protocol D): true when service and type are the same.
  [[nodiscard]] bool matches(const ServiceId& other) const { return service == other.service && type == other.type; }
  friend bool operator==(const ServiceId&, const ServiceId&) = default;
};

}  // namespace kvc::service
