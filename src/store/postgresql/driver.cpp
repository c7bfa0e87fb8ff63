// SPDX-License-Identifier: Apache-2.0
// kvconnect_postgresql.so: Poco's PostgreSQL connector, with the two things it lacks for us: '?' for parameters, and
// the SQLSTATE of a failure (its exceptions carry a text only).
#include "store/postgresql/driver.h"

#include <Poco/Data/PostgreSQL/PostgreSQLStatementImpl.h>
#include <Poco/Data/PostgreSQL/SessionImpl.h>
#include <libpq-fe.h>

#include <memory>
#include <sstream>

#include "store/postgresql/dialect.h"

namespace kvc::store::postgresql {
namespace {

namespace pg = Poco::Data::PostgreSQL;

/// Takes the place of the text in a statement's stream.
struct Instead {
  std::string text;
};
std::ostream& operator<<(std::ostream& out, const Instead& other) {
  dynamic_cast<std::ostringstream&>(out).str({});
  return out << other.text;
}

class Statement final : public pg::PostgreSQLStatementImpl {
 public:
  using PostgreSQLStatementImpl::PostgreSQLStatementImpl;

 protected:
  void compileImpl() override {
    if (!translated_) {
      add(Instead{statement(toString())});
      translated_ = true;
    }
    PostgreSQLStatementImpl::compileImpl();
  }

 private:
  bool translated_ = false;
};

class Session final : public pg::SessionImpl {
 public:
  using SessionImpl::SessionImpl;
  Poco::Data::StatementImpl::Ptr createStatementImpl() override { return new Statement(*this); }
  PGconn* connection() { return handle(); }
};

PGconn* connection_of(Poco::Data::SessionImpl& session) {
  return static_cast<Session&>(session).connection();
}

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

void copy_state(const PGresult* result, Outcome& outcome) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  for (std::size_t i = 0; state != nullptr && i + 1 < outcome.sqlstate.size() && state[i] != '\0'; ++i) {
    outcome.sqlstate[i] = state[i];
  }
}

Outcome exec(Poco::Data::SessionImpl& session, const char* sql) {
  Outcome outcome;
  PGconn* connection = connection_of(session);
  const Result result(PQexec(connection, sql), PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  outcome.ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  if (outcome.ok && PQntuples(result.get()) > 0 && PQnfields(result.get()) > 0) {
    outcome.value.assign(PQgetvalue(result.get(), 0, 0), static_cast<std::size_t>(PQgetlength(result.get(), 0, 0)));
  }
  if (outcome.ok) {
    // COMMIT of a transaction that failed before is answered with ROLLBACK, as if that were a success.
    outcome.value = outcome.value.empty() ? PQcmdStatus(result.get()) : outcome.value;
    return outcome;
  }
  copy_state(result.get(), outcome);
  // A failure the server gave no code is libpq's own: it could not speak with the server.
  outcome.connection_lost = PQstatus(connection) != CONNECTION_OK || outcome.sqlstate[0] == '\0';
  return outcome;
}

/// Poco 1.11 never frees the connection of an attempt that failed, about 17 KB each, and a server that is away is tried
/// for hours. So the attempt that may fail is ours, and Poco connects where it just worked.
bool reachable(const std::string& parameters, Outcome& why) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> attempt(PQconnectdb(parameters.c_str()), PQfinish);
  if (PQstatus(attempt.get()) == CONNECTION_OK) {
    return true;
  }
  why.value = PQerrorMessage(attempt.get());
  why.connection_lost = true;
  return false;
}

/// A refusal before a session exists carries no SQLSTATE in libpq 15, so the few that matter are known by their texts,
/// which the server writes in its own language; an unknown text is an unreachable server.
Poco::Data::SessionImpl* connect(const std::string& parameters, Outcome& why) {
  if (!reachable(parameters, why)) {
    return nullptr;
  }
  try {
    auto session = std::make_unique<Session>(parameters);
    PQsetErrorVerbosity(session->connection(), PQERRORS_SQLSTATE);
    PQsetNoticeProcessor(
        session->connection(), [](void*, const char*) {}, nullptr);  // stderr is the host's
    why.ok = true;
    return session.release();
  } catch (const Poco::Exception& e) {
    why.value = e.displayText();
    why.connection_lost = true;
    return nullptr;
  }
}

bool alive(Poco::Data::SessionImpl& session) {
  return PQstatus(connection_of(session)) == CONNECTION_OK;
}

constexpr Driver kDriver{kDriverVersion, &connect, &exec, &alive};

}  // namespace
}  // namespace kvc::store::postgresql

extern "C" __attribute__((visibility("default"))) const kvc::store::postgresql::Driver* kvc_postgresql_driver() {
  return &kvc::store::postgresql::kDriver;
}
