// SPDX-License-Identifier: Apache-2.0
// From what a user chose to a delivery that may be sent to a KV: 1-Click-Abrechnung and eDokumentation (protocol D).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/status.h"
#include "billing/begleitdatei.h"
#include "billing/kvca.h"
#include "service/service_id.h"

namespace kvc::billing {

enum class FileKind {
  billing,         ///< <name>.con.xkm, encrypted by the KBV Kryptomodul
  collective_pdf,  ///< <name>.sig.pdf
  collective_xml,  ///< <name>.xml
  documentation,   ///< <name>.zip.xkm
  unknown,
};
/// By the name's end, without regard to case. begleitdatei.xml is unknown: nobody chooses it.
FileKind kind_of(std::string_view file_name);

/// A file the user chose. `head` are its first bytes (five are enough), for a look at what it really is; empty:
/// unknown.
struct ChosenFile {
  std::string name;
  std::uint64_t size = 0;
  std::string head;
};

enum class Purpose { real, test, correction };

/// What the user chose.
struct Choice {
  std::string kv_code;  ///< of the practice
  std::string bsnr;
  std::string quarter;  ///< "2025-4"
  Purpose purpose = Purpose::real;
  bool complete = true;
  bool hzv = false;  ///< billing for hausarztzentrierte Versorgung, "ABRECHNUNG HZV"
  std::vector<ChosenFile> files;
  /// The newest earlier version; needed for a correction, and only for one.
  std::optional<Begleitdatei> corrects;
};

/// One MIME part of the mail, in its order.
struct DeliveryPart {
  std::string name, type, description;
  /// Place of the file in Choice::files; none for the begleitdatei, whose bytes are BillingDelivery::begleitdatei_xml.
  std::optional<std::size_t> file;
};

/// Checked; nothing about it needs to be asked again.
struct BillingDelivery {
  service::ServiceId service_id;
  std::string subject;                                     ///< the clear header's
  std::string recipient;                                   ///< one; there is no Cc
  bool request_receipt = false;                            ///< 1-Click never; eDokumentation may
  bool expects_receipt = false, expects_feedback = false;  ///< what the KV announces
  Begleitdatei begleitdatei;
  std::string begleitdatei_xml;
  std::vector<DeliveryPart> parts;
};

/// What a 1-Click delivery contains, by its files. Errors: invalid_field (parameters "field" = "files", "file" = the
/// name, "expected") for a file of another kind, an empty one, two of a kind, a .sig.pdf without its .xml of the same
/// name or the other way round, nothing at all, a name that cannot be a file name.
Result<Content> content_of(const std::vector<ChosenFile>& files);

/// Checks choice, KV and files, and gives the parts. Errors: invalid_field (parameters "field", and for files "file"
/// and "expected"); not_permitted (parameter "reason": key(Refusal)) for what the KV does not offer; invalid_state for
/// a correction of a test or of another practice, quarter or kind.
Result<BillingDelivery> one_click(const Choice& choice, const KvcaFile& kvca, Env& env);

/// eDokumentation: `kind` is one of QSHLT, QSKE, QSMG, QSHGV, QSHGVK; exactly one file, <name>.zip.xkm.
Result<BillingDelivery> edokumentation(std::string_view kind, const Choice& choice, const KvcaFile& kvca, Env& env);

/// One thing that does not fit, for the words of whoever shows it.
struct Misfit {
  enum class Kind {
    description,    ///< `name` should have the description `expected`
    file,           ///< `name` is no `expected`; without a name, there should be one
    begleitdatei,   ///< there should be exactly one
    not_there,      ///< begleitdatei.xml names `name`, which is not there
    not_mentioned,  ///< `name` is there, and begleitdatei.xml does not name it
  };
  Kind kind = Kind::file;
  std::string name, expected;
};

/// The part checks alone, for mail made elsewhere: what does not fit `service` ("1ClickAbrechnung",
/// "eDokumentation-..."); empty if everything fits. `names` and `descriptions` side by side, begleitdatei included.
struct PartName {
  std::string name, description;
};
std::vector<Misfit> unfitting_parts(const service::ServiceId& service, const std::vector<PartName>& parts);

/// Files that begleitdatei.xml names and the mail does not have, or the other way round; `names` without the
/// begleitdatei.
std::vector<Misfit> unfitting_attachments(const Begleitdatei& file, const std::vector<std::string>& names);

}  // namespace kvc::billing
