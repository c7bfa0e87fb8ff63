// SPDX-License-Identifier: Apache-2.0
// The KVCA master file, which decides where billing data goes.
#include "billing/kvca.h"
#include "fuzz/target.h"
#include "mime/header.h"

namespace kvc::fuzz {
namespace {

std::string kv(const std::string& application) {
  return "<e:ehd xmlns:e='urn:ehd/001' xmlns='urn:ehd/kvca/001'><e:header><e:interface><e:version V='1.20'/>"
         "</e:interface></e:header><e:body><institution_liste><kv><id EX='72'/><anwendungsliste>" +
         application + "</anwendungsliste></kv></institution_liste></e:body></e:ehd>";
}

}  // namespace

void kvca_parse(std::string_view input) {
  const auto file = billing::KvcaFile::parse(input);
  if (!file.ok()) {
    require(file.status().is(error::malformed) || file.status().is(error::too_large),
            "a wrong file is told from a large one");
    return;
  }
  require(!file->kvs.empty(), "a file has a KV");
  for (const auto& entry : file->kvs) {
    for (const auto content : {billing::Content::billing, billing::Content::collective, billing::Content::both}) {
      for (const auto mode : {billing::Mode::real, billing::Mode::test}) {
        const auto offer = billing::one_click_offer(*file, entry.code, content, mode, TimePoint());
        require(offer.offered() == !offer.recipient.empty(), "an offer has a recipient, a refusal has none");
        const auto one = mime::parse_addresses(offer.recipient);
        require(!offer.offered() || (one.ok() && one->size() == 1 && one->front() == offer.recipient),
                "a recipient is one address and nothing else");
      }
    }
  }
}

std::vector<std::string> kvca_parse_seeds() {
  return {
      kv("<anwendung><id EX='1CLICK'/><version V='2'/><email V='a@kv.de' gueltig_bis='2026-01-01T00:00:00'/>"
         "<test_email V='t@kv.de'/><anwendungsspezifika><anwendungsfunktion V='Fkt 1'/><anwendungsfunktion V='Fkt 2'/>"
         "</anwendungsspezifika></anwendung>"),
      kv("<anwendung gueltig_ab='1900-01-01'><id EX='QSKE'/><version V='x'/><email V='a@kv.de&#10;Bcc: "
         "b@kv.de'/></anwendung>"),
      kv(""),
      "<!DOCTYPE e [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]>" + kv("&b;"),
      "<?xml version='1.0' encoding='ISO-8859-15'?>" + kv("<anwendung><id EX='\xC4'/><version V='\xA4'/></anwendung>"),
  };
}

}  // namespace kvc::fuzz
