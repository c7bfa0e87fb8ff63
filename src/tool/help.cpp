// SPDX-License-Identifier: Apache-2.0
#include "tool/help.h"

#include <array>

#include "tool/options.h"

namespace kvc::tool {
namespace {

struct Help {
  std::string_view command, german, in_english;
};

constexpr auto kHelp = std::to_array<Help>({
    {"open",
     "  MAIL.eml|-           die Nachricht; - liest von der Standardeingabe\n"
     "  --key FILE           Schlüssel, der sie öffnen soll (PEM oder PKCS#12); mehrmals erlaubt\n"
     "  --key-password-file F  Passwort der Schlüssel, erste Zeile der Datei\n"
     "  --root CA.pem        Wurzel, der vertraut wird; mehrmals erlaubt\n"
     "  --user-ca CA.pem     Aussteller der Zertifikate der Teilnehmer; mehrmals erlaubt\n"
     "  --at ZEIT            wann die Zertifikate gültig sein müssen: signing-time (Vorgabe), now oder ein Zeitpunkt "
     "wie\n"
     "                       2019-04-26T09:24:43Z\n"
     "  --extract DIR        die Teile in diesem Ordner ablegen; vorhandene Dateien werden nie überschrieben\n",
     "  MAIL.eml|-           the message; - reads standard input\n"
     "  --key FILE           key that is to open it (PEM or PKCS#12); may be repeated\n"
     "  --key-password-file F  password of the keys, first line of the file\n"
     "  --root CA.pem        root that is trusted; may be repeated\n"
     "  --user-ca CA.pem     issuer of the participants' certificates; may be repeated\n"
     "  --at TIME            when the certificates have to be valid: signing-time (default), now or a time like\n"
     "                       2019-04-26T09:24:43Z\n"
     "  --extract DIR        put the parts into this folder; existing files are never overwritten\n"},
    {"seal",
     "  --from ADDR          Absender; die Adresse des eigenen Zertifikats\n"
     "  --to ADDR            Empfänger; die Adresse seines Zertifikats\n"
     "  --service \"S;T;V\"    Dienstkennung aus Dienst, Art und Version, zum Beispiel \"eNachricht;Lieferung;V2.0\"\n"
     "  --text FILE|-        Text der Nachricht (UTF-8)\n"
     "  --attach FILE[:TYP[:BESCHREIBUNG]]  Anhang, zum Beispiel befund.pdf:application/pdf:Befund; ohne TYP sagt ihn "
     "das\n"
     "                       Ende des Namens; mehrmals erlaubt\n"
     "  --key FILE           eigener Schlüssel (PEM oder PKCS#12)\n"
     "  --key-password-file F  sein Passwort, erste Zeile der Datei\n"
     "  --cert PEM           eigenes Zertifikat\n"
     "  --recipient-cert PEM  Zertifikat des Empfängers\n"
     "  --out MAIL.eml|-     die fertige Nachricht; eine vorhandene Datei wird nie überschrieben\n",
     "  --from ADDR          sender; the address of the own certificate\n"
     "  --to ADDR            recipient; the address of their certificate\n"
     "  --service \"S;T;V\"    service, type and version, for instance \"eNachricht;Lieferung;V2.0\"\n"
     "  --text FILE|-        text of the message (UTF-8)\n"
     "  --attach FILE[:TYPE[:DESCRIPTION]]  attachment, for instance befund.pdf:application/pdf:Befund; without TYPE "
     "the\n"
     "                       end of the name says it; may be repeated\n"
     "  --key FILE           own key (PEM or PKCS#12)\n"
     "  --key-password-file F  its password, first line of the file\n"
     "  --cert PEM           own certificate\n"
     "  --recipient-cert PEM  the recipient's certificate\n"
     "  --out MAIL.eml|-     the finished message; an existing file is never overwritten\n"},
    {"doctor",
     "  --manifest FILE      manifest.json des Plugins\n"
     "  --settings FILE      Einstellungen des Plugins; relative Pfade darin beginnen bei ihrem Ordner\n"
     "  --data DIR           Datenverzeichnis des Plugins; ohne wird der Speicher nicht geprüft\n"
     "  --login-file FILE    Benutzername in der ersten, Passwort in der zweiten Zeile; ohne wird die Anmeldung nicht\n"
     "                       geprüft\n"
     "  --environment ID     wohin die Anmeldung gehört, wenn die Einstellungen mehrere Netze nennen\n",
     "  --manifest FILE      manifest.json of the plugin\n"
     "  --settings FILE      settings of the plugin; relative paths in it start at its folder\n"
     "  --data DIR           data directory of the plugin; without it the storage is not examined\n"
     "  --login-file FILE    user name in the first, password in the second line; without it the login is not "
     "examined\n"
     "  --environment ID     where the login belongs if the settings name several networks\n"},
    {"restore",
     "  --data DIR           Datenverzeichnis des Plugins\n"
     "  --settings FILE      Einstellungen des Plugins, wenn sie eine andere Datenbankdatei nennen\n"
     "  --backup FILE        diese Sicherung; ohne die jüngste brauchbare\n",
     "  --data DIR           data directory of the plugin\n"
     "  --settings FILE      settings of the plugin, if they name another database file\n"
     "  --backup FILE        this backup; without it the latest that will do\n"},
});

}  // namespace

std::string_view options_help(std::string_view command) {
  for (const Help& help : kHelp) {
    if (help.command == command) {
      return say(help.german, help.in_english);
    }
  }
  return {};
}

}  // namespace kvc::tool
