// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/dialect.h"

#include <gtest/gtest.h>

#include "store/postgresql/errors.h"

namespace kvc::store::postgresql {
namespace {

TEST(Dialect, Placeholders) {
  EXPECT_EQ(statement(""), "");
  EXPECT_EQ(statement("SELECT a FROM t WHERE b = ? AND c < ?"), "SELECT a FROM t WHERE b = $1 AND c < $2");
  EXPECT_EQ(statement("VALUES (?,?,?,?,?,?,?,?,?,?,?)"), "VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)");
  EXPECT_EQ(statement("SELECT '?', \"?\", ?, 'it''s ?'"), "SELECT '?', \"?\", $1, 'it''s ?'");
  EXPECT_EQ(statement("open 'quote ? "), "open 'quote ? ");
}

TEST(Dialect, Bytes) {
  EXPECT_EQ(statement("coalesce(note, x'')"), "coalesce(note, '\\x'::bytea)");
  EXPECT_EQ(statement("VALUES (X'00ff', x'')"), "VALUES ('\\x00ff'::bytea, '\\x'::bytea)");
  EXPECT_EQ(statement("SELECT max'"), "SELECT max'") << "a longer word that ends in x";
}

TEST(Dialect, TypesInDefinitionsOnly) {
  EXPECT_EQ(definition("CREATE TABLE t (a TEXT NOT NULL, b BLOB, TEXTS INTEGER DEFAULT 'TEXT BLOB')"),
            "CREATE TABLE t (a TEXT COLLATE \"C\" NOT NULL, b BYTEA, TEXTS INTEGER DEFAULT 'TEXT BLOB')");
  EXPECT_EQ(statement("SELECT TEXT, BLOB FROM t"), "SELECT TEXT, BLOB FROM t");
}

TEST(PostgresqlErrors, Sqlstate) {
  EXPECT_EQ(sqlstate_in("PostgreSQL: postgresql_stmt_execute error: ERROR:  23505\n Detail: Key (a)=(Max Muster)"),
            "23505");
  EXPECT_EQ(sqlstate_in("x error: FEHLER:  40P01\n"), "40P01");
  for (const char* text : {"", "23505", "error: server closed the connection unexpectedly\n\tThis", "ERROR:  2350\n",
                           "ERROR: 2350 5", "a\nERROR:  23505"}) {
    EXPECT_EQ(sqlstate_in(text), "") << text;
  }
}

TEST(PostgresqlErrors, Codes) {
  const auto code_of = [](const char* state) {
    Outcome outcome;
    for (std::size_t i = 0; i < 5; ++i) {
      outcome.sqlstate[i] = state[i];
    }
    return status_of(outcome);
  };
  EXPECT_TRUE(code_of("23505").is(error::already_exists));
  EXPECT_TRUE(code_of("55P03").is(error::storage_busy));
  EXPECT_TRUE(code_of("40001").is(error::storage_busy));
  EXPECT_TRUE(code_of("53300").is(error::storage_busy));
  EXPECT_TRUE(code_of("53100").is(error::storage_full));
  EXPECT_TRUE(code_of("53200").is(error::out_of_memory));
  EXPECT_TRUE(code_of("57P01").is(error::storage_unreachable));
  EXPECT_TRUE(code_of("08006").is(error::storage_unreachable));
  EXPECT_TRUE(code_of("XX001").is(error::storage_corrupt));
  EXPECT_TRUE(code_of("25006").is(error::storage_failed));
  EXPECT_TRUE(code_of("42601").is(error::storage_failed));
  Outcome lost;
  lost.connection_lost = true;
  EXPECT_TRUE(status_of(lost).is(error::storage_unreachable));
}

TEST(PostgresqlErrors, NothingOfTheServersTextIsShown) {
  const std::string text = "FATAL:  password authentication failed for user \"Geheim-1\" at db.praxis.example";
  for (const std::string& each : {text, "certificate " + text, std::string("Geheim-1 db.praxis.example")}) {
    const std::string shown = connect_failed(each).to_string();
    EXPECT_EQ(shown.find("Geheim-1"), std::string::npos);
    EXPECT_EQ(shown.find("praxis.example"), std::string::npos);
  }
}

}  // namespace
}  // namespace kvc::store::postgresql
