// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/errors.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <typeinfo>

namespace kvc::store::postgresql {
namespace {

Status busy() {
  return Status(error::storage_busy, "the database is locked by another program").retry_in(std::chrono::seconds(5));
}
Status full() {
  return {error::storage_full, "the database server has no room left"};
}
Status corrupt() {
  return {error::storage_corrupt, "the database server reports damaged data"};
}
Status exists() {
  return {error::already_exists, "an entry with this key exists"};
}
Status memory() {
  return {error::out_of_memory, "the database server has not enough memory"};
}
Status forbidden() {
  return {error::storage_failed, "the database server does not permit this user what the plugin needs"};
}
Status read_only() {
  return {error::storage_failed, "the database cannot be written"};
}

struct Row {
  std::string_view state;  ///< a whole SQLSTATE, or the class it begins with
  Status (*status)();
};
// PostgreSQL 15, appendix A. The first row that fits counts.
constexpr std::array kRows = {
    Row{"23505", exists},      Row{"55P03", busy},        Row{"40001", busy},     Row{"40P01", busy},
    Row{"53100", full},        Row{"53200", memory},      Row{"53300", busy},     Row{"57P01", unreachable},
    Row{"57P02", unreachable}, Row{"57P03", unreachable}, Row{"08", unreachable}, Row{"25P03", unreachable},
    Row{"58P01", corrupt},     Row{"XX001", corrupt},     Row{"XX002", corrupt},  Row{"25006", read_only},
    Row{"42501", forbidden},
};

Status by_state(std::string_view state) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return state.starts_with(r.state); });
  if (row != kRows.end()) {
    return row->status();
  }
  // A SQLSTATE is the server's own constant: it helps an administrator and says nothing of anybody's data.
  return {error::storage_failed, "the database refused a statement" +
                                     (state.empty() ? std::string() : " (SQLSTATE " + std::string(state) + ")")};
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Status unreachable() {
  return Status(error::storage_unreachable, "the database server cannot be reached").retry_in(std::chrono::seconds(10));
}

Status status_of(const Outcome& outcome) {
  return outcome.connection_lost ? unreachable() : by_state(outcome.sqlstate.data());
}

Status connect_failed(std::string_view text) {
  if (contains(text, "starting up") || contains(text, "shutting down") || contains(text, "recovery mode")) {
    return unreachable();
  }
  if (contains(text, "too many") || contains(text, "remaining connection slots")) {
    return Status(error::storage_busy, "the database server takes no more connections")
        .retry_in(std::chrono::seconds(5));
  }
  if (contains(text, "FATAL")) {
    return Status(error::invalid_settings,
                  "storage.dsn: the database server refused the login; check user, password file and database name")
        .with("field", "storage.dsn");
  }
  if (contains(text, "no password supplied")) {
    return Status(error::invalid_settings,
                  "storage.dsn: the database server asks for a password; put it into a password file (passfile)")
        .with("field", "storage.dsn");
  }
  if (contains(text, "root certificate file") || contains(text, "private key file") ||
      contains(text, "certificate file")) {
    return Status(error::invalid_settings, "storage.dsn: a file of sslrootcert, sslcert or sslkey cannot be used")
        .with("field", "storage.dsn");
  }
  if (contains(text, "server does not support SSL")) {
    return {error::storage_unreachable, "the database server offers no TLS, and nothing is sent without it"};
  }
  if (contains(text, "certificate") || contains(text, "SSL error")) {
    return {error::storage_unreachable,
            "the certificate of the database server is not trusted (storage.dsn: sslrootcert, name of the server)"};
  }
  return unreachable();
}

std::string_view sqlstate_in(std::string_view text) {
  // "...error: ERROR:  23505\n...": the first line ends with it; the word before it is in the server's language.
  constexpr std::size_t kLength = 5;
  const std::string_view line = text.substr(0, text.find('\n'));
  if (line.size() <= kLength || line[line.size() - kLength - 1] != ' ') {
    return {};
  }
  const std::string_view state = line.substr(line.size() - kLength);
  return state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos ? state
                                                                                                   : std::string_view{};
}

Status with_errors(const std::function<Status()>& work) {
  try {
    return work();
  } catch (const Poco::Exception& e) {
    const std::string text = e.displayText();
    return by_state(sqlstate_in(text));
  } catch (const std::bad_alloc&) {
    return {error::out_of_memory, "not enough memory"};
  } catch (const std::exception& e) {
    return {error::internal, std::string("unexpected exception of type ") + typeid(e).name()};
  }
}

}  // namespace kvc::store::postgresql
