// SPDX-License-Identifier: Apache-2.0
#include "views/keystore_views.h"

#include <algorithm>
#include <iterator>

#include "texts/format.h"

namespace kvc::plugin::views {
namespace {

using account::Keystore;
using pvs::v1::Action;
using pvs::v1::Field;

std::string param(const Status& status, std::string_view wanted) {
  for (const auto& [name, value] : status.params()) {
    if (name == wanted) {
      return value;
    }
  }
  return {};
}

/// The catalogue's key for what a keystore file can be refused for; empty: the general sentence will do.
std::string keystore_key(const Status& failure) {
  if (failure.is(error::wrong_passphrase)) {
    return "keystore.wrong_password";
  }
  if (failure.is(error::malformed)) {
    constexpr std::string_view kReasons[] = {"not_a_keystore", "truncated", "damaged",        "no_mac",
                                             "unsupported",    "no_key",    "no_certificate", "not_rsa"};
    const std::string reason = param(failure, "reason");
    const bool known = std::find(std::begin(kReasons), std::end(kReasons), reason) != std::end(kReasons);
    return "keystore." + (known ? reason : std::string("not_a_keystore"));
  }
  if (failure.is(error::certificate_foreign)) {
    return "keystore.foreign";
  }
  if (failure.is(error::certificate_untrusted)) {
    return "keystore.untrusted";
  }
  if (failure.is(error::certificate_profile)) {
    return "keystore.profile";
  }
  if (failure.is(error::too_large)) {
    return "keystore.too_large";
  }
  return failure.is(error::file_unreadable) ? "keystore.unreadable" : "";
}

std::string short_sentence(const Texts& t, const crypto::Certificate& certificate, TimePoint now) {
  const std::string text = t("keystore.entry", {{"name", certificate.subject()},
                                                {"serial", certificate.serial_hex()},
                                                {"from", format_date(certificate.not_before(), t.language())},
                                                {"until", format_date(certificate.not_after(), t.language())}});
  return certificate.valid_at(now) ? text : text + " " + t("keystore.not_valid_now");
}

/// What is in the file, for people: generations newest first, then what is left out.
std::string content_text(const Texts& t, const Keystore& keystore, TimePoint now) {
  std::string text = t.count("keystore.generations", keystore.identities.size());
  for (const auto& identity : keystore.identities) {
    text += "\n– " + short_sentence(t, identity.certificate, now);
  }
  if (!keystore.foreign_addresses.empty()) {
    std::string addresses;
    for (const std::string& address : keystore.foreign_addresses) {
      addresses += (addresses.empty() ? "" : ", ") + address;
    }
    text += "\n" + t("keystore.foreign_left_out", {{"addresses", addresses}});
  }
  if (keystore.refused > 0) {
    text += "\n" + t.count("keystore.refused_left_out", static_cast<std::uint64_t>(keystore.refused));
  }
  if (!keystore.current_is_valid) {
    text += "\n" + t("keystore.expired");
  }
  return text;
}

const char* import_intro(const ImportStep& step) {
  if (step.content != nullptr) {
    return "account.import.intro_read";
  }
  return step.size == 0 ? "account.import.intro_unread" : "account.import.intro";
}

void add_read_only(const Texts& t, pvs::v1::Form& form, std::string_view name, const std::string& value) {
  add_field(t, form, name, Field::TYPE_READ_ONLY, false).mutable_value()->set_text(value);
}

}  // namespace

pvs::v1::Error keystore_error(const Texts& t, const Status& failure) {
  pvs::v1::Error error = to_error(t, failure);
  const std::string key = keystore_key(failure);
  if (!key.empty()) {
    error.set_text_key(key);
    error.set_text(t(key, {{"addresses", param(failure, "addresses")}, {"issuer", param(failure, "issuer")}}));
  }
  return error;
}

pvs::v1::View import_step(const Texts& t, const ImportStep& step, TimePoint now) {
  pvs::v1::View out = view(t, "account.import");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t(import_intro(step), {{"name", step.username}}));
  add_read_only(t, form, "keystore_file_name",
                step.size == 0 ? step.file_name : step.file_name + " (" + format_size(step.size, t.language()) + ")");
  if (!step.failure.ok()) {
    *form.mutable_error() = keystore_error(t, step.failure);
  }
  if (step.content != nullptr) {
    add_read_only(t, form, "keystore_content", content_text(t, *step.content, now));
    add_action(*out.mutable_actions(), "create", t("action.create_account"), Action::ROLE_PRIMARY);
  } else if (step.size > 0) {
    if (step.ask_password) {
      Field& password = add_field(t, form, "keystore_password", Field::TYPE_SECRET, true);
      password.set_hint(t("field.file_password.hint"));
      if (step.failure.is(error::wrong_passphrase)) {
        password.set_error(t("form.wrong_file_password"));
      }
    }
    add_action(*out.mutable_actions(), "import", t("action.import"), Action::ROLE_PRIMARY).set_needs_fields(true);
  }
  add_action(*out.mutable_actions(), "choose", t("action.choose_other_file"),
             out.actions_size() == 0 ? Action::ROLE_PRIMARY : Action::ROLE_SECONDARY);
  add_close(t, out);
  return out;
}

pvs::v1::View import_into(const Texts& t, const std::string& account_name, const FieldErrors& errors,
                          const Status& failure) {
  pvs::v1::View out = view(t, "account.import_into");
  pvs::v1::Form& form = *out.mutable_form();
  form.set_intro(t("account.import_into.intro", {{"name", account_name}}));
  Field& file = add_field(t, form, "keystore_file", Field::TYPE_FILE, true);
  file.add_file_patterns("*.p12");
  file.add_file_patterns("*.pfx");
  Field& password = add_field(t, form, "keystore_password", Field::TYPE_SECRET, true);
  password.set_hint(t("field.file_password.hint"));
  if (!failure.ok()) {
    *form.mutable_error() = keystore_error(t, failure);
    file.set_error(t("form.choose_again"));
    if (failure.is(error::wrong_passphrase)) {
      password.set_error(t("form.wrong_file_password"));
    }
  }
  for (const auto& [name, sentence] : errors) {
    set_field_error(form, name, sentence);
  }
  add_action(*out.mutable_actions(), "import", t("action.import"), Action::ROLE_PRIMARY).set_needs_fields(true);
  add_close(t, out);
  return out;
}

pvs::v1::View imported(const Texts& t, const Keystore& keystore, int added, int opened, TimePoint now) {
  pvs::v1::View out = view(t, "account.imported");
  pvs::v1::Notice& notice = *out.mutable_notice();
  notice.set_severity(added > 0 ? pvs::v1::SEVERITY_GOOD : pvs::v1::SEVERITY_INFO);
  std::string text = t.count("account.imported.added", static_cast<std::uint64_t>(std::max(0, added)));
  if (opened > 0) {
    text += " " + t.count("account.imported.opened", static_cast<std::uint64_t>(opened));
  } else if (added <= 0) {
    text += " " + t("account.imported.unchanged");
  }
  notice.set_text(text);
  if (added <= 0) {
    out.set_title(t("account.imported.title_none"));
  }
  add_notice_fact(notice, t("field.keystore_content"), content_text(t, keystore, now));
  add_close(t, out);
  return out;
}

pvs::v1::View exported(const Texts& t, const std::string& path, std::size_t generations) {
  pvs::v1::View out = view(t, "account.exported");
  pvs::v1::Notice& notice = *out.mutable_notice();
  notice.set_severity(pvs::v1::SEVERITY_GOOD);
  notice.set_text(t("account.exported.text", {{"path", path}}));
  add_notice_fact(notice, t("fact.file"), path);
  add_notice_fact(notice, t("fact.generations"), t.count("keystore.generations", generations));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
