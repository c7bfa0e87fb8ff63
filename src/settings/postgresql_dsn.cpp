// SPDX-License-Identifier: Apache-2.0
#include "settings/postgresql_dsn.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace kvc::settings {
namespace {

constexpr std::string_view kScheme = "postgresql://";
constexpr std::string_view kVerify = "verify-full";
constexpr std::string_view kDisable = "disable";
constexpr std::array<std::string_view, 7> kNames = {"host",   "passfile", "schema",     "sslcert",
                                                    "sslkey", "sslmode",  "sslrootcert"};
constexpr std::array<std::string_view, 4> kFiles = {"passfile", "sslcert", "sslkey", "sslrootcert"};
constexpr std::size_t kMaxSchema = 63;  // longer names PostgreSQL cuts

Status wrong(std::string_view problem, const std::string& what) {
  return Status(error::invalid_settings, "storage.dsn: " + what)
      .with("field", "storage.dsn")
      .with("problem", std::string(problem));
}

/// A value in the quotes of a libpq connection string.
std::string quoted_parameter(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') {
      text += '\\';
    }
    text += c;
  }
  return text + '\'';
}

int hex(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t at = kDigits.find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

/// Nothing for a wrong escape or a control character.
std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      const int high = at + 2 < text.size() ? hex(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex(text[at + 2]) : -1;
      if (high < 0 || low < 0) {
        return std::nullopt;
      }
      c = static_cast<char>(high * 16 + low);
      at += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return std::nullopt;
    }
    result += c;
  }
  return result;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

bool is_port(std::string_view text) {
  const bool digits =
      !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
  const int number = digits ? std::stoi(std::string(text)) : 0;
  return number >= 1 && number <= 65535;
}

bool is_schema(std::string_view name) {
  return !name.empty() && name.size() <= kMaxSchema && !name.starts_with("pg_") &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos &&
         (name[0] < '0' || name[0] > '9');
}

struct Hosts {
  std::string names, ports;
  bool local = true;  ///< all of them are this machine
};

bool is_local(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1" || host.starts_with('/');
}

/// One of the servers; an IPv6 address stands in brackets.
Status add_host(std::string_view text, Hosts& hosts) {
  std::string_view port = "5432";
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) {
    return wrong("dsn_server", "a bracket is not closed");
  }
  if (const std::size_t colon = text.find(':', bracket); colon != std::string_view::npos) {
    port = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (bracket != 0) {
    text = text.substr(1, bracket - 1);
  }
  const auto host = decoded(text);
  if (!host || host->empty() || host->find_first_of(", /") != std::string::npos) {
    return wrong("dsn_server", "the name of a server is missing or wrong");
  }
  if (!is_port(port)) {
    return wrong("dsn_port", "a port is no number from 1 to 65535");
  }
  hosts.names += (hosts.names.empty() ? "" : ",") + *host;
  hosts.ports += (hosts.ports.empty() ? "" : ",") + std::string(port);
  hosts.local = hosts.local && is_local(*host);
  return {};
}

using Options = std::map<std::string, std::string, std::less<>>;

Result<Options> options_of(std::string_view query) {
  Options options;
  if (query.empty()) {
    return options;
  }
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name(pair.substr(0, equals));
    if (name == "password") {
      return wrong("dsn_password",
                   "a password does not belong here; put it into a password file (passfile) or into PGPASSWORD");
    }
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
      return wrong("dsn_parameter",
                   "only these parameters are known: host, passfile, schema, sslcert, sslkey, sslmode, sslrootcert");
    }
    const auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!value || value->empty()) {
      return wrong("dsn_value", name + " has no value, or a wrong one").with("parameter", name);
    }
    if (!options.emplace(name, *value).second) {
      return wrong("dsn_value", name + " stands there twice").with("parameter", name);
    }
    if (std::find(kFiles.begin(), kFiles.end(), name) != kFiles.end() && !value->starts_with('/')) {
      return wrong("dsn_file", name + " must be an absolute path").with("parameter", name);
    }
  }
  return options;
}

/// TLS with both checks, unless nothing leaves this machine.
Status add_tls(const Options& options, bool local, std::string& parameters) {
  const auto mode = options.find("sslmode");
  const std::string_view wanted = mode == options.end() ? kVerify : std::string_view(mode->second);
  if (wanted == kDisable && !local) {
    return wrong("dsn_sslmode", "sslmode=disable is for a server on this machine only");
  }
  if (wanted != kDisable && wanted != kVerify) {
    return wrong("dsn_sslmode", "sslmode is verify-full, or disable for a server on this machine");
  }
  if (wanted == kVerify && !options.contains("sslrootcert")) {
    return wrong("dsn_sslrootcert", "sslrootcert is missing, the PEM file with the CA of the database server");
  }
  parameters += " sslmode=" + std::string(wanted);
  return {};
}

Result<Hosts> hosts_of(std::string_view authority, const Options& options) {
  Hosts hosts;
  const auto socket = options.find("host");
  if (socket != options.end()) {
    if (!socket->second.starts_with('/')) {
      return wrong("dsn_server", "the parameter host is the directory of a socket, an absolute path");
    }
    // Only a port may stand before: it is part of the socket's name.
    const std::string_view port = authority.starts_with(':') ? authority.substr(1) : "5432";
    if ((!authority.empty() && !authority.starts_with(':')) || !is_port(port)) {
      return wrong("dsn_server", "either a server or the directory of a socket");
    }
    hosts.names = socket->second;
    hosts.ports = port;
    return hosts;
  }
  for (const std::string_view host : split(authority, ',')) {
    KVC_TRY(add_host(host, hosts));
  }
  return hosts;
}

}  // namespace

Result<PostgresqlDsn> parse_postgresql_dsn(const std::string& dsn) {
  if (!dsn.starts_with(kScheme)) {
    return wrong("dsn_database", "a server is written postgresql://HOST/DATABASE");
  }
  std::string_view rest = std::string_view(dsn).substr(kScheme.size());
  const std::size_t question = std::min(rest.find('?'), rest.size());
  KVC_ASSIGN(const Options options, options_of(rest.substr(std::min(question + 1, rest.size()))));
  rest = rest.substr(0, question);
  const std::size_t slash = rest.find('/');
  const auto database = slash == std::string_view::npos ? std::nullopt : decoded(rest.substr(slash + 1));
  if (!database || database->empty()) {
    return wrong("dsn_database", "the name of the database is missing: postgresql://HOST/DATABASE");
  }
  std::string_view authority = rest.substr(0, slash);
  PostgresqlDsn result;
  result.parameters = "dbname=" + quoted_parameter(*database);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (authority.substr(0, at).find(':') != std::string_view::npos) {
      return wrong("dsn_password",
                   "a password does not belong here; put it into a password file (passfile) or into PGPASSWORD");
    }
    const auto user = decoded(authority.substr(0, at));
    if (!user || user->empty()) {
      return wrong("dsn_user", "the user's name is wrong");
    }
    result.parameters += " user=" + quoted_parameter(*user);
    authority.remove_prefix(at + 1);
  }
  KVC_ASSIGN(const Hosts hosts, hosts_of(authority, options));
  result.parameters += " host=" + quoted_parameter(hosts.names) + " port=" + quoted_parameter(hosts.ports);
  if (hosts.names.starts_with('/')) {
    result.parameters += " sslmode=disable";  // a socket knows no TLS
  } else {
    KVC_TRY(add_tls(options, hosts.local, result.parameters));
  }
  for (const std::string_view name : kFiles) {
    if (const auto file = options.find(name); file != options.end()) {
      result.parameters += ' ' + std::string(name) + '=' + quoted_parameter(file->second);
    }
  }
  const auto schema = options.find("schema");
  result.schema = schema == options.end() ? "public" : schema->second;
  if (!is_schema(result.schema)) {
    return wrong("dsn_schema", "schema is made of small letters, digits and underscores");
  }
  return result;
}

}  // namespace kvc::settings
