// SPDX-License-Identifier: Apache-2.0
// begleitdatei.xml as it comes back from a KV, or from whoever says so.
#include "billing/begleitdatei.h"
#include "fuzz/target.h"

namespace kvc::fuzz {

void begleitdatei_read(std::string_view input) {
  const auto guid = billing::guid_of(input);
  require(!guid || guid->size() == 36, "a GUID is one");
  const auto file = billing::read(input);
  if (!file.ok()) {
    require(file.status().is(error::malformed) || file.status().is(error::too_large),
            "a wrong file is told from a large one");
    return;
  }
  require(guid && billing::same_guid(*guid, file->guid), "both ways find the same GUID");
  require(billing::check(*file).ok(), "what was read keeps the rules");
  require(!(file->test && file->version > 1), "a test is no correction");
  const auto written = billing::write(*file);
  require(written.ok(), "what was read can be written");
  const auto again = billing::read(*written);
  require(again.ok() && *again == *file, "and is the same when read again");
  require(*billing::write(*again) == *written, "byte for byte");
}

std::vector<std::string> begleitdatei_read_seeds() {
  const std::string good =
      "<einlieferung xmlns=\"http://www.kv-telematik.de/1-Click/Meldung_Einlieferung/2.0.0\"><version V=\"2\"/>"
      "<guid V=\"6F1C2D3E-0000-4A4A-8B8B-0123456789AB\"/><bsnr V=\"999999900\"/><testdaten V=\"false\"/>"
      "<lieferungs_zeitpunkt V=\"2026-01-05T09:30:00.5\"/><dokumenten_typ V=\"ABRECHNUNG+SAMMELERKL\xC3\x84RUNG\"/>"
      "<quartal V=\"2025-4\"/><vollstaendig V=\"0\"/><anhang V=\"a&amp;b.con.xkm\"/><anhang "
      "V=\"c.xml\"/></einlieferung>";
  return {
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + good,
      "<?xml version='1.0' encoding='ISO-8859-1'?><!-- \xFC -->" + good,
      "<!DOCTYPE e [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" + good,
      "<einlieferung><guid V='6F1C2D3E-0000-4A4A-8B8B-0123456789AB'/></einlieferung>",
  };
}

}  // namespace kvc::fuzz
