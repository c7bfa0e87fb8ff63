// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/UTF8Encoding.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <set>
#include <sstream>

#include "application/forms.h"
#include "base/status_parameter.h"
#include "resource/settings_schema.h"
#include "service/catalogue.h"
#include "settings/pem_file.h"
#include "settings/postgresql_dsn.h"
#include "settings/url.h"

namespace kvc::settings {
namespace {

namespace fs = std::filesystem;
using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;
using Params = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kMaxText = 1024 * 1024;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxEntries = 64;
constexpr std::size_t kMaxPath = 4096;
constexpr std::int64_t kMessageFloor = 1024 * 1024;
constexpr std::int64_t kMessageCeiling = 4LL * 1024 * 1024 * 1024;

std::string_view type_name(const Var& value) {
  if (value.isEmpty()) {
    return "null";
  }
  if (value.type() == typeid(Object::Ptr)) {
    return "object";
  }
  if (value.type() == typeid(Array::Ptr)) {
    return "array";
  }
  if (value.isBoolean()) {
    return "boolean";
  }
  if (value.isString()) {
    return "string";
  }
  return value.isInteger() ? "integer" : "number";
}

/// So many bytes of a key or value are shown. A path is shown whole: what is wrong is mostly at its end.
constexpr std::size_t kMaxShown = 80;
constexpr std::size_t kWhole = std::string_view::npos;

/// Bytes of the character at the front of `text`; 0 if it is a control character or none at all.
std::size_t printable_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) {
    return first >= ' ' && first != 0x7f ? 1 : 0;
  }
  const std::size_t size = first >= 0xf0 ? 4 : (first >= 0xe0 ? 3 : 2);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (size > text.size() || !Poco::UTF8Encoding::isLegal(bytes, static_cast<int>(size))) {
    return 0;
  }
  return first == 0xc2 && bytes[1] < 0xa0 ? 0 : size;  // U+0080 to U+009F
}

/// A value from a file somebody else wrote, fit for a sentence.
std::string printable(std::string_view text, std::size_t max = kMaxShown) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t size = printable_character(text);
    if (shown.size() + std::max<std::size_t>(size, 1) > max) {
      return shown + "...";
    }
    shown += size == 0 ? "?" : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return shown;
}

/// What a sentence takes from another reader's error, fit for it.
Params params_of(const Status& status, std::initializer_list<std::string_view> names) {
  Params params;
  for (const std::string_view name : names) {
    if (const std::string value = parameter(status, name); !value.empty()) {
      params.emplace_back(name, printable(value));
    }
  }
  return params;
}

std::size_t utf8_length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Collects problems while the settings are walked; knows where it stands.
class Reader {
 public:
  Reader(Loaded& loaded, const fs::path& directory) : loaded_(loaded), directory_(directory) {}

  void settings(const Object& root);
  void application_forms(const Object& root);
  void service_catalogue(const Object& root);

 private:
  void problem(std::string key_path, std::string_view name, Params params = {}, bool warning = false) {
    loaded_.problems.push_back({std::move(key_path), std::string(name), std::move(params), warning});
  }
  void wrong_type(const std::string& path, std::string_view expected, const Var& found) {
    problem(path, "wrong_type", {{"expected", std::string(expected)}, {"found", std::string(type_name(found))}});
  }
  void unknown_keys(const Object& object, const std::string& prefix, std::initializer_list<std::string_view> known);
  bool text(const Object& object, const std::string& prefix, const std::string& key, std::size_t max, bool required,
            std::string& out);
  void number(const Object& object, const std::string& prefix, const std::string& key, std::int64_t min,
              std::int64_t max, std::int64_t& out);
  void small(const Object& object, const std::string& prefix, const std::string& key, int min, int max, int& out);
  void certificate_files(const Object& object, const std::string& prefix, const std::string& key, bool required,
                         std::vector<std::string>& out);
  void certificate_file(const Var& value, const std::string& path, std::vector<std::string>& out);
  Object::Ptr section(const Object& root, const std::string& key);
  void environments(const Object& root);
  void environment(const Object& object, const std::string& prefix);
  void environment_id(const Object& object, const std::string& prefix, Environment& environment);
  void environment_address(const Object& object, const std::string& prefix, Environment& environment);
  bool system_roots(const Object& object, const std::string& prefix);
  void address_book(const Object& object, const std::string& prefix, Environment& environment);
  void storage(const Object& root);
  bool file(const Object& root, const std::string& key, std::string& out);

  [[nodiscard]] std::string absolute(const std::string& file) const {
    return (directory_ / fs::path(file)).lexically_normal().string();
  }

  Loaded& loaded_;
  const fs::path& directory_;
  std::set<std::string> ids_;
};

void Reader::unknown_keys(const Object& object, const std::string& prefix,
                          std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      problem(prefix + printable(key), "unknown_key", {{"key", printable(key)}}, true);
    }
  }
}

bool Reader::text(const Object& object, const std::string& prefix, const std::string& key, std::size_t max,
                  bool required, std::string& out) {
  if (!object.has(key)) {
    if (required) {
      problem(prefix + key, "missing");
    }
    return false;
  }
  const Var value = object.get(key);
  if (!value.isString()) {
    wrong_type(prefix + key, "string", value);
    return false;
  }
  const auto& found = value.extract<std::string>();
  if (utf8_length(found) > max) {
    problem(
        prefix + key, "out_of_range",
        {{"min", required ? "1" : "0"}, {"max", std::to_string(max)}, {"value", std::to_string(utf8_length(found))}});
    return false;
  }
  out = found;
  return true;
}

void Reader::number(const Object& object, const std::string& prefix, const std::string& key, std::int64_t min,
                    std::int64_t max, std::int64_t& out) {
  if (!object.has(key)) {
    return;
  }
  const Var value = object.get(key);
  if (value.isEmpty() || !value.isNumeric() || value.isBoolean() || !value.isInteger()) {
    wrong_type(prefix + key, "integer", value);
    return;
  }
  std::int64_t found = max;
  try {
    found = value.convert<std::int64_t>();
  } catch (const Poco::Exception&) {
    found = std::numeric_limits<std::int64_t>::max();  // larger than 64 bits: out of every range
  }
  if (found < min || found > max) {
    problem(prefix + key, "out_of_range",
            {{"min", std::to_string(min)}, {"max", std::to_string(max)}, {"value", printable(value.toString())}});
    return;
  }
  out = found;
}

void Reader::small(const Object& object, const std::string& prefix, const std::string& key, int min, int max,
                   int& out) {
  std::int64_t found = out;
  number(object, prefix, key, min, max, found);
  out = static_cast<int>(found);
}

void Reader::certificate_file(const Var& value, const std::string& path, std::vector<std::string>& out) {
  if (!value.isString()) {
    wrong_type(path, "string", value);
    return;
  }
  const auto& file = value.extract<std::string>();
  if (file.empty()) {
    problem(path, "missing");
    return;
  }
  if (utf8_length(file) > kMaxPath) {
    problem(path, "out_of_range",
            {{"min", "1"}, {"max", std::to_string(kMaxPath)}, {"value", std::to_string(utf8_length(file))}});
    return;
  }
  if (file.find('\0') != std::string::npos) {
    problem(path, "file_unreadable", {{"file", printable(file, kWhole)}});
    return;
  }
  const std::string full = absolute(file);
  const PemFile found = look_at_pem_file(full);
  if (found == PemFile::good) {
    out.push_back(full);
    return;
  }
  problem(path, found == PemFile::unreadable ? "file_unreadable" : "not_a_certificate",
          {{"file", printable(full, kWhole)}});
}

void Reader::certificate_files(const Object& object, const std::string& prefix, const std::string& key, bool required,
                               std::vector<std::string>& out) {
  const std::string path = prefix + key;
  if (!object.has(key)) {
    if (required) {
      problem(path, "missing");
    }
    return;
  }
  const Var value = object.get(key);
  if (value.type() != typeid(Array::Ptr)) {
    wrong_type(path, "array", value);
    return;
  }
  const auto files = value.extract<Array::Ptr>();
  if (files->size() == 0 && required) {
    problem(path, "missing");
  }
  if (files->size() > kMaxEntries) {
    problem(path, "out_of_range",
            {{"min", "1"}, {"max", std::to_string(kMaxEntries)}, {"value", std::to_string(files->size())}});
    return;
  }
  for (std::size_t i = 0; i < files->size(); ++i) {
    certificate_file(files->get(static_cast<unsigned>(i)), path + "[" + std::to_string(i) + "]", out);
  }
}

void Reader::environment_id(const Object& object, const std::string& prefix, Environment& environment) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kMaxId = 64;
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  if (!text(object, prefix, "id", kNoLimit, true, environment.id)) {
    return;
  }
  const std::string& id = environment.id;
  if (id.empty() || id.size() > kMaxId || kLetters.find(id[0]) == std::string_view::npos ||
      id.find_first_not_of(std::string(kLetters) + "._-") != std::string::npos) {
    problem(prefix + "id", "bad_id");
    return;
  }
  if (!ids_.insert(id).second) {
    problem(prefix + "id", "duplicate_id", {{"id", id}});
  }
}

bool domain_name(std::string_view text) {
  std::size_t label = 0;
  char last = '.';
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '.') {
      if (label == 0 || last == '-') {
        return false;
      }
      label = 0;
    } else if (letter || (c == '-' && label > 0)) {
      ++label;
    } else {
      return false;
    }
    last = c;
  }
  return label > 0 && last != '-';
}

void Reader::environment_address(const Object& object, const std::string& prefix, Environment& environment) {
  constexpr std::size_t kMaxUrl = 2048;
  constexpr std::size_t kMaxDomain = 253;
  std::string url;
  if (text(object, prefix, "base_url", kMaxUrl, true, url)) {
    const std::string_view wrong = check_base_url(url, environment.base_url);
    if (!wrong.empty()) {
      problem(prefix + "base_url", wrong);
    }
  }
  std::string domain;
  if (text(object, prefix, "mail_domain", kMaxDomain, true, domain)) {
    if (domain_name(domain)) {
      environment.mail_domain = domain;
    } else {
      problem(prefix + "mail_domain", "bad_domain");
    }
  }
}

bool Reader::system_roots(const Object& object, const std::string& prefix) {
  if (!object.has("use_system_tls_roots")) {
    return false;
  }
  const Var value = object.get("use_system_tls_roots");
  if (value.isEmpty() || !value.isBoolean()) {
    wrong_type(prefix + "use_system_tls_roots", "boolean", value);
    return false;
  }
  return value.extract<bool>();
}

void Reader::address_book(const Object& object, const std::string& prefix, Environment& environment) {
  constexpr std::size_t kMaxUrl = 300;
  std::string url;
  if (text(object, prefix, "ldap_url", kMaxUrl, false, url) && !url.empty()) {
    if (is_ldap_url(url)) {
      environment.ldap_url = url;
    } else {
      problem(prefix + "ldap_url", "bad_ldap_url");
    }
  }
  std::string choice = "auto";
  text(object, prefix, "address_book", kMaxUrl, false, choice);
  if (choice == "rest") {
    environment.address_book = AddressBook::rest;
  } else if (choice == "ldap") {
    environment.address_book = AddressBook::ldap;
    if (url.empty()) {
      problem(prefix + "ldap_url", "missing");
    }
  } else if (choice != "auto") {
    problem(prefix + "address_book", "bad_choice", {{"allowed", "auto, rest, ldap"}});
  }
}

void Reader::environment(const Object& object, const std::string& prefix) {
  constexpr std::size_t kMaxName = 200;
  unknown_keys(object, prefix,
               {"id", "name", "base_url", "mail_domain", "tls_roots", "use_system_tls_roots", "message_roots",
                "user_cas", "address_book", "ldap_url"});
  Environment environment;
  environment_id(object, prefix, environment);
  text(object, prefix, "name", kMaxName, false, environment.name);
  environment_address(object, prefix, environment);
  environment.use_system_tls_roots = system_roots(object, prefix);
  certificate_files(object, prefix, "tls_roots", !environment.use_system_tls_roots, environment.tls_roots);
  certificate_files(object, prefix, "message_roots", true, environment.message_roots);
  certificate_files(object, prefix, "user_cas", true, environment.user_cas);
  address_book(object, prefix, environment);
  if (environment.name.empty()) {
    environment.name = environment.id;
  }
  loaded_.settings.environments.push_back(std::move(environment));
}

void Reader::environments(const Object& root) {
  if (!root.has("environments")) {
    return;
  }
  const Var value = root.get("environments");
  if (value.type() != typeid(Array::Ptr)) {
    wrong_type("environments", "array", value);
    return;
  }
  const auto list = value.extract<Array::Ptr>();
  if (list->size() > kMaxEntries) {
    problem("environments", "out_of_range",
            {{"min", "0"}, {"max", std::to_string(kMaxEntries)}, {"value", std::to_string(list->size())}});
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string path = "environments[" + std::to_string(i) + "]";
    const Var entry = list->get(static_cast<unsigned>(i));
    if (entry.type() != typeid(Object::Ptr)) {
      wrong_type(path, "object", entry);
      continue;
    }
    environment(*entry.extract<Object::Ptr>(), path + ".");
  }
}

Object::Ptr Reader::section(const Object& root, const std::string& key) {
  if (!root.has(key)) {
    return {};
  }
  const Var value = root.get(key);
  if (value.type() != typeid(Object::Ptr)) {
    wrong_type(key, "object", value);
    return {};
  }
  return value.extract<Object::Ptr>();
}

void Reader::storage(const Object& root) {
  constexpr std::size_t kMaxDsn = 1024;
  const Object::Ptr storage = section(root, "storage");
  if (storage.isNull()) {
    return;
  }
  unknown_keys(*storage, "storage.", {"dsn"});
  std::string dsn;
  if (!text(*storage, "storage.", "dsn", kMaxDsn, false, dsn)) {
    return;
  }
  const bool one_line = dsn.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
  const bool sqlite = dsn == "sqlite" || (dsn.starts_with("sqlite:") && dsn.size() > sizeof "sqlite:" - 1);
  const bool postgresql = dsn.starts_with("postgresql://") && dsn.size() > sizeof "postgresql://" - 1;
  if (!one_line || (!sqlite && !postgresql)) {
    problem("storage.dsn", "bad_dsn");
    return;
  }
  if (const Status server = postgresql ? parse_postgresql_dsn(dsn).status() : Status(); !server.ok()) {
    problem("storage.dsn", parameter(server, "problem", "bad_dsn"), params_of(server, {"parameter"}));
    return;
  }
  loaded_.settings.storage_dsn = dsn;
}

void Reader::settings(const Object& root) {
  Settings& s = loaded_.settings;
  unknown_keys(root, "",
               {"$schema", "environments", "storage", "fetch", "renewal_hint_days", "max_message_bytes",
                "csr_poll_seconds", "application_forms_file", "kvca_file", "service_catalogue_file"});
  std::string ignored;
  text(root, "", "$schema", kMaxText, false, ignored);
  environments(root);
  storage(root);
  if (const Object::Ptr fetch = section(root, "fetch"); !fetch.isNull()) {
    unknown_keys(*fetch, "fetch.", {"interval_minutes", "address_book_hours"});
    small(*fetch, "fetch.", "interval_minutes", 0, 1440, s.fetch_interval_minutes);
    small(*fetch, "fetch.", "address_book_hours", 0, 720, s.address_book_hours);
  }
  small(root, "", "renewal_hint_days", 1, 730, s.renewal_hint_days);
  small(root, "", "csr_poll_seconds", 1, 300, s.csr_poll_seconds);
  auto max_bytes = static_cast<std::int64_t>(s.max_message_bytes);
  number(root, "", "max_message_bytes", kMessageFloor, kMessageCeiling, max_bytes);
  s.max_message_bytes = static_cast<std::uint64_t>(max_bytes);
  application_forms(root);
  file(root, "kvca_file", s.kvca_file);
  service_catalogue(root);
}

void Reader::application_forms(const Object& root) {
  std::string& file_name = loaded_.settings.application_forms_file;
  if (!file(root, "application_forms_file", file_name)) {
    return;
  }
  const Status read = application::read_forms(file_name).status();
  if (read.ok()) {
    return;
  }
  const std::string reason = parameter(read, "reason");
  Params params = params_of(read, {"line"});
  params.insert(params.begin(), {"file", printable(file_name, kWhole)});
  problem("application_forms_file", reason.empty() ? "file_unreadable" : "forms_" + reason, std::move(params));
}

// The plugin cannot do without the services, so it does not begin with a catalogue it cannot read.
void Reader::service_catalogue(const Object& root) {
  std::string& file_name = loaded_.settings.service_catalogue_file;
  if (!file(root, "service_catalogue_file", file_name)) {
    return;
  }
  const Status read = service::Catalogue::load(file_name).status();
  if (read.ok()) {
    return;
  }
  Params params = params_of(read, {"place"});
  const std::string_view kind = !params.empty()                   ? "bad_catalogue"
                                : read.is(error::file_unreadable) ? "file_unreadable"
                                                                  : "catalogue_not_json";
  params.insert(params.begin(), {"file", printable(file_name, kWhole)});
  problem("service_catalogue_file", kind, std::move(params));
}

// A readable file; what is in it is for others to judge. False if there is none.
bool Reader::file(const Object& root, const std::string& key, std::string& out) {
  std::string named;
  if (!text(root, "", key, kMaxPath, false, named) || named.empty()) {
    return false;
  }
  out = absolute(named);
  if (named.find('\0') != std::string::npos || !readable_file(out)) {
    problem(key, "file_unreadable", {{"file", printable(out, kWhole)}});
    return false;
  }
  return true;
}

/// Where a text stops being JSON. Poco's parser tells no position, but reads its stream byte by byte.
Problem not_json(std::string_view json, std::size_t read) {
  const std::string_view before = json.substr(0, read == 0 ? 0 : std::min(read, json.size()) - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {"",
          "not_json",
          {{"line", std::to_string(line)}, {"column", std::to_string(before.size() - line_start + 1)}},
          false};
}

void parse(std::string_view json, Reader& reader, Loaded& loaded) {
  std::istringstream in{std::string(json)};
  Var root;
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kMaxDepth);
    root = parser.parse(in);
  } catch (const Poco::Exception&) {
    const std::streamoff at = in.tellg();
    loaded.problems.push_back(not_json(json, at < 0 ? json.size() : static_cast<std::size_t>(at)));
    return;
  }
  if (root.type() != typeid(Object::Ptr)) {
    loaded.problems.push_back(
        {"", "wrong_type", {{"expected", "object"}, {"found", std::string(type_name(root))}}, false});
    return;
  }
  reader.settings(*root.extract<Object::Ptr>());
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

const Environment* Settings::environment(std::string_view id) const {
  const auto found =
      std::find_if(environments.begin(), environments.end(), [&](const Environment& e) { return e.id == id; });
  return found == environments.end() ? nullptr : &*found;
}

bool Loaded::ok() const {
  return std::all_of(problems.begin(), problems.end(), [](const Problem& p) { return p.warning; });
}

std::vector<std::string_view> problem_names() {
  std::vector<std::string_view> names;
  for (const ProblemKind& kind : kProblemKinds) {
    names.push_back(kind.name);
  }
  return names;
}

Loaded load(std::string_view json, const fs::path& directory) {
  Loaded loaded;
  if (json.starts_with("\xEF\xBB\xBF")) {
    json.remove_prefix(3);  // Windows editors write one; RFC 8259 section 8.1 allows to ignore it
  }
  if (blank(json)) {
    return loaded;
  }
  if (json.size() > kMaxText) {
    loaded.problems.push_back({"", "too_large", {{"max", std::to_string(kMaxText)}}, false});
    return loaded;
  }
  try {
    std::error_code error;
    fs::path base = fs::absolute(directory, error);
    if (error) {
      base = directory;
    }
    Reader reader(loaded, base);
    parse(json, reader, loaded);
  } catch (const std::exception&) {
    // Whatever a library did not expect of this text: it is not a settings file.
    loaded.problems.push_back(not_json(json, 0));
  }
  return loaded;
}

std::string_view schema() {
  return resource::settings_schema();
}

}  // namespace kvc::settings
