// SPDX-License-Identifier: Apache-2.0
// A letter about nobody.
#pragma once

#include <string>

#include "base/german_time.h"
#include "letter/cda.h"

namespace kvc::letter::samples {

inline Letter letter() {
  Letter made;
  made.document_id = "6f1c2d3e-0000-4a4a-8b8b-0123456789ab";
  made.created = parse_xs_date_time("2026-01-05T09:30:00+01:00").value();
  made.patient.name = {"Dr.", "Erika", "Testpatient"};
  made.patient.birth_date = "1990-09-07";
  made.patient.gender = Gender::female;
  made.patient.kvnr = "K070990552";
  made.patient.address = {"Teststraße 1", "10115", "Berlin"};
  made.author = {"Dr. med.", "Anna", "Testärztin"};
  made.author_lanr = "999999900";
  made.practice = {"721234500", "Praxis Test & Söhne", "030 1", {"Weg 2", "10115", "Berlin"}};
  made.recipient = {"", "Bert", "Empfänger"};
  made.recipient_organisation = {"", "MVZ <Süd>", "", {}};
  made.pdf_name = "Arztbrief Testpatient.pdf";
  return made;
}

inline std::string param(const Status& status, const std::string& name) {
  for (const auto& [key, value] : status.params()) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t found = text.find(from);
  return found == std::string::npos ? "not found: " + from : text.replace(found, from.size(), to);
}

}  // namespace kvc::letter::samples
