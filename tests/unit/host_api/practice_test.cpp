// SPDX-License-Identifier: Apache-2.0
#include "reference_host/practice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "unit/host_api/temp_dir.h"

namespace pvs::host {
namespace {

const std::string kGood = R"({"practice": {"id": "praxis-a", "name": "Praxis Probe",
  "sites": [{"bsnr": "999999900", "name": "Probe", "kv_code": "71"}]},
 "users": [{"id": "anna", "name": "Anna Probe", "roles": ["doctor"], "password": "demo"}],
 "patients": [{"id": "p1", "family_name": "Muster"}],
 "documents": [{"id": "d1", "patient": "p1", "file": "brief.pdf"}]})";

std::string problem(const std::string& text) {
  try {
    static_cast<void>(parse_practice(text, "/base"));
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Practice, AGoodFile) {
  const Practice practice = parse_practice(kGood, "/base");
  EXPECT_EQ(practice.practice.sites(0).bsnr(), "999999900");
  ASSERT_NE(practice.find_user("anna"), nullptr);
  EXPECT_EQ(practice.find_user("anna")->user.roles(0), "doctor");
  EXPECT_EQ(practice.find_user("bert"), nullptr);
  EXPECT_NE(practice.find_patient("p1"), nullptr);
  EXPECT_EQ(practice.documents.at(0).file, "/base/brief.pdf");
  EXPECT_EQ(practice.locale, "de-DE");
}

TEST(Practice, WrongFilesNameTheKey) {
  using testing::HasSubstr;
  EXPECT_THAT(problem("{"), HasSubstr("not JSON"));
  EXPECT_THAT(problem("[]"), HasSubstr("must be an object"));
  EXPECT_THAT(problem("{}"), HasSubstr("practice is missing"));
  EXPECT_THAT(problem(with("\"praxis-a\"", "\"Praxis A\"")), HasSubstr("practice.id"));
  EXPECT_THAT(problem(with("\"999999900\"", "\"12\"")), HasSubstr("practice.sites[0].bsnr"));
  EXPECT_THAT(problem(with("\"71\"", "\"7\"")), HasSubstr("practice.sites[0].kv_code"));
  EXPECT_THAT(problem(with("\"71\"", "71")), HasSubstr("practice.sites[0].kv_code"));
  EXPECT_THAT(problem(with("\"id\": \"anna\"", "\"id\": \"../anna\"")), HasSubstr("users[0].id"));
  EXPECT_THAT(problem(with(", \"password\": \"demo\"", "")), HasSubstr("users[0].password"));
  EXPECT_THAT(problem(with("\"roles\": [\"doctor\"]", "\"roles\": \"doctor\"")), HasSubstr("users[0].roles"));
  EXPECT_THAT(problem(with("\"roles\"", "\"rolls\"")), HasSubstr("unknown key \"rolls\""));
  EXPECT_THAT(problem(with("\"patient\": \"p1\"", "\"patient\": \"p9\"")), HasSubstr("documents[0].patient"));
  EXPECT_THAT(problem(with("\"users\": [", "\"users\": [{\"id\": \"anna\", \"password\": \"x\"}, ")),
              HasSubstr("users[1].id"));
  EXPECT_THAT(problem(with("\"users\"", "\"locale\": 7, \"users\"")), HasSubstr("locale"));
}

TEST(Secrets, ComeFromTextEnvironmentOrFile) {
  const test::TempDir dir;
  test::write_file(dir.path() / "secret", "aus der Datei\n");
  ::setenv("PVS_TEST_SECRET", "aus der Umgebung", 1);
  const auto resolve = [&](const std::string& json) {
    return resolve_secret(as_object(parse_document("{\"v\": " + json + "}", "t"), "t")->get("v"), dir.path(), "fill.x")
        .reveal();
  };
  EXPECT_EQ(resolve("\"offen\""), "offen");
  EXPECT_EQ(resolve("{\"env\": \"PVS_TEST_SECRET\"}"), "aus der Umgebung");
  EXPECT_EQ(resolve("{\"file\": \"secret\"}"), "aus der Datei");
  EXPECT_THROW(resolve("{\"env\": \"PVS_TEST_NOT_SET\"}"), InputError);
  EXPECT_THROW(resolve("{\"file\": \"missing\"}"), InputError);
  EXPECT_THROW(resolve("{\"file\": \".\"}"), InputError);
  EXPECT_THROW(resolve("{}"), InputError);
  EXPECT_THROW(resolve("7"), InputError);
}

TEST(Base64, RoundTripsAndRefuses) {
  for (const std::string& bytes :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("\0\xff", 2)}) {
    EXPECT_EQ(decode_base64(encode_base64(bytes), "x"), bytes);
  }
  EXPECT_THROW(static_cast<void>(decode_base64("abc", "x")), InputError);
  EXPECT_THROW(static_cast<void>(decode_base64("ab!=", "x")), InputError);
}

}  // namespace
}  // namespace pvs::host
