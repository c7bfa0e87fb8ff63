// SPDX-License-Identifier: Apache-2.0
// The schema describes the settings for people and editors, the reader reads them. Here both judge the same documents:
// the shape of a document must be right for both or wrong for both, key by key.
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <valijson/adapters/poco_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include <set>
#include <sstream>

#include "settings/settings.h"
#include "unit/kvconnect/test_pki.h"

namespace kvc::settings {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Object;

Var parse(const std::string& json) {
  Poco::JSON::Parser parser;
  return parser.parse(json);
}

class SchemaTest : public ::testing::Test {
 protected:
  SchemaTest() : document_(parse(std::string(schema()))) {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::PocoJsonAdapter(document_), schema_);
    dir_.write("root.pem", test::make_ca("Test-CA").cert_pem());
  }

  bool schema_accepts(const std::string& json) {
    const Var document = parse(json);
    valijson::Validator validator;
    return validator.validate(schema_, valijson::adapters::PocoJsonAdapter(document), nullptr);
  }

  /// Only what a schema can see: not the files, not what a URL or two ids mean.
  bool reader_accepts_shape(const std::string& json) {
    const std::set<std::string> beyond = {"file_unreadable",    "not_a_certificate",    "duplicate_id",
                                          "not_https",          "url_with_credentials", "bad_url",
                                          "catalogue_not_json", "bad_catalogue"};
    const Loaded loaded = load(json, dir_.path());
    return std::all_of(loaded.problems.begin(), loaded.problems.end(), [&](const Problem& p) {
      return p.warning || p.problem.starts_with("dsn_") || beyond.count(p.problem) == 1;
    });
  }

  Var document_;
  valijson::Schema schema_;
  test::TempDir dir_;
};

const std::vector<std::string>& values() {
  static const std::vector<std::string> all = {"null",
                                               "true",
                                               "false",
                                               "0",
                                               "1",
                                               "-1",
                                               "5",
                                               "730",
                                               "731",
                                               "1440",
                                               "1441",
                                               "300",
                                               "301",
                                               "1048575",
                                               "1048576",
                                               "4294967296",
                                               "4294967297",
                                               "1.5",
                                               "\"\"",
                                               "\"x\"",
                                               "\"a b\"",
                                               "\"a.b-c\"",
                                               "\"-a\"",
                                               "\"a-\"",
                                               "\"a..b\"",
                                               "\"sqlite\"",
                                               "\"sqlite:\"",
                                               "\"sqlite:f.db\"",
                                               "\"postgresql:x\"",
                                               "\"https://x/\"",
                                               "[]",
                                               "[\"root.pem\"]",
                                               "[\"\"]",
                                               "[1]",
                                               "{}",
                                               "[{}]",
                                               "{\"dsn\":1}",
                                               "{\"dsn\":\"sqlite\"}",
                                               "{\"interval_minutes\":5}",
                                               "{\"interval_minutes\":\"5\"}",
                                               "{\"address_book_hours\":0}",
                                               "{\"address_book_hours\":721}",
                                               "{\"unknown\":1}",
                                               "\"" + std::string(64, 'a') + "\"",
                                               "\"" + std::string(65, 'a') + "\"",
                                               "\"" + std::string(201, 'a') + "\"",
                                               "\"" + std::string(254, 'a') + "\""};
  return all;
}

TEST_F(SchemaTest, TopLevelKeysAreJudgedAlike) {
  for (const std::string key :
       {"environments", "storage", "fetch", "renewal_hint_days", "max_message_bytes", "csr_poll_seconds",
        "application_forms_file", "kvca_file", "service_catalogue_file", "unknown"}) {
    for (const std::string& value : values()) {
      const std::string json = "{\"" + key + "\":" + value + "}";
      EXPECT_EQ(schema_accepts(json), reader_accepts_shape(json)) << json;
    }
  }
}

TEST_F(SchemaTest, EnvironmentKeysAreJudgedAlike) {
  const std::vector<std::pair<std::string, std::string>> good = {{"id", "\"own\""},
                                                                 {"name", "\"n\""},
                                                                 {"base_url", "\"https://localhost/\""},
                                                                 {"mail_domain", "\"kv-safenet.de\""},
                                                                 {"tls_roots", "[\"root.pem\"]"},
                                                                 {"message_roots", "[\"root.pem\"]"},
                                                                 {"user_cas", "[\"root.pem\"]"},
                                                                 {"use_system_tls_roots", "false"},
                                                                 {"address_book", "\"auto\""},
                                                                 {"ldap_url", "\"ldaps://localhost\""}};
  for (const auto& [changed, ignored] : good) {
    std::vector<std::string> tried = values();
    tried.emplace_back();  // left out
    for (const std::string& value : tried) {
      if (changed == "base_url" && value.starts_with("\"")) {
        continue;  // what a URL means is beyond the schema
      }
      std::string text;
      for (const auto& [key, content] : good) {
        const std::string& used = key == changed ? value : content;
        if (!used.empty()) {
          text += (text.empty() ? "\"" : ",\"") + key + "\":" + used;
        }
      }
      const std::string json = "{\"environments\":[{" + text + "}]}";
      EXPECT_EQ(schema_accepts(json), reader_accepts_shape(json)) << json;
    }
  }
}

bool is_required(const Object& schema, const std::string& key) {
  const auto required = schema.has("required") ? schema.getArray("required") : Poco::JSON::Array::Ptr();
  return required && std::any_of(required->begin(), required->end(), [&](const Var& name) { return name == key; });
}

/// Every key, however deep, has what a person needs. A key that must be given has no default.
void check_described(const Object& schema, const std::string& where, int& keys) {
  for (const std::string& part : schema.getNames()) {
    if (part != "properties" && schema.isObject(part)) {
      check_described(*schema.getObject(part), where + part + "/", keys);
    }
  }
  if (!schema.isObject("properties")) {
    return;
  }
  for (const auto& [key, value] : *schema.getObject("properties")) {
    const auto property = value.extract<Object::Ptr>();
    const std::string place = where + key;
    ++keys;
    EXPECT_GT(property->optValue<std::string>("description", "").size(), 10U) << place;
    EXPECT_TRUE(property->has("type")) << place;
    EXPECT_NE(property->has("default"), is_required(schema, key)) << place;
    EXPECT_TRUE(property->isArray("examples") && property->getArray("examples")->size() > 0) << place;
    check_described(*property, place + "/", keys);
  }
}

TEST_F(SchemaTest, DescribesEveryKey) {
  int keys = 0;
  check_described(*document_.extract<Object::Ptr>(), "", keys);
  EXPECT_GE(keys, 20) << "the walk misses some";
}

std::string to_json(const Object& object) {
  std::ostringstream out;
  object.stringify(out);
  return out.str();
}

/// Nobody copies an example that is refused.
TEST_F(SchemaTest, ExamplesAndDefaultsAreAccepted) {
  const auto root = document_.extract<Object::Ptr>();
  const auto environments = root->getObject("properties")->getObject("environments");
  const auto good = environments->getArray("examples")->getArray(0)->getObject(0);
  const auto each = [](const Object& property, const auto& use) {
    for (const Var& example : *property.getArray("examples")) {
      use(example);
    }
    if (property.has("default")) {
      use(property.get("default"));
    }
  };
  for (const auto& [key, value] : *root->getObject("properties")) {
    each(*value.extract<Object::Ptr>(), [&, &name = key](const Var& content) {
      Object document;
      document.set(name, content);
      EXPECT_TRUE(schema_accepts(to_json(document))) << to_json(document);
    });
  }
  const auto environment = root->getObject("definitions")->getObject("environment");
  for (const auto& [key, value] : *environment->getObject("properties")) {
    if (key == "tls_roots") {
      continue;  // its default goes with use_system_tls_roots only
    }
    each(*value.extract<Object::Ptr>(), [&, &name = key](const Var& content) {
      Object changed(*good);
      changed.set(name, content);
      EXPECT_TRUE(schema_accepts(R"({"environments": [)" + to_json(changed) + "]}")) << to_json(changed);
    });
  }
}

TEST_F(SchemaTest, DefaultsAreTheReaders) {
  const auto p = document_.extract<Object::Ptr>()->getObject("properties");
  const Settings s;
  EXPECT_EQ(p->getObject("renewal_hint_days")->getValue<int>("default"), s.renewal_hint_days);
  EXPECT_EQ(p->getObject("csr_poll_seconds")->getValue<int>("default"), s.csr_poll_seconds);
  EXPECT_EQ(p->getObject("max_message_bytes")->getValue<std::uint64_t>("default"), s.max_message_bytes);
  EXPECT_EQ(p->getObject("application_forms_file")->getValue<std::string>("default"), s.application_forms_file);
  EXPECT_EQ(p->getObject("kvca_file")->getValue<std::string>("default"), s.kvca_file);
  EXPECT_EQ(p->getObject("service_catalogue_file")->getValue<std::string>("default"), s.service_catalogue_file);
  EXPECT_EQ(p->getObject("storage")->getObject("properties")->getObject("dsn")->getValue<std::string>("default"),
            s.storage_dsn);
  EXPECT_EQ(p->getObject("fetch")->getObject("properties")->getObject("interval_minutes")->getValue<int>("default"),
            s.fetch_interval_minutes);
  EXPECT_EQ(p->getObject("fetch")->getObject("properties")->getObject("address_book_hours")->getValue<int>("default"),
            s.address_book_hours);
  EXPECT_THAT(s.environments, ::testing::IsEmpty());
}

}  // namespace
}  // namespace kvc::settings
