// SPDX-License-Identifier: Apache-2.0
#include "commands/account_data.h"

#include "passwords/rules.h"

namespace kvc::plugin::commands {
namespace {

void demand(const Request& request, const char* name, views::FieldErrors& errors) {
  if (request.values.secret(name).empty()) {
    errors.emplace_back(name, request.texts("form.missing"));
  }
}

void check_environment(const Runtime& runtime, const Request& request, views::FieldErrors& errors) {
  const std::string environment = request.values.text("environment");
  if (!environment.empty() && runtime.settings().environment(environment) == nullptr) {
    errors.emplace_back("environment", request.texts("form.unknown_environment"));
  }
}

}  // namespace

views::AccountDraft draft_of(const Request& request) {
  return {request.values.text("username"), request.values.text("display_name"), request.values.text("description"),
          request.values.text("environment")};
}

void check_keystore_password(const Request& request, views::FieldErrors& errors) {
  const Secret password = request.values.secret("keystore_password");
  const std::size_t length = characters_of(password);
  if (!password.empty() && length < kMinKeystorePassword) {
    errors.emplace_back("keystore_password", request.texts("form.keystore_too_short"));
  } else if (length > kMaxPassword) {
    errors.emplace_back("keystore_password", request.texts("form.keystore_too_long"));
  } else if (!password.empty() && strength_of(password) == Strength::weak) {
    errors.emplace_back("keystore_password", views::weak_password_sentence(request.texts, Strength::weak));
  }
  if (!(password == request.values.secret("keystore_password_repeat"))) {
    errors.emplace_back("keystore_password_repeat", request.texts("form.not_the_same"));
  }
}

views::FieldErrors check_new_account(const Runtime& runtime, const Request& request) {
  views::FieldErrors errors;
  demand(request, "username", errors);
  demand(request, "password", errors);
  demand(request, "keystore_password", errors);
  check_keystore_password(request, errors);
  check_environment(runtime, request, errors);
  return errors;
}

views::FieldErrors check_import(const Runtime& runtime, const Request& request) {
  views::FieldErrors errors;
  demand(request, "username", errors);
  demand(request, "password", errors);
  check_environment(runtime, request, errors);
  return errors;
}

account::NewAccount new_account_of(const Runtime& runtime, const Request& request) {
  account::NewAccount data;
  data.environment_id = request.values.text("environment");
  if (data.environment_id.empty()) {
    data.environment_id = runtime.settings().environments.front().id;
  }
  data.username = request.values.text("username");
  data.display_name = request.values.trimmed("display_name");
  data.description = request.values.trimmed("description");
  data.password = request.values.secret("password");
  data.keystore_password = request.values.secret("keystore_password");
  return data;
}

}  // namespace kvc::plugin::commands
