// SPDX-License-Identifier: Apache-2.0
#include "archive/protocol_words.h"

#include <array>

#include "base/german_time.h"

namespace kvc::archive {
namespace {

/// In the order of message::Verdict.
constexpr std::array<Words, 10> kVerdicts = {{
    {"Die Nachricht ist beschädigt oder keine lesbare Nachricht.", "The message is damaged or not readable as one."},
    {"Die Nachricht konnte mit keinem vorhandenen Schlüssel geöffnet werden.",
     "The message could not be opened with any key at hand."},
    {"Der Inhalt ist nicht unterschrieben; der Absender ist nicht belegt.",
     "The content is not signed; nothing proves the sender."},
    {"Der Inhalt wurde nach dem Unterschreiben verändert.", "The content was changed after it was signed."},
    {"Die Unterschrift ist richtig, gehört aber nicht dem angegebenen Absender.",
     "The signature is right, but not that of the sender named."},
    {"Das Zertifikat des Unterzeichners stammt von keiner zugelassenen Stelle.",
     "The signer's certificate was not issued by an allowed authority."},
    {"Das Zertifikat des Unterzeichners war zum Prüfzeitpunkt nicht gültig.",
     "The signer's certificate was not valid at the reference time."},
    {"Unterschrift oder Verschlüsselung benutzen ein Verfahren, das nicht mehr als sicher gilt.",
     "Signature or encryption use a method that is no longer considered secure."},
    {"Unterschrieben, aber unverschlüsselt übertragen: Dritte konnten mitlesen.",
     "Signed, but sent without encryption: others could read it."},
    {"Gültig: verschlüsselt, unverändert, vom angegebenen Absender unterschrieben.",
     "Valid: encrypted, unchanged, signed by the sender named."},
}};

/// In the order of Event::Kind.
constexpr std::array<Words, 7> kEvents = {{
    {"Vom Server angenommen", "Accepted by the server"},
    {"Eingangsbestätigung des Empfängers erhalten", "Receipt of the recipient arrived"},
    {"Antwort erhalten", "Answer arrived"},
    {"Eingangsbestätigung wartet auf den Versand", "Our receipt waits to be sent"},
    {"Eingangsbestätigung gesendet", "Our receipt was sent"},
    {"Eingangsbestätigung konnte nicht gesendet werden", "Our receipt could not be sent"},
    {"Der Absender bittet um eine Eingangsbestätigung", "The sender asks for a receipt"},
}};

}  // namespace

std::string_view meaning(message::Verdict verdict, Language language) {
  return kVerdicts.at(static_cast<std::size_t>(verdict)).in(language);
}

std::string_view meaning(Event::Kind kind, Language language) {
  return kEvents.at(static_cast<std::size_t>(kind)).in(language);
}

std::string time_text(TimePoint time, Language language) {
  if (language == Language::english) {
    return german_date_time(time);
  }
  return german_time_text(time) + (german_summer_time(time) ? " MESZ" : " MEZ");
}

}  // namespace kvc::archive
