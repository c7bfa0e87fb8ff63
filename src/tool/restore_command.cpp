// SPDX-License-Identifier: Apache-2.0
#include "tool/restore_command.h"

#include <Poco/JSON/Object.h>

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

Result<store::Restored> restore(const Options& options) {
  KVC_ASSIGN(const std::string file, file_of(options));
  return store::restore(file, options.one("--backup"), Env::system());
}

}  // namespace

int run_restore(std::span<const std::string> args) {
  const auto options = parse_options(args, kOptions);
  if (!options.ok()) {
    return report(options.status());
  }
  const auto restored = guarded([&] { return restore(*options); });
  if (!restored.ok()) {
    if (restored.status().is(error::storage_busy)) {
      complain(say("Bitte beenden Sie zuerst das Praxissystem. Es wurde nichts verändert.",
                   "Please quit the practice system first. Nothing was changed."));
    }
    return report(restored.status());
  }
  Poco::JSON::Object json(Poco::JSON_PRESERVE_KEY_ORDER);
  json.set("restored_from", restored->from.file);
  json.set("made", rfc3339(restored->from.made));
  json.set("kept_aside", restored->broken_file);
  json.stringify(std::cout, 1);
  std::cout << '\n';
  complain(
      say("Die Sicherung ist eingespielt. Was nach ihr ankam, steht nur in der aufgehobenen Datei: Löschen Sie "
          "diese nicht. Wartende Nachrichten gehen unter ihrer alten Kennung hinaus, also nie doppelt.",
          "The backup is in place. What came after it is in the file kept aside alone: do not delete that. "
          "Waiting messages leave under their old ids, so never twice."));
  return kGood;
}

}  // namespace kvc::tool
