// SPDX-License-Identifier: Apache-2.0
// What an integrator sets (design section 8). Full description of every key: settings.schema.json beside this file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvc::settings {

/// Where the address book of a network comes from.
enum class AddressBook {
  automatic,  ///< REST; LDAP, where configured, as long as there is no book from REST
  rest,
  ldap,
};

/// One KV-Connect network: where its server is and whom to trust there.
struct Environment {
  std::string id, name;     ///< `name` is never empty after load(): without one it is the id
  std::string base_url;     ///< https, ends with '/', without user information, query and fragment
  std::string mail_domain;  ///< "kv-safenet.de"
  std::vector<std::string> tls_roots, message_roots, user_cas;  ///< absolute paths of PEM files
  bool use_system_tls_roots = false;
  AddressBook address_book = AddressBook::automatic;
  std::string ldap_url;  ///< ldaps://host[:port] of the address book's LDAP twin, or empty
};

struct Settings {
  std::vector<Environment> environments;  ///< may be empty: then no account can be made, archives still open
  std::string storage_dsn = "sqlite";     ///< "sqlite", "sqlite:FILE" or "postgresql://..."
  int fetch_interval_minutes = 10;        ///< 0: by hand only
  int address_book_hours = 24;            ///< age from which a book is refreshed by itself; 0: by hand only
  int renewal_hint_days = 150;
  std::uint64_t max_message_bytes = 500ULL * 1024 * 1024;
  int csr_poll_seconds = 5;
  std::string application_forms_file;  ///< absolute; replaces the built-in list; empty: built-in
  std::string kvca_file;               ///< absolute; the KBV's KVCA master file (billing/kvca.h); empty: none
  std::string service_catalogue_file;  ///< absolute; adds services (service/catalogue.h); empty: none

  /// Borrowed, lives as long as this object is not changed; null if there is none.
  [[nodiscard]] const Environment* environment(std::string_view id) const;
};

/// One wrong value. Sentence: catalogue key "settings.<problem>" with the parameters; every sentence may also use
/// {key_path}.
struct Problem {
  std::string key_path;  ///< "environments[0].base_url"; empty for the text as a whole
  std::string problem;   ///< one of problem_names()
  /// Safe to show: values are cut and made printable, the storage DSN and URLs are never among them.
  std::vector<std::pair<std::string, std::string>> params;
  bool warning = false;  ///< an unknown key is only a warning
};

/// What can be wrong, and the parameters that come with it.
struct ProblemKind {
  std::string_view name;
  std::string_view params;  ///< names, separated by blanks
};

/// All problems load() can report, for the text catalogue ("settings.<name>") and its tests.
inline constexpr ProblemKind kProblemKinds[] = {
    {"not_json", "line column"},        // not JSON, or nested deeper than any setting is
    {"too_large", "max"},               // the text is larger than `max` bytes: not a settings file
    {"missing", ""},                    // a key without a default, or an empty list where one entry is needed
    {"wrong_type", "expected found"},   // JSON type names: string, integer, number, boolean, array, object, null
    {"out_of_range", "min max value"},  // a number, or the length of a text or list
    {"bad_id", ""},                     // other characters than letters, digits, dot, hyphen, underscore
    {"duplicate_id", "id"},             // two environments with one id
    {"bad_url", ""},                    // not an absolute URL with a host, or with a query or fragment
    {"not_https", ""},                  // http: or any other scheme
    {"url_with_credentials", ""},       // https://user:password@host/
    {"bad_ldap_url", ""},               // not ldaps://host[:port]
    {"bad_choice", "allowed"},          // a word that is none of the allowed ones
    {"bad_domain", ""},                 // not a DNS name
    {"bad_dsn", ""},                    // neither sqlite nor postgresql
    // storage.dsn of a PostgreSQL server (postgresql_dsn.h)
    {"dsn_database", ""},
    {"dsn_file", "parameter"},  // no absolute path
    {"dsn_parameter", ""},      // an unknown one
    {"dsn_password", ""},
    {"dsn_port", ""},
    {"dsn_schema", ""},
    {"dsn_server", ""},
    {"dsn_sslmode", ""},
    {"dsn_sslrootcert", ""},
    {"dsn_user", ""},
    {"dsn_value", "parameter"},       // none, a wrong one, or twice
    {"file_unreadable", "file"},      // not there, no permission, not a file
    {"not_a_certificate", "file"},    // readable, but no PEM certificate in it
    {"catalogue_not_json", "file"},   // service_catalogue_file: no JSON object, or larger than 1 MiB
    {"bad_catalogue", "file place"},  // where in it a service is not described as the schema wants it
    // application_forms_file: what is wrong with the list, and in which line (application/forms.h)
    {"forms_columns", "file line"},
    {"forms_empty", "file"},
    {"forms_file", "file line"},
    {"forms_header", "file line"},
    {"forms_kv", "file line"},
    {"forms_kv_code", "file line"},
    {"forms_quotes", "file line"},
    {"forms_text", "file line"},
    {"forms_too_large", "file"},
    {"forms_url", "file line"},
    {"unknown_key", "key"},  // warning
};

/// The names of kProblemKinds.
std::vector<std::string_view> problem_names();

struct Loaded {
  Settings settings;              ///< usable if no problem is an error; wrong values keep their default
  std::vector<Problem> problems;  ///< all of them at once
  [[nodiscard]] bool ok() const;  ///< no problem but warnings
};

/// Reads settings; relative paths start at `directory`. Empty text gives the defaults. No default names a host outside
/// the machine. Certificate files are opened and read (at most 1 MiB each). Never throws. Thread: [any], but not where
/// a file system may not be waited for.
Loaded load(std::string_view json, const std::filesystem::path& directory);

/// The JSON Schema (draft-07) of the settings: the one description of every key. Lives for ever.
std::string_view schema();

}  // namespace kvc::settings
