// SPDX-License-Identifier: Apache-2.0
#include "tool/restore_command.h"

#include <Poco/JSON/Object.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

#include "base/env.h"
#include "base/guard.h"
#include "doctor/texts.h"
#include "settings/settings.h"
#include "store/backup.h"
#include "tool/files.h"
#include "tool/options.h"

namespace kvc::tool {
namespace {

constexpr auto kOptions = std::to_array<OptionSpec>({{"--data", false, true}, {"--settings"}, {"--backup"}});

/// Whether a problem leaves in doubt which database is meant. Others do not keep anyone from restoring: a certificate
/// that is missing may have gone with the database. In this section even an unknown key counts: "DSN" for "dsn".
bool about_storage(const settings::Problem& problem) {
  const std::string& path = problem.key_path;
  return path.empty() || path == "storage" || path.starts_with("storage.");
}

/// The same list as the doctor has. Without this check a mistake would mean the default database.
Status check_storage_settings(const settings::Loaded& loaded, const std::string& file) {
  if (std::none_of(loaded.problems.begin(), loaded.problems.end(), about_storage)) {
    return {};
  }
  for (const settings::Problem& problem : loaded.problems) {
    std::cerr << "         - " << doctor::sentence(problem, english()) << '\n';
  }
  return {
      error::invalid_settings,
      file + std::string(say(": Die Einstellungen enthalten Fehler, also ist nicht sicher, welche Datenbank gemeint "
                             "ist. Es wurde nichts verändert. Berichtigen Sie die genannten Stellen und versuchen "
                             "Sie es noch einmal.",
                             ": The settings contain mistakes, so it is not certain which database is meant. "
                             "Nothing was changed. Correct the places listed and try again."))};
}

struct ReasonText {
  std::string_view reason, german, english;
};

/// What stands behind the name of the file it is about.
constexpr ReasonText kReasonTexts[] = {
    {store::kMissing, "Diese Datei gibt es nicht.", "There is no such file."},
    {store::kNoFile, "Das ist keine gewöhnliche Datei.", "This is no ordinary file."},
    {store::kNotReadable, "Diese Datei lässt sich nicht lesen. Prüfen Sie die Leserechte.",
     "This file cannot be read. Check the permission to read it."},
    {store::kDamaged, "Diese Datei ist beschädigt oder keine Datenbank.", "This file is damaged or no database."},
    {store::kForeign, "Diese Datenbank gehört zu einem anderen Programm.", "This database is another program's."},
    {store::kTheDatabase, "Das ist die Datenbank selbst, keine Sicherung von ihr.",
     "This is the database itself, not a backup of it."},
    {store::kNoBackup, "Neben dieser Datei liegt keine Sicherung von ihr.", "There is no backup beside this file."},
    {store::kNotPermitted, "Diese Datei darf der Benutzer nicht lesen, der den Befehl gibt.",
     "The user who gives the command may not read this file."},
    {store::kOtherOwner, "Diese Datei gehört einem anderen Benutzer, und nur ihm oder root darf sie wieder gehören.",
     "This file belongs to another user, and only that user or root may put it back."},
    {"no_folder", "Dieses Verzeichnis gibt es nicht.", "There is no such directory."},
    {"not_a_folder", "Das ist kein Verzeichnis.", "This is no directory."},
    {"closed_folder", "In diesem Verzeichnis darf der Benutzer nicht lesen und schreiben, der den Befehl gibt.",
     "The user who gives the command may not read and write in this directory."},
};

/// Where texts are missing, the reason alone.
std::string sentence(const std::string& reason, const std::string& file) {
  const auto* found = std::find_if(std::begin(kReasonTexts), std::end(kReasonTexts),
                                   [&](const ReasonText& one) { return one.reason == reason; });
  return file + ": " + (found == std::end(kReasonTexts) ? reason : std::string(say(found->german, found->english)));
}

/// What to do after a failure. Until the exchange nothing is changed, and after it the old file has another name.
std::string_view advice_for(const Status& status) {
  if (status.is(error::storage_busy)) {
    return say(
        "Ein anderes Programm hat die Datenbank geöffnet. Bitte beenden Sie zuerst das Praxissystem. Es wurde nichts "
        "verändert.",
        "Another program has the database open. Please quit the practice system first. Nothing was changed.");
  }
  if (status.is(error::storage_full)) {
    return say(
        "Auf dem Datenträger ist kein Platz für die Sicherung. Schaffen Sie Platz, und versuchen Sie es noch einmal. "
        "Die alte Datei ist noch da.",
        "There is no room for the backup on the disk. Make room and try again. The old file is still there.");
  }
  if (status.params().empty()) {
    return say("Die Sicherung ließ sich nicht einspielen. Die alte Datei ist noch da. Der Grund:",
               "The backup could not be restored. The old file is still there. The reason:");
  }
  if (status.is(error::storage_failed)) {
    return say(
        "Es wurde nichts verändert. Geben Sie den Befehl als der Benutzer, unter dem das Praxissystem läuft, oder als "
        "root.",
        "Nothing was changed. Give the command as the user the practice system runs as, or as root.");
  }
  return say(
      "Es wurde keine Sicherung eingespielt und nichts verändert. Nennen Sie eine andere mit --backup DATEI; sie darf "
      "auch auf einem anderen Datenträger liegen.",
      "No backup was restored and nothing was changed. Name another one with --backup FILE; it may be on another disk, "
      "too.");
}

/// One line for each file, then what to do, with the key of the error.
int report_failure(const Status& status) {
  for (const auto& [reason, file] : status.params()) {
    complain(sentence(reason, file));
  }
  std::string text(advice_for(status));
  if (text.ends_with(':')) {
    text += " " + status.detail();
  }
  return report(Status(status.code(), text));
}

Status check_folder(const std::string& folder, bool to_be_written) {
  using std::filesystem::file_type;
  std::error_code failure;
  const auto type = std::filesystem::status(folder, failure).type();
  const char* reason = nullptr;
  if (type == file_type::not_found) {
    reason = "no_folder";
  } else if (type != file_type::directory && type != file_type::none) {
    reason = "not_a_folder";
  } else if (type == file_type::none ||
             (to_be_written && ::faccessat(AT_FDCWD, folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0)) {
    reason = "closed_folder";
  }
  return reason == nullptr ? Status()
                           : Status(error::file_unreadable,
                                    sentence(reason, folder) + " " +
                                        std::string(say("Es wurde nichts verändert. Nennen Sie mit --data das "
                                                        "Datenverzeichnis des Plugins, und geben Sie den Befehl als "
                                                        "der Benutzer, unter dem das Praxissystem läuft.",
                                                        "Nothing was changed. Name the plugin's data directory with "
                                                        "--data, and give the command as the user the practice "
                                                        "system runs as.")));
}

/// A name may also be meant as one beside the database, where backups lie.
std::string backup_file(const std::string& named, const std::string& data, const std::string& database) {
  const std::filesystem::path beside[] = {data, std::filesystem::path(database).parent_path()};
  std::error_code failure;
  if (!std::filesystem::exists(named, failure)) {
    for (const auto& folder : beside) {
      if (std::filesystem::exists(folder / named, failure)) {
        return (folder / named).string();
      }
    }
  }
  return named;
}

Result<std::string> file_of(const Options& options) {
  std::string dsn = "sqlite";
  if (const auto file = options.one("--settings")) {
    KVC_ASSIGN(const Secret text, read_secret(*file));
    const auto loaded =
        settings::load(std::string(text.reveal()), std::filesystem::absolute(*file).parent_path().string());
    KVC_TRY(check_storage_settings(loaded, *file));
    dsn = loaded.settings.storage_dsn;
  }
  const auto file = store::database_file(dsn, options.text("--data"));
  if (!file) {
    return Status(
        error::bad_request,
        std::string(say("\"storage.dsn\" nennt einen Datenbankserver. Es wurde nichts verändert. Seine Sicherungen "
                        "spielt ein, wer den Server verwaltet.",
                        "\"storage.dsn\" names a database server. Nothing was changed. Its administrator restores it "
                        "from the server's backups.")));
  }
  return *file;
}

struct Target {
  std::string database;
  std::optional<std::string> backup;
};

/// Errors have their whole text already.
Result<Target> target_of(const Options& options) {
  const std::string data = options.text("--data");
  KVC_TRY(check_folder(data, false));
  Target target;
  KVC_ASSIGN(target.database, file_of(options));
  KVC_TRY(check_folder(std::filesystem::absolute(target.database).parent_path().string(), true));
  if (const auto named = options.one("--backup")) {
    target.backup = backup_file(*named, data, target.database);
  }
  return target;
}

}  // namespace

int run_restore(std::span<const std::string> args) {
  const auto options = parse_options(args, kOptions);
  if (!options.ok()) {
    return report(options.status());
  }
  const auto target = guarded([&] { return target_of(*options); });
  if (!target.ok()) {
    return report(target.status());
  }
  const auto restored = store::restore(target->database, target->backup, Env::system());
  if (!restored.ok()) {
    return report_failure(restored.status());
  }
  Poco::JSON::Object json(Poco::JSON_PRESERVE_KEY_ORDER);
  json.set("restored_from", restored->from.file);
  json.set("made", rfc3339(restored->from.made));
  if (!restored->broken_file.empty()) {
    json.set("kept_aside", restored->broken_file);
  }
  json.stringify(std::cout, 1);
  std::cout << '\n';
  complain(restored->broken_file.empty()
               ? say("Die Sicherung ist eingespielt; eine alte Datei gab es nicht. Was nach der Sicherung ankam, steht "
                     "nicht in ihr. Wartende Nachrichten gehen unter ihrer alten Kennung hinaus, also nie doppelt.",
                     "The backup is in place; there was no old file. What came after the backup is not in it. Waiting "
                     "messages leave under their old ids, so never twice.")
               : say("Die Sicherung ist eingespielt. Was nach ihr ankam, steht nur in der aufgehobenen Datei: Löschen "
                     "Sie diese nicht. Wartende Nachrichten gehen unter ihrer alten Kennung hinaus, also nie doppelt.",
                     "The backup is in place. What came after it is in the file kept aside alone: do not delete that. "
                     "Waiting messages leave under their old ids, so never twice."));
  return kGood;
}

}  // namespace kvc::tool
