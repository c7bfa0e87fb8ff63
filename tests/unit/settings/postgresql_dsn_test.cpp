// SPDX-License-Identifier: Apache-2.0
#include "settings/postgresql_dsn.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "settings/settings.h"

namespace kvc::settings {
namespace {

std::string parameters(const std::string& dsn) {
  const auto parsed = parse_postgresql_dsn(dsn);
  EXPECT_TRUE(parsed.ok()) << dsn << ": " << parsed.status().to_string();
  return parsed.ok() ? parsed->parameters : std::string();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(PostgresqlDsn, ServerWithTls) {
  const std::string found =
      parameters("postgresql://praxis@db.praxis.example:6432/kv%20connect?sslrootcert=/etc/kv/ca%27s.pem&schema=kv");
  EXPECT_TRUE(has(found, "dbname='kv connect' user='praxis' host='db.praxis.example' port='6432' sslmode=verify-full"))
      << found;
  EXPECT_TRUE(has(found, "sslrootcert='/etc/kv/ca\\'s.pem'")) << found;
  EXPECT_TRUE(
      has(parameters("postgresql://h/it's%20%5C%20host=evil?sslrootcert=/ca"), "dbname='it\\'s \\\\ host=evil' host"));
  EXPECT_EQ(parse_postgresql_dsn("postgresql://h/d?sslrootcert=/ca&schema=kv")->schema, "kv");
  EXPECT_EQ(parse_postgresql_dsn("postgresql://h/d?sslrootcert=/ca")->schema, "public");
}

TEST(PostgresqlDsn, SeveralServersAndAddresses) {
  EXPECT_TRUE(
      has(parameters("postgresql://a:1,[fd00::2]:2,c/d?sslrootcert=/ca"), "host='a,fd00::2,c' port='1,2,5432'"));
  EXPECT_TRUE(has(parameters("postgresql://[::1]/d?sslmode=disable"), "host='::1' port='5432' sslmode=disable"));
}

TEST(PostgresqlDsn, SocketOnThisMachine) {
  EXPECT_TRUE(
      has(parameters("postgresql:///d?host=/run/postgresql"), "host='/run/postgresql' port='5432' sslmode=disable"));
  EXPECT_TRUE(has(parameters("postgresql://kv@:6000/d?host=/s"), "user='kv' host='/s' port='6000'"));
}

TEST(PostgresqlDsn, WithoutTlsOnThisMachineOnly) {
  for (const char* host : {"localhost", "127.0.0.1", "[::1]"}) {
    EXPECT_TRUE(parse_postgresql_dsn("postgresql://" + std::string(host) + "/d?sslmode=disable").ok()) << host;
  }
  for (const char* host : {"db", "127.0.0.1.example", "localhost,db", "192.168.1.2"}) {
    EXPECT_FALSE(parse_postgresql_dsn("postgresql://" + std::string(host) + "/d?sslmode=disable").ok()) << host;
  }
}

TEST(PostgresqlDsn, WrongOnesNameTheKeyAndShowNothing) {
  const std::string good = "?sslrootcert=/ca";
  const std::pair<std::string, const char*> cases[] = {
      {"postgresql:host=db dbname=kv", "postgresql://HOST/DATABASE"},
      {"postgresql://", "name of the database"},
      {"postgresql://db", "name of the database"},
      {"postgresql://db/" + good, "name of the database"},
      {"postgresql:///d" + good, "name of a server"},
      {"postgresql://a,,b/d" + good, "name of a server"},
      {"postgresql://a b/d" + good, "name of a server"},
      {"postgresql://user:Geheim-1@db/d" + good, "password"},
      {"postgresql://db/d?password=Geheim-1", "password"},
      {"postgresql://db/d", "sslrootcert is missing"},
      {"postgresql://db/d?sslmode=require&sslrootcert=/ca", "sslmode"},
      {"postgresql://db/d?sslmode=prefer", "sslmode"},
      {"postgresql://db/d?sslrootcert=ca.pem", "sslrootcert must be an absolute path"},
      {"postgresql://db/d?sslrootcert=", "sslrootcert has no value"},
      {"postgresql://db/d?sslrootcert=/a&sslrootcert=/b", "twice"},
      {"postgresql://db/d?options=-c%20x", "only these parameters"},
      {"postgresql://db/d?service=evil", "only these parameters"},
      {"postgresql://db:0/d" + good, "port"},
      {"postgresql://db:65536/d" + good, "port"},
      {"postgresql://db:5432x/d" + good, "port"},
      {"postgresql://[::1/d" + good, "bracket"},
      {"postgresql://@db/d" + good, "user"},
      {"postgresql://%0a@db/d" + good, "user"},
      {"postgresql://db/d%00" + good, "name of the database"},
      {"postgresql://db/d%2" + good, "name of the database"},
      {"postgresql://db/d%zz" + good, "name of the database"},
      {"postgresql://db/d?host=/run", "either a server"},
      {"postgresql:///d?host=run", "directory of a socket"},
      {"postgresql://db/d" + good + "&schema=a%22;DROP", "schema"},
      {"postgresql://db/d" + good + "&schema=pg_catalog", "schema"},
      {"postgresql://db/d" + good + "&schema=Praxis", "schema"},
      {"postgresql://db/d" + good + "&schema=" + std::string(64, 'a'), "schema"},
      {"postgresql://" + std::string(1'000'000, '[') + "/d" + good, "bracket"},
  };
  for (const auto& [dsn, part] : cases) {
    const auto status = parse_postgresql_dsn(dsn).status();
    EXPECT_TRUE(status.is(error::invalid_settings)) << dsn.substr(0, 100);
    const std::string shown = status.to_string();
    EXPECT_TRUE(has(shown, "storage.dsn")) << shown;
    EXPECT_TRUE(has(shown, part)) << dsn.substr(0, 100) << " -> " << shown;
    EXPECT_FALSE(has(shown, "Geheim-1")) << shown;
    const auto kinds = problem_names();
    for (const auto& [name, value] : status.params()) {
      EXPECT_TRUE(name != "problem" || std::find(kinds.begin(), kinds.end(), value) != kinds.end()) << value;
      EXPECT_FALSE(has(value, "Geheim-1"));
    }
    EXPECT_LT(shown.size(), 400U);
  }
}

}  // namespace
}  // namespace kvc::settings
