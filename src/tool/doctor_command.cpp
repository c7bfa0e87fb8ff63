// SPDX-License-Identifier: Apache-2.0
#include "tool/doctor_command.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/guard.h"
#include "base/log.h"
#include "doctor/doctor.h"
#include "settings/settings.h"
#include "tool/files.h"
#include "tool/options.h"

namespace kvc::tool {
namespace {

constexpr auto kOptions = std::to_array<OptionSpec>(
    {{"--manifest", false, true}, {"--settings"}, {"--data"}, {"--login-file"}, {"--environment"}});

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  return line;
}

Result<transport::Credentials> read_login(const std::string& file) {
  KVC_ASSIGN(const Secret whole, read_secret(file));
  std::string_view rest = whole.reveal();
  transport::Credentials credentials;
  credentials.username = take_line(rest);
  credentials.password = Secret(take_line(rest));
  if (credentials.username.empty() || credentials.password.empty()) {
    return Status(
        error::bad_request,
        "--login-file " + file +
            std::string(say(": in der ersten Zeile wird der Benutzername erwartet, in der zweiten das Passwort",
                            ": the user name is expected in the first line, the password in the second")));
  }
  return credentials;
}

Result<doctor::Subject> subject_of(const Options& options) {
  doctor::Subject subject;
  subject.english = english();
  subject.manifest_file = options.text("--manifest");
  subject.data_directory = options.one("--data").value_or("");
  subject.login_environment = options.one("--environment").value_or("");
  if (const auto file = options.one("--settings")) {
    KVC_ASSIGN(const Secret text, read_secret(*file));  // a storage DSN may hold a password
    subject.settings_json = text.reveal();
    subject.settings_directory = std::filesystem::absolute(*file).parent_path().string();
  }
  if (const auto file = options.one("--login-file")) {
    KVC_ASSIGN(subject.credentials, read_login(*file));
  }
  return subject;
}

/// Ids of the networks of the settings; nothing if the settings are wrong, which their own stage says.
std::optional<std::vector<std::string>> environments_of(const doctor::Subject& subject) {
  const settings::Loaded loaded = settings::load(subject.settings_json, subject.settings_directory);
  if (!loaded.ok()) {
    return std::nullopt;
  }
  std::vector<std::string> ids;
  for (const settings::Environment& environment : loaded.settings.environments) {
    ids.push_back(environment.id);
  }
  return ids;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    text += (text.empty() ? "" : ", ") + value;
  }
  return text;
}

/// A login for a network that does not exist would be skipped, which looks like success.
Status check_environment(const doctor::Subject& subject, const std::vector<std::string>& ids) {
  const std::string& wanted = subject.login_environment;
  if (wanted.empty() || std::find(ids.begin(), ids.end(), wanted) != ids.end()) {
    return {};
  }
  if (ids.empty()) {
    return Status(error::bad_request, std::string(say("--environment: die Einstellungen (--settings) nennen kein Netz",
                                                      "--environment: the settings (--settings) name no network")));
  }
  return Status(error::bad_request,
                std::string(say("--environment: dieses Netz nennen die Einstellungen nicht, sondern: ",
                                "--environment: the settings do not name this network, but: ")) +
                    joined(ids));
}

std::string_view word(doctor::Health health) {
  switch (health) {
    case doctor::Health::good:
      return say("gut      ", "good     ");
    case doctor::Health::skipped:
      return say("entfällt ", "skipped  ");
    case doctor::Health::warning:
      return say("Warnung  ", "warning  ");
    case doctor::Health::bad:
      break;
  }
  return say("Fehler   ", "bad      ");
}

/// What a server says about itself may steer no terminal.
std::string plain(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::string fact(const doctor::Stage& stage, std::string_view name) {
  const auto found =
      std::find_if(stage.facts.begin(), stage.facts.end(), [&](const auto& entry) { return entry.first == name; });
  return found == stage.facts.end() ? std::string() : found->second;
}

/// The technical values the advice speaks of.
std::string particulars(const doctor::Stage& stage) {
  std::string text;
  const auto line = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) {
      text += "\n         " + std::string(label) + ": " + plain(value);
    }
  };
  const std::string host = fact(stage, "host"), port = fact(stage, "port"), certificate = fact(stage, "certificate");
  line("Server", port.empty() ? host : host + ':' + port);
  line(say("Zertifikat", "certificate"), certificate);
  line(say("gültig bis", "valid until"), fact(stage, "not_after"));
  const std::size_t repeated = certificate.empty() ? std::string::npos : stage.detail.find("; " + certificate);
  line("detail", stage.detail.substr(0, repeated));
  return text;
}

void print_stage(const doctor::Stage& stage, bool choose) {
  const std::string where = stage.environment.empty() ? stage.name : stage.name + " (" + stage.environment + ")";
  std::string text = std::string(word(stage.health)) + where + ": " + stage.text;
  for (const std::string& finding : stage.findings) {
    text += "\n         - " + finding;
  }
  if (!stage.advice.empty()) {
    text += "\n         > " + stage.advice;
  }
  if (stage.health == doctor::Health::bad || stage.health == doctor::Health::warning) {
    text += particulars(stage);
  }
  if (choose && stage.name == "login" && stage.health == doctor::Health::skipped) {
    text +=
        say("\n         > Die Einstellungen nennen mehrere Netze: Wohin die Anmeldung gehört, sagt --environment ID.",
            "\n         > The settings name several networks: --environment ID says where the login belongs.");
  }
  std::cerr << text << '\n';
}

}  // namespace

int run_doctor(std::span<const std::string> args) {
  const auto options = parse_options(args, kOptions);
  if (!options.ok()) {
    return report(options.status());
  }
  const auto subject = guarded([&] { return subject_of(*options); });
  if (!subject.ok()) {
    return report(subject.status());
  }
  const auto ids = environments_of(*subject);
  if (const Status known = ids ? check_environment(*subject, *ids) : Status(); !known.ok()) {
    return report(known);
  }
  const bool choose = subject->credentials && subject->login_environment.empty() && ids && ids->size() > 1;
  const Cancel never;
  const doctor::Report found = doctor::examine(*subject, Env::system(), Log::none(), never,
                                               [&](const doctor::Stage& stage) { print_stage(stage, choose); });
  std::cout << doctor::to_json(found) << '\n';
  if (found.health == doctor::Health::bad) {
    return kFailed;
  }
  return found.health == doctor::Health::warning ? kWarning : kGood;
}

}  // namespace kvc::tool
