// SPDX-License-Identifier: Apache-2.0
#include "practice.h"

#include <openssl/crypto.h>

#include <cstdlib>
#include <set>

namespace pvs::host {
namespace {

constexpr std::size_t kMaxPracticeFile = 4194304;
constexpr std::size_t kMaxSecretFile = 65536;

bool digits(const std::string& text, std::size_t count) {
  return text.size() == count && text.find_first_not_of("0123456789") == std::string::npos;
}

bool plain_id(const std::string& id) {
  return !id.empty() && id.size() <= 64 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

std::string required_text(const JsonObject& object, const std::string& key, const std::string& where) {
  if (!object.has(key)) {
    throw InputError(where + "." + key + " is missing");
  }
  return as_text(object.get(key), where + "." + key);
}

std::string required_id(const JsonObject& object, std::set<std::string>& seen, const std::string& where) {
  std::string id = required_text(object, "id", where);
  if (!plain_id(id)) {
    throw InputError(where + ".id may have small letters, digits, _ and - only");
  }
  if (!seen.insert(id).second) {
    throw InputError(where + ".id \"" + id + "\" is there twice");
  }
  return id;
}

template <class Each>
void each(const JsonObject& object, const std::string& key, const std::string& where, Each take) {
  if (!object.has(key)) {
    return;
  }
  int i = 0;
  for (const Var& item : *as_array(object.get(key), where + key)) {
    const std::string path = where + key + "[" + std::to_string(i++) + "]";
    take(*as_object(item, path), path);
  }
}

void read_identity(const JsonObject& root, Practice& practice) {
  if (!root.has("practice")) {
    throw InputError("practice is missing");
  }
  const JsonObject& object = *as_object(root.get("practice"), "practice");
  refuse_unknown_keys(object, {"id", "name", "sites"}, "practice");
  std::set<std::string> ids;
  practice.practice.set_practice_id(required_id(object, ids, "practice"));
  practice.practice.set_name(required_text(object, "name", "practice"));
  each(object, "sites", "practice.", [&](const JsonObject& site, const std::string& where) {
    refuse_unknown_keys(site, {"bsnr", "name", "kv_code"}, where);
    v1::PracticeSite& to = *practice.practice.add_sites();
    to.set_bsnr(required_text(site, "bsnr", where));
    to.set_name(text_or(site, "name", "", where));
    to.set_kv_code(required_text(site, "kv_code", where));
    if (!digits(to.bsnr(), 9)) {
      throw InputError(where + ".bsnr must have nine digits");
    }
    if (!digits(to.kv_code(), 2)) {
      throw InputError(where + ".kv_code must have two digits");
    }
  });
}

void read_users(const JsonObject& root, Practice& practice) {
  std::set<std::string> ids;
  each(root, "users", "", [&](const JsonObject& object, const std::string& where) {
    refuse_unknown_keys(object, {"id", "name", "roles", "password"}, where);
    PracticeUser user;
    user.user.set_user_id(required_id(object, ids, where));
    user.user.set_display_name(text_or(object, "name", user.user.user_id(), where));
    if (object.has("roles")) {
      for (const std::string& role : as_texts(object.get("roles"), where + ".roles")) {
        user.user.add_roles(role);
      }
    }
    if (!object.has("password")) {
      throw InputError(where + ".password is missing");
    }
    user.password_source = object.get("password");
    practice.users.push_back(std::move(user));
  });
  if (practice.users.empty()) {
    throw InputError("users must name at least one user");
  }
}

void read_patients(const JsonObject& root, Practice& practice) {
  std::set<std::string> ids;
  each(root, "patients", "", [&](const JsonObject& object, const std::string& where) {
    refuse_unknown_keys(object, {"id", "given_name", "family_name", "birth_date", "kvnr", "gender"}, where);
    v1::Patient patient;
    patient.set_patient_id(required_id(object, ids, where));
    patient.set_given_name(text_or(object, "given_name", "", where));
    patient.set_family_name(required_text(object, "family_name", where));
    patient.set_birth_date(text_or(object, "birth_date", "", where));
    patient.set_kvnr(text_or(object, "kvnr", "", where));
    patient.set_gender(text_or(object, "gender", "unknown", where));
    practice.patients.push_back(std::move(patient));
  });
}

void read_documents(const JsonObject& root, Practice& practice) {
  std::set<std::string> ids;
  each(root, "documents", "", [&](const JsonObject& object, const std::string& where) {
    refuse_unknown_keys(object, {"id", "patient", "title", "media_type", "file"}, where);
    PracticeDocument document;
    document.document_id = required_id(object, ids, where);
    document.patient_id = text_or(object, "patient", "", where);
    document.title = text_or(object, "title", document.document_id, where);
    document.media_type = text_or(object, "media_type", "application/octet-stream", where);
    document.file = practice.base / required_text(object, "file", where);
    if (!document.patient_id.empty() && practice.find_patient(document.patient_id) == nullptr) {
      throw InputError(where + ".patient: there is no patient \"" + document.patient_id + "\"");
    }
    practice.documents.push_back(std::move(document));
  });
}

}  // namespace

SecretText::SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) {
  other.wipe();
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
  }
  return *this;
}

void SecretText::wipe() noexcept {
  // Short texts live inside the string object; capacity() covers both places.
  text_.resize(text_.capacity());
  OPENSSL_cleanse(text_.data(), text_.size());
  text_.clear();
}

SecretText resolve_secret(const Var& value, const std::filesystem::path& base, const std::string& where) {
  if (value.isString()) {
    return SecretText(value.extract<std::string>());
  }
  const JsonObject& object = *as_object(value, where);
  refuse_unknown_keys(object, {"env", "file"}, where);
  if (object.has("env")) {
    const std::string name = as_text(object.get("env"), where + ".env");
    const char* text = std::getenv(name.c_str());
    if (text == nullptr) {
      throw InputError(where + ": the environment variable " + name + " is not set");
    }
    return SecretText(text);
  }
  if (!object.has("file")) {
    throw InputError(where + " needs \"env\" or \"file\"");
  }
  std::string text = read_small_file(base / as_text(object.get("file"), where + ".file"), kMaxSecretFile);
  if (text.ends_with('\n')) {
    text.pop_back();
  }
  if (text.ends_with('\r')) {
    text.pop_back();
  }
  return SecretText(std::move(text));
}

const PracticeUser* Practice::find_user(std::string_view user_id) const {
  for (const PracticeUser& user : users) {
    if (user.user.user_id() == user_id) {
      return &user;
    }
  }
  return nullptr;
}

const v1::Patient* Practice::find_patient(std::string_view patient_id) const {
  for (const v1::Patient& patient : patients) {
    if (patient.patient_id() == patient_id) {
      return &patient;
    }
  }
  return nullptr;
}

Practice parse_practice(std::string_view text, const std::filesystem::path& base) {
  const Var document = parse_document(text, "the practice file");
  const JsonObject& root = *as_object(document, "the practice file");
  refuse_unknown_keys(root, {"practice", "locale", "time_zone", "users", "patients", "documents"}, "the practice file");
  Practice practice;
  practice.base = base;
  practice.locale = text_or(root, "locale", practice.locale, "the practice file");
  practice.time_zone = text_or(root, "time_zone", practice.time_zone, "the practice file");
  read_identity(root, practice);
  read_users(root, practice);
  read_patients(root, practice);
  read_documents(root, practice);
  return practice;
}

Practice read_practice(const std::filesystem::path& file) {
  return parse_practice(read_small_file(file, kMaxPracticeFile), std::filesystem::absolute(file).parent_path());
}

}  // namespace pvs::host
