// SPDX-License-Identifier: Apache-2.0
// The support tool: a table of subcommands.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "tool/doctor_command.h"
#include "tool/help.h"
#include "tool/open_command.h"
#include "tool/options.h"
#include "tool/restore_command.h"
#include "tool/seal_command.h"
#ifdef KVC_TOOL_SERVER
int kvconnect_server_main(int argc, char** argv);
#endif

namespace kvc::tool {
namespace {

struct Command {
  std::string_view name;
  int (*run)(std::span<const std::string> args);
  std::string_view usage, german, in_english;
};

#ifdef KVC_TOOL_SERVER
int run_server(std::span<const std::string> args) {
  std::vector<std::string> copies{"kvconnect server"};
  copies.insert(copies.end(), args.begin(), args.end());
  std::vector<char*> pointers;
  for (auto& text : copies) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return kvconnect_server_main(static_cast<int>(copies.size()), pointers.data());
}
#endif

constexpr auto kCommands = std::to_array<Command>({
    {"open", run_open,
     "MAIL.eml|- --key FILE [--key FILE ...] [--key-password-file F] --root CA.pem ... --user-ca CA.pem ...\n"
     "       [--at signing-time|now|RFC3339] [--extract DIR]",
     "Nachricht öffnen, Unterschriften prüfen, Teile auflisten oder in DIR ablegen",
     "open a message, verify its signatures, list its parts or put them into DIR"},
    {"seal", run_seal,
     "--from ADDR --to ADDR --service \"Service;Type;Vn\" --text FILE|- [--attach FILE[:type[:description]] ...]\n"
     "       --key FILE [--key-password-file F] --cert PEM --recipient-cert PEM --out MAIL.eml|-",
     "Nachricht unterschreiben und verschlüsseln; eine vorhandene Datei wird nie überschrieben",
     "sign and encrypt a message; an existing file is never overwritten"},
    {"doctor", run_doctor, "--manifest FILE [--settings FILE] [--data DIR] [--login-file FILE] [--environment ID]",
     "Einstellungen, Vertrauensliste, Server, Anmeldung, Uhr und Speicher der Reihe nach prüfen",
     "check settings, trust list, server, login, clock and storage, stage by stage"},
    {"restore", run_restore, "--data DIR [--settings FILE] [--backup FILE]",
     "Sicherung der Datenbankdatei einspielen; die alte Datei bleibt aufgehoben",
     "put a backup of the database file in its place; the old file is kept aside"},
#ifdef KVC_TOOL_SERVER
    {"server", run_server,
     "[--port P] [--data DIR] [--accounts FILE] [--faults FILE] [--robots on|off] [--csr-step-ms N]\n"
     "       [--clock-offset SECONDS] [--ca-bits 2048|4096] [--ca DIR] [--max-mail-bytes N]",
     "Testserver starten (nur Entwicklung)", "start the test server (development only)"},
#endif
});

void print_conventions(std::ostream& out) {
  out << say(
      "JSON auf der Standardausgabe, Meldungen auf der Standardfehlerausgabe. Ein Schlüssel ist eine PEM- oder "
      "PKCS#12-Datei;\n"
      "sein Passwort steht in einer Datei (auch /dev/fd/N), nie in der Befehlszeile.\n"
      "Rückgabe: 0 gut, 1 Warnung (lesbar, aber nicht gültig), 2 Eingabe unbrauchbar oder fehlgeschlagen, 3 "
      "abgebrochen.\n",
      "JSON on standard output, messages on standard error. A key is a PEM or PKCS#12 file; its password stands in a "
      "file (also\n"
      "/dev/fd/N), never on the command line.\n"
      "Exit codes: 0 good, 1 warning (readable, but not valid), 2 bad input or failed, 3 aborted.\n");
}

void print_usage(std::ostream& out) {
  out << say("Aufruf: kvconnect BEFEHL ...\n\n", "Usage: kvconnect COMMAND ...\n\n");
  for (const auto& command : kCommands) {
    out << "  " << command.name << ' ' << command.usage << "\n       " << say(command.german, command.in_english)
        << "\n\n";
  }
  print_conventions(out);
  out << say("Was die Optionen bedeuten: kvconnect BEFEHL --help. Welche Fassung das ist: kvconnect --version.\n",
             "What the options mean: kvconnect COMMAND --help. Which version this is: kvconnect --version.\n");
}

void print_help(const Command& command) {
  std::cout << say("Aufruf: kvconnect ", "Usage: kvconnect ") << command.name << ' ' << command.usage << "\n\n"
            << say(command.german, command.in_english) << ".\n\n";
  if (const auto options = options_help(command.name); !options.empty()) {
    std::cout << options << '\n';
  }
  print_conventions(std::cout);
}

bool asks_for_help(const std::string& arg) {
  return arg == "--help" || arg == "-h";
}

/// Null, and says so, if there is none.
const Command* command_of(const std::string& name) {
  const auto* found =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& command) { return command.name == name; });
  if (found != kCommands.end()) {
    return found;
  }
  complain(std::string(say("unbekannter Befehl: ", "unknown command: ")) + name);
  print_usage(std::cerr);
  return nullptr;
}

/// Keys and patient data pass through this program: no core file may keep them.
void no_core_files() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__  // the leak checker has to look into the process
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int run(int argc, char** argv) {
  const std::vector<std::string> args(argv + std::min(argc, 1), argv + argc);
  if (args.empty()) {
    print_usage(std::cerr);
    return kFailed;
  }
  if (args.front() == "--version") {
    std::cout << "kvconnect " << KVC_VERSION << '\n';
    return kGood;
  }
  const bool help = args.front() == "help";
  if (asks_for_help(args.front()) || (help && args.size() == 1)) {
    print_usage(std::cout);
    return kGood;
  }
  const Command* command = command_of(args[help ? 1 : 0]);
  if (command == nullptr) {
    return kFailed;
  }
  const auto rest = std::span(args).subspan(1);
  if (help || std::any_of(rest.begin(), rest.end(), asks_for_help)) {
    print_help(*command);
    return kGood;
  }
  return command->run(rest);
}

}  // namespace
}  // namespace kvc::tool

int main(int argc, char** argv) {
  kvc::tool::no_core_files();
  try {
    return kvc::tool::run(argc, argv);
  } catch (const std::exception&) {
    kvc::tool::complain(kvc::tool::say("abgebrochen: interner Fehler oder zu wenig Speicher",
                                       "aborted: internal error or not enough memory"));
    return kvc::tool::kAborted;
  }
}
