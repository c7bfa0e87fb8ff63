// SPDX-License-Identifier: Apache-2.0
// The KVCA master file of the KBV: which electronic services a KV offers, and to which address each is sent (protocol
// D, "KVCA master file").
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"

namespace kvc::billing {

/// The functions of 1-Click, "Fkt 1" to "Fkt 10" (protocol D, "1-Click rules").
enum class Function {
  test_billing = 1,
  real_billing = 2,
  test_collective = 3,  ///< Sammelerklärung
  real_collective = 4,
  test_both = 5,
  real_both = 6,
  test_receipt = 7,  ///< the KV sends an MDN
  real_receipt = 8,
  test_feedback = 9,  ///< the KV sends a Rückmeldung
  real_feedback = 10,
};

/// An element's gueltig_ab/gueltig_bis; an open end is none.
struct Validity {
  std::optional<TimePoint> from, until;
  [[nodiscard]] bool covers(TimePoint time) const { return (!from || *from <= time) && (!until || time <= *until); }
};

struct Address {
  std::string address;
  Validity valid;
};

/// One `anwendung` of a KV.
struct Application {
  std::string id;  ///< "1CLICK", "HKS", "QSHLT" ...; unknown ones are kept
  std::string version;
  std::vector<Address> email, test_email, kim_email, kim_test_email;
  std::set<int> functions;  ///< numbers of Function; unknown numbers are kept
  Validity valid;
  int line = 0;
};

struct KvEntry {
  std::string code;  ///< two digits
  std::vector<Application> applications;
};

/// A master file, read whole. A value; thread: [any].
class KvcaFile {
 public:
  /// Errors: malformed for anything that is no KVCA file (parameters "line" and "element", the detail says what was
  /// expected there), too_large. A file with a wrong entry is refused whole: half a list would send billing data to
  /// nobody knows whom.
  static Result<KvcaFile> parse(std::string_view xml);

  std::vector<KvEntry> kvs;
  std::string interface_version;  ///< "1.20", empty if the file does not say

  /// Null if the file does not know the KV or its application.
  [[nodiscard]] const Application* find(std::string_view kv_code, std::string_view application) const;
  [[nodiscard]] bool knows(std::string_view kv_code) const;
};

enum class Content { billing, collective, both };  ///< of a 1-Click delivery
enum class Mode { real, test };

/// Why something is not offered. The key ("kv_unknown") is stable; the catalogue of texts turns it into a sentence.
enum class Refusal {
  none,
  kv_unknown,             ///< the file has no such KV
  application_missing,    ///< the KV does not take this service
  application_not_valid,  ///< not yet, or no longer
  function_missing,       ///< the KV does not list the function
  address_missing,        ///< no address for it
  address_not_yet_valid,
  address_expired,
};
std::string_view key(Refusal refusal);

/// What a KV offers for one kind of delivery.
struct Offer {
  Refusal refusal = Refusal::none;
  std::string recipient;        ///< empty if refused
  bool test_address = false;    ///< the recipient is the KV's test address
  bool sends_receipt = false;   ///< functions 7/8
  bool sends_feedback = false;  ///< functions 9/10
  [[nodiscard]] bool offered() const { return refusal == Refusal::none; }
};

/// 1-Click at that time (application 1CLICK). Test deliveries go to test_email if there is one.
Offer one_click_offer(const KvcaFile& file, std::string_view kv_code, Content content, Mode mode, TimePoint at);
/// Any other application, by its id in the file ("QSHLT", "HKS"); these list no functions.
Offer application_offer(const KvcaFile& file, std::string_view kv_code, std::string_view application, Mode mode,
                        TimePoint at);

/// The function a delivery needs: Content x Mode -> 1 to 6.
Function function_for(Content content, Mode mode);

}  // namespace kvc::billing
