// SPDX-License-Identifier: Apache-2.0
#include "tool/doctor_command.h"

#include <array>
#include <filesystem>
#include <iostream>
#include <string>

#include "base/env.h"
#include "base/guard.h"
#include "base/log.h"
#include "doctor/doctor.h"
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
    return Status(error::bad_request,
                  "the login file needs the user name in its first and the password in its second line");
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

void print_stage(const doctor::Stage& stage) {
  const std::string where = stage.environment.empty() ? stage.name : stage.name + " (" + stage.environment + ")";
  std::string text = std::string(word(stage.health)) + where + ": " + stage.text;
  for (const std::string& finding : stage.findings) {
    text += "\n         - " + finding;
  }
  if (!stage.advice.empty()) {
    text += "\n         > " + stage.advice;
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
  const Cancel never;
  const doctor::Report found = doctor::examine(*subject, Env::system(), Log::none(), never, print_stage);
  std::cout << doctor::to_json(found) << '\n';
  if (found.health == doctor::Health::bad) {
    return kFailed;
  }
  return found.health == doctor::Health::warning ? kWarning : kGood;
}

}  // namespace kvc::tool
