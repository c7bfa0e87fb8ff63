// SPDX-License-Identifier: Apache-2.0
#include "doctor/texts.h"

#include <algorithm>

namespace kvc::doctor {
namespace {

constexpr Wording kWordings[] = {
    {"manifest.good", "Das Manifest des Plugins ist lesbar.", "", "The plugin's manifest is readable.", ""},
    {"manifest.unreadable", "Die Datei manifest.json lässt sich nicht lesen.",
     "Prüfen Sie den Pfad und die Leserechte. Ist die Datei verschwunden, installieren Sie das Plugin neu; Konten und "
     "Nachrichten bleiben dabei erhalten.",
     "The file manifest.json cannot be read.",
     "Check the path and the permission to read. If the file is gone, install the plugin again; accounts and messages "
     "are kept."},
    {"manifest.malformed", "Die Datei manifest.json ist beschädigt.",
     "Installieren Sie das Plugin neu. Konten und Nachrichten bleiben dabei erhalten.",
     "The file manifest.json is damaged.", "Install the plugin again. Accounts and messages are kept."},

    {"settings.good", "Die Einstellungen sind vollständig.", "", "The settings are complete.", ""},
    {"settings.empty", "In den Einstellungen steht kein KV-Connect-Netz.",
     "Tragen Sie unter \"environments\" den Server und die Zertifikate ein. Archivierte Nachrichten lassen sich auch "
     "ohne öffnen.",
     "The settings name no KV-Connect network.",
     "Enter the server and the certificates under \"environments\". Archived messages open without one."},
    {"settings.warning", "Die Einstellungen enthalten Angaben, die niemand liest.",
     "Prüfen Sie die Schreibweise der genannten Namen.", "The settings contain values nobody reads.",
     "Check the spelling of the names listed."},
    {"settings.bad", "Die Einstellungen enthalten Fehler.",
     "Berichtigen Sie die genannten Stellen und starten Sie die Prüfung noch einmal.", "The settings contain mistakes.",
     "Correct the places listed and start the examination again."},

    {"certificates.good", "Die Vertrauensliste ist in Ordnung.", "", "The trust list is in order.", ""},
    {"certificates.unreadable", "Ein Zertifikat der Vertrauensliste ist unbrauchbar.",
     "Holen Sie die genannte Datei neu vom Betreiber des Netzes.", "A certificate of the trust list is unusable.",
     "Get the file named from the operator of the network again."},
    {"certificates.no_chain", "Eine User-CA stammt nicht von einer der eingetragenen Wurzeln.",
     "Tragen Sie unter \"message_roots\" die passende Wurzel ein, oder entfernen Sie die fremde User-CA. Bis dahin "
     "gilt "
     "keine Unterschrift, die von ihr kommt.",
     "A User CA does not come from any of the roots.",
     "Enter its root under \"message_roots\" or remove the foreign User CA. Until then no signature that comes from it "
     "is valid."},
    {"certificates.expired", "Ein Zertifikat der Vertrauensliste ist abgelaufen.",
     "Nachrichten aus seiner Zeit lassen sich weiter prüfen. Für neue Zertifikate braucht das Netz eine gültige "
     "User-CA: "
     "Fragen Sie den Betreiber nach der aktuellen Liste.",
     "A certificate of the trust list has expired.",
     "Messages of its time can still be verified. New certificates need a valid User CA: ask the operator for the "
     "current list."},
    {"certificates.expiring", "Ein Zertifikat der Vertrauensliste läuft bald ab.",
     "Fragen Sie den Betreiber des Netzes nach dem Nachfolger.", "A certificate of the trust list expires soon.",
     "Ask the operator of the network for its successor."},

    {"storage.good", "Der Datenspeicher ist in Ordnung.", "", "The storage is in order.", ""},
    {"storage.new", "Das Datenverzeichnis ist bereit; die Datenbank entsteht beim ersten Start.", "",
     "The data directory is ready; the database is made at the first start.", ""},
    {"storage.no_directory", "Das Datenverzeichnis gibt es nicht.",
     "Legen Sie es an oder berichtigen Sie die Angabe. Liegt es auf einem Netzlaufwerk, prüfen Sie, ob es verbunden "
     "ist.",
     "The data directory does not exist.",
     "Create it or correct its name. If it is on a network drive, check whether that is connected."},
    {"storage.not_writable", "In das Datenverzeichnis lässt sich nicht schreiben.",
     "Geben Sie dem Benutzer, unter dem das Praxissystem läuft, das Schreibrecht. Vorhandene Nachrichten sind nicht "
     "betroffen.",
     "The data directory cannot be written to.",
     "Give the user the practice system runs as the permission to write. Existing messages are not affected."},
    {"storage.low_space", "Auf dem Datenträger ist wenig Platz.",
     "Schaffen Sie Platz, bevor große Nachrichten abgeholt werden.", "There is little room on the disk.",
     "Make room before large messages are fetched."},
    {"storage.full", "Auf dem Datenträger ist kein Platz mehr.",
     "Schaffen Sie Platz. Bis dahin bleiben neue Nachrichten auf dem Server liegen; keine geht verloren.",
     "There is no room left on the disk.", "Make room. Until then new messages stay on the server; none is lost."},
    {"storage.too_new", "Die Datenbank stammt von einer neueren Fassung des Plugins.",
     "Installieren Sie wieder die neuere Fassung. An der Datenbank wurde nichts geändert.",
     "The database was made by a newer version of the plugin.",
     "Install the newer version again. Nothing was changed in the database."},
    {"storage.corrupt", "Die Datenbank ist beschädigt oder gehört nicht zum Plugin.",
     "Beenden Sie das Praxissystem und spielen Sie mit \"kvconnect restore\" die letzte Sicherung ein. Heben Sie die "
     "beschädigte Datei auf: Aus ihr lässt sich oft noch etwas "
     "retten.",
     "The database is damaged or does not belong to the plugin.",
     "Quit the practice system and restore the last backup with \"kvconnect restore\". Keep the damaged file: often "
     "something can be saved from it."},
    {"storage.busy", "Die Datenbank ist gerade gesperrt.",
     "Warten Sie, bis die laufende Arbeit beendet ist, und prüfen Sie "
     "noch einmal.",
     "The database is locked at the moment.", "Wait until the work going on has ended, then try again."},
    {"storage.unreachable", "Der Datenbankserver ist nicht erreichbar, oder seinem Zertifikat ist nicht zu trauen.",
     "Prüfen Sie Name, Port und \"sslrootcert\" in \"storage.dsn\", die Verbindung und ob der Server läuft. Es wurde "
     "nichts "
     "geändert.",
     "The database server cannot be reached, or its certificate is not trusted.",
     "Check name, port and \"sslrootcert\" in \"storage.dsn\", the connection, and whether the server runs. Nothing "
     "was changed."},
    {"storage.refused", "Mit der Angabe \"storage.dsn\" lässt sich nicht arbeiten.",
     "Der Grund steht im Einzelnen in \"detail\". Prüfen Sie Benutzer, Datenbank, Passwortdatei und die Parameter.",
     "The setting \"storage.dsn\" will not do.",
     "\"detail\" says why. Check user, database, password file and the parameters."},
    {"storage.failed", "Die Datenbank lässt sich nicht öffnen.",
     "Prüfen Sie die Angabe \"storage.dsn\" und die Rechte an der Datei. Es wurde nichts geändert.",
     "The database cannot be opened.", "Check \"storage.dsn\" and the permissions of the file. Nothing was changed."},

    {"server.good", "Der Server antwortet, und sein Zertifikat ist vertrauenswürdig.", "",
     "The server answers and its certificate is trusted.", ""},
    {"server.expiring", "Der Server antwortet, aber sein Zertifikat läuft bald ab.",
     "Der Betreiber des Servers muss es erneuern; in der Praxis ist nichts zu tun.",
     "The server answers, but its certificate expires soon.",
     "The operator of the server must renew it; there is nothing to do in the practice."},
    {"server.unknown_name", "Der Name des Servers ist unbekannt.",
     "Prüfen Sie die Schreibweise in \"base_url\", die Internetverbindung und den Anschluss an das sichere Netz der "
     "KVen "
     "(Konnektor, VPN).",
     "The server's name is unknown.",
     "Check the spelling in \"base_url\", the connection to the internet and to the secure network of the KVs "
     "(connector, VPN)."},
    {"server.unreachable", "Der Server nimmt keine Verbindung an.",
     "Prüfen Sie die Verbindung zum sicheren Netz der KVen, die Firewall und den Port in \"base_url\". Wartende "
     "Nachrichten "
     "werden gesendet, sobald der Server wieder erreichbar ist.",
     "The server takes no connection.",
     "Check the connection to the secure network of the KVs, the firewall and the port in \"base_url\". Waiting "
     "messages "
     "are sent as soon as the server can be reached again."},
    {"server.timeout", "Der Server antwortet nicht rechtzeitig.",
     "Versuchen Sie es später noch einmal. Bleibt es so, prüfen Sie Firewall und Netzverbindung.",
     "The server does not answer in time.",
     "Try again later. If it stays like this, check the firewall and the network."},
    {"server.lost", "Die Verbindung zum Server bricht ab.",
     "Versuchen Sie es noch einmal. Bleibt es so, unterbricht meist eine Firewall oder ein Virenschutz die Verbindung.",
     "The connection to the server breaks off.",
     "Try again. If it stays like this, a firewall or a virus scanner usually interrupts the connection."},
    {"server.not_trusted", "Das Zertifikat des Servers kommt nicht von einer eingetragenen Wurzel.",
     "Vergleichen Sie das gezeigte Zertifikat mit den Angaben des Betreibers. Nur wenn es stimmt, tragen Sie seine "
     "Wurzel "
     "unter \"tls_roots\" ein. Es wurden keine Zugangsdaten gesendet.",
     "The server's certificate does not come from a root in the settings.",
     "Compare the certificate shown with what the operator says. Only if it is right enter its root under "
     "\"tls_roots\". "
     "No login was sent."},
    {"server.wrong_host", "Das Zertifikat gehört zu einem anderen Server.",
     "Prüfen Sie den Namen in \"base_url\". Stimmt er, fragen Sie den Betreiber. Es wurden keine Zugangsdaten "
     "gesendet.",
     "The certificate belongs to another server.",
     "Check the name in \"base_url\". If it is right, ask the operator. No login was sent."},
    {"server.expired", "Das Zertifikat des Servers ist abgelaufen oder noch nicht gültig.",
     "Prüfen Sie zuerst Datum und Uhrzeit dieses Rechners. Stimmen sie, muss der Betreiber das Zertifikat erneuern.",
     "The server's certificate has expired or is not valid yet.",
     "First check date and time of this computer. If they are right, the operator must renew the certificate."},
    {"server.no_tls", "Mit dem Server kommt keine sichere Verbindung zustande.",
     "Prüfen Sie den Port in \"base_url\". Ein Server, der nur veraltetes TLS spricht, wird abgelehnt: Fragen Sie den "
     "Betreiber.",
     "No secure connection to the server comes about.",
     "Check the port in \"base_url\". A server that speaks only outdated TLS is refused: ask the operator."},
    {"server.no_kvconnect", "Unter dieser Adresse antwortet kein KV-Connect-Server.",
     "Prüfen Sie den Pfad in \"base_url\"; üblich ist https://SERVER:8443/kvconnect/rest/.",
     "No KV-Connect server answers at this address.",
     "Check the path in \"base_url\"; usual is https://SERVER:8443/kvconnect/rest/."},
    {"server.error", "Der Server meldet eine Störung.",
     "Versuchen Sie es später noch einmal. Wartende Nachrichten bleiben erhalten.", "The server reports a failure.",
     "Try again later. Waiting messages are kept."},
    {"server.failed", "Die Prüfung des Servers ist gescheitert.",
     "Geben Sie den technischen Hinweis an den Betreuer Ihres Systems weiter.", "The examination of the server failed.",
     "Pass the technical note on to whoever looks after your system."},

    {"clock.good", "Die Uhr dieses Rechners stimmt mit der des Servers überein.", "",
     "The clock of this computer agrees with the server's.", ""},
    {"clock.skewed", "Die Uhr dieses Rechners weicht von der des Servers ab.",
     "Stellen Sie Datum und Uhrzeit und schalten Sie den Zeitabgleich ein. Eine falsche Uhr lässt gültige Zertifikate "
     "ungültig aussehen und schreibt falsche Zeiten in Unterschriften.",
     "The clock of this computer differs from the server's.",
     "Set date and time and switch time synchronisation on. A wrong clock makes valid certificates look invalid and "
     "writes wrong times into signatures."},
    {"clock.unknown", "Der Server nennt keine Uhrzeit; die Uhr ließ sich nicht vergleichen.",
     "Prüfen Sie Datum und Uhrzeit dieses Rechners von Hand.",
     "The server tells no time; the clock cannot be compared.", "Check date and time of this computer by hand."},

    {"login.good", "Die Anmeldung gelingt.", "", "The login succeeds.", ""},
    {"login.password_change_needed", "Die Anmeldung gelingt, aber das Anfangskennwort muss noch geändert werden.",
     "Richten Sie das Konto im Praxissystem ein; dabei wird das Passwort geändert.",
     "The login succeeds, but the initial password must still be changed.",
     "Set the account up in the practice system; the password is changed on the way."},
    {"login.wrong_credentials", "Der Server nimmt Benutzername oder Passwort nicht an.",
     "Prüfen Sie beides; Groß- und Kleinschreibung zählt. Nach mehreren Fehlversuchen kann der Server das Konto "
     "sperren.",
     "The server does not accept the user name or password.",
     "Check both; capitals count. After several failures the server may lock the account."},
    {"login.locked", "Das Konto ist auf dem Server gesperrt.",
     "Wenden Sie sich an Ihre KV. Nachrichten auf dem Server "
     "bleiben liegen.",
     "The account is locked on the server.", "Turn to your KV. Messages on the server stay there."},
    {"login.forbidden", "Der Server erlaubt die Anmeldung nicht.", "Wenden Sie sich an Ihre KV.",
     "The server does not allow the login.", "Turn to your KV."},
    {"login.failed", "Die Anmeldung ließ sich nicht prüfen.", "Versuchen Sie es später noch einmal.",
     "The login could not be examined.", "Try again later."},

    {"skipped.earlier", "Nicht geprüft, weil eine frühere Stufe gescheitert ist.", "",
     "Not examined because an earlier stage failed.", ""},
    {"skipped.no_manifest", "Nicht geprüft: Es wurde kein Manifest genannt.", "",
     "Not examined: no manifest was named.", ""},
    {"skipped.no_directory", "Nicht geprüft: Es wurde kein Datenverzeichnis genannt.", "",
     "Not examined: no data directory was named.", ""},
    {"skipped.no_environment", "Nicht geprüft: Die Einstellungen nennen kein Netz.", "",
     "Not examined: the settings name no network.", ""},
    {"skipped.no_login", "Nicht geprüft: Es wurden keine Zugangsdaten angegeben.", "",
     "Not examined: no login was given.", ""},
    {"skipped.other_environment",
     "Nicht geprüft: Die Zugangsdaten gehören zu einem anderen oder keinem genannten Netz.", "",
     "Not examined: the login belongs to another network, or to none that was named.", ""},
    {"skipped.cancelled", "Nicht geprüft: Die Prüfung wurde abgebrochen.", "",
     "Not examined: the examination was cancelled.", ""},
};

struct ProblemText {
  std::string_view problem, german, english;
};

constexpr ProblemText kProblemTexts[] = {
    {"not_json", "Der Text ist kein gültiges JSON; Zeile {line}, Spalte {column}.",
     "The text is no valid JSON; line {line}, column {column}."},
    {"too_large", "Der Text ist größer als {max} Bytes.", "The text is larger than {max} bytes."},
    {"missing", "Die Angabe fehlt.", "The value is missing."},
    {"wrong_type", "Erwartet wird {expected}, gefunden wurde {found}.", "Expected {expected}, found {found}."},
    {"out_of_range", "Der Wert {value} liegt nicht zwischen {min} und {max}.",
     "The value {value} is not between {min} and {max}."},
    {"bad_id", "Erlaubt sind Buchstaben, Ziffern, Punkt, Bindestrich und Unterstrich, höchstens 64 Zeichen.",
     "Letters, digits, dot, hyphen and underscore are allowed, at most 64 characters."},
    {"duplicate_id", "Den Namen \"{id}\" gibt es zweimal.", "The id \"{id}\" exists twice."},
    {"bad_url",
     "Das ist keine vollständige Adresse der Art https://SERVER:8443/kvconnect/rest/, ohne ? und #, mit einem Port von "
     "1 bis 65535.",
     "This is no complete address like https://SERVER:8443/kvconnect/rest/, without ? and #, with a port from 1 to "
     "65535."},
    {"not_https", "Die Adresse muss mit https:// beginnen.", "The address must begin with https://."},
    {"url_with_credentials", "Benutzername und Passwort gehören nicht in die Adresse.",
     "A user name or password does not belong into the address."},
    {"bad_ldap_url", "Das ist keine vollständige Adresse der Art ldaps://server:8849.",
     "This is no complete address like ldaps://server:8849."},
    {"bad_choice", "Erlaubt sind nur: {allowed}.", "Only these are allowed: {allowed}."},
    {"bad_domain", "Das ist kein Name einer Maildomäne.", "This is no name of a mail domain."},
    {"bad_dsn", "Erlaubt sind \"sqlite\", \"sqlite:DATEI\" und \"postgresql://SERVER/DATENBANK\".",
     "Allowed are \"sqlite\", \"sqlite:FILE\" and \"postgresql://SERVER/DATABASE\"."},
    {"dsn_database", "Der Name der Datenbank fehlt: postgresql://SERVER/DATENBANK.",
     "The name of the database is missing: postgresql://SERVER/DATABASE."},
    {"dsn_file", "Der Parameter {parameter} muss ein vollständiger Pfad sein, der mit / beginnt.",
     "The parameter {parameter} has to be an absolute path that begins with /."},
    {"dsn_parameter",
     "Einen dieser Parameter gibt es nicht. Bekannt sind host, passfile, schema, sslcert, sslkey, sslmode und "
     "sslrootcert.",
     "One of these parameters does not exist. Known are host, passfile, schema, sslcert, sslkey, sslmode and "
     "sslrootcert."},
    {"dsn_password",
     "Ein Passwort gehört nicht hierher. Es steht in einer Datei (Parameter passfile) oder in der Umgebungsvariablen "
     "PGPASSWORD.",
     "A password does not belong here. It is in a file (parameter passfile) or in the environment variable "
     "PGPASSWORD."},
    {"dsn_port", "Ein Port ist eine Zahl von 1 bis 65535.", "A port is a number from 1 to 65535."},
    {"dsn_schema",
     "Der Parameter schema besteht aus höchstens 63 kleinen Buchstaben, Ziffern und Unterstrichen, beginnt nicht mit "
     "einer Ziffer und nicht mit pg_.",
     "The parameter schema is made of at most 63 small letters, digits and underscores, and begins neither with a "
     "digit nor with pg_."},
    {"dsn_server",
     "Der Name des Servers fehlt oder ist falsch geschrieben: postgresql://SERVER[:PORT]/DATENBANK, oder ohne Server "
     "der Parameter host mit dem Verzeichnis eines Sockets.",
     "The name of the server is missing or misspelt: postgresql://SERVER[:PORT]/DATABASE, or without a server the "
     "parameter host with the directory of a socket."},
    {"dsn_sslmode", "Der Parameter sslmode ist verify-full; disable gibt es nur für einen Server auf diesem Rechner.",
     "The parameter sslmode is verify-full; disable is for a server on this machine only."},
    {"dsn_sslrootcert",
     "Der Parameter sslrootcert fehlt: die PEM-Datei mit dem CA-Zertifikat, von dem das Zertifikat des Servers stammt.",
     "The parameter sslrootcert is missing: the PEM file with the CA certificate the certificate of the server comes "
     "from."},
    {"dsn_user", "Der Name des Benutzers ist leer oder falsch geschrieben.",
     "The name of the user is empty or misspelt."},
    {"dsn_value", "Der Parameter {parameter} ist leer, falsch geschrieben oder steht zweimal da.",
     "The parameter {parameter} is empty, misspelt or stands there twice."},
    {"file_unreadable", "Die Datei {file} lässt sich nicht lesen.", "The file {file} cannot be read."},
    {"not_a_certificate", "Die Datei {file} enthält kein lesbares PEM-Zertifikat.",
     "The file {file} holds no readable PEM certificate."},
    {"catalogue_not_json",
     "Die Datei {file} ist kein Katalog der Dienste: Sie enthält kein JSON-Objekt oder ist größer als 1 MiB.",
     "The file {file} is no catalogue of services: it holds no JSON object, or is larger than 1 MiB."},
    {"bad_catalogue", "In der Datei {file} ist der Dienst an der Stelle {place} nicht richtig beschrieben.",
     "In the file {file} the service at {place} is not described as it has to be."},
    {"forms_columns",
     "In Zeile {line} der Datei {file} stehen nicht genau vier Werte. Ein Wert mit Komma muss in Anführungszeichen "
     "stehen.",
     "Line {line} of the file {file} does not have exactly four values. A value with a comma has to stand in quotes."},
    {"forms_empty", "In der Datei {file} steht kein Antragsformular.", "The file {file} holds no application form."},
    {"forms_file", "In Zeile {line} der Datei {file} ist der Dateiname (form_file) leer oder zu lang.",
     "In line {line} of the file {file} the file name (form_file) is empty or too long."},
    {"forms_header", "Zeile {line} der Datei {file} muss lauten: kv_code,kv,form_file,url",
     "Line {line} of the file {file} has to be: kv_code,kv,form_file,url"},
    {"forms_kv", "In Zeile {line} der Datei {file} ist der Name der KV (kv) leer oder zu lang.",
     "In line {line} of the file {file} the name of the KV (kv) is empty or too long."},
    {"forms_kv_code", "In Zeile {line} der Datei {file} steht kein KV-Code (kv_code) mit zwei Ziffern.",
     "Line {line} of the file {file} has no two-digit KV code (kv_code)."},
    {"forms_quotes",
     "In Zeile {line} der Datei {file} ist ein Anführungszeichen falsch gesetzt oder nicht geschlossen.",
     "In line {line} of the file {file} a quote is misplaced or not closed."},
    {"forms_text", "In Zeile {line} der Datei {file} stehen Zeichen, die kein UTF-8-Text sind.",
     "Line {line} of the file {file} holds characters that are no UTF-8 text."},
    {"forms_too_large", "Die Datei {file} ist zu groß für eine Liste von Antragsformularen.",
     "The file {file} is too large for a list of application forms."},
    {"forms_url", "In Zeile {line} der Datei {file} steht keine Adresse (url), die mit https:// beginnt.",
     "Line {line} of the file {file} has no address (url) that begins with https://."},
    {"unknown_key", "Diese Angabe kennt das Plugin nicht; sie wird nicht beachtet.",
     "The plugin does not know this value; it is ignored."},
};

/// What is said of the database file beside the outcome, which alone does not tell what happened.
struct FileText {
  std::string_view finding, german, english;
};

constexpr FileText kFileTexts[] = {
    {"file.gone", "Die Datei {file} ist verschwunden; es gibt Sicherungen von ihr, die neueste ist {backup}.",
     "The file {file} is gone; there are backups of it, the newest is {backup}."},
    {"file.emptied", "Die Datei {file} ist leer (0 Bytes); es gibt Sicherungen von ihr, die neueste ist {backup}.",
     "The file {file} is empty (0 bytes); there are backups of it, the newest is {backup}."},
    {"file.empty",
     "Die Datei {file} ist leer (0 Bytes), und neben ihr liegt keine Sicherung. Hat das Plugin hier schon gearbeitet, "
     "starten Sie das Praxissystem nicht, sondern spielen Sie eine Sicherung ein: \"kvconnect restore\" mit "
     "\"--backup DATEI\". Sonst ist nichts zu tun.",
     "The file {file} is empty (0 bytes) and there is no backup beside it. If the plugin has worked here before, do "
     "not start the practice system but restore a backup: \"kvconnect restore\" with \"--backup FILE\". Otherwise "
     "there is nothing to do."},
    {"file.not_permitted",
     "Der Benutzer dieser Prüfung darf die Datei {file} nicht lesen und schreiben. Starten Sie die Prüfung als der "
     "Benutzer, unter dem das Praxissystem läuft.",
     "The user of this examination may not read and write the file {file}. Start the examination as the user the "
     "practice system runs as."},
};

std::string filled(std::string text, const Params& params) {
  for (const auto& [name, value] : params) {
    const std::string gap = "{" + name + "}";
    const std::size_t at = text.find(gap);
    if (at != std::string::npos) {
      text.replace(at, gap.size(), value);
    }
  }
  return text;
}

}  // namespace

std::span<const Wording> wordings() {
  return kWordings;
}

const Wording* find_wording(std::string_view outcome) {
  const auto* found = std::find_if(std::begin(kWordings), std::end(kWordings),
                                   [&](const Wording& one) { return one.outcome == outcome; });
  return found == std::end(kWordings) ? nullptr : found;
}

std::string sentence(const settings::Problem& problem, bool english) {
  const auto* found = std::find_if(std::begin(kProblemTexts), std::end(kProblemTexts),
                                   [&](const ProblemText& one) { return one.problem == problem.problem; });
  const std::string place = problem.key_path.empty() ? "" : problem.key_path + ": ";
  if (found == std::end(kProblemTexts)) {
    return place + problem.problem;
  }
  return place + filled(std::string(english ? found->english : found->german), problem.params);
}

std::string file_sentence(std::string_view finding, const Params& params, bool english) {
  const auto* found = std::find_if(std::begin(kFileTexts), std::end(kFileTexts),
                                   [&](const FileText& one) { return one.finding == finding; });
  if (found == std::end(kFileTexts)) {
    return std::string(finding);
  }
  return filled(std::string(english ? found->english : found->german), params);
}

}  // namespace kvc::doctor
