// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pvs/manifest.hpp>

#include "paths.h"
#include "reference_host/json.h"
#include "unit/host_api/temp_dir.h"

namespace pvs {
namespace {

using host::JsonArray;
using host::JsonObject;
using host::Var;

std::string good() {
  return test::read_file(std::string(PVS_FIXTURES) + "/friendly.json");
}

/// Sets the value at a path like "contributes.commands[0].id"; an empty value removes the key.
std::string changed(const std::string& path, const Var& value) {
  Var document = host::parse_document(good(), "fixture");
  Var at = document;
  std::size_t i = 0;
  while (true) {
    if (path[i] == '.') ++i;
    if (path[i] == '[') {
      const std::size_t end = path.find(']', i);
      at = at.extract<JsonArray::Ptr>()->get(static_cast<unsigned>(std::stoul(path.substr(i + 1))));
      i = end + 1;
      continue;
    }
    const std::size_t end = std::min(path.find_first_of(".[", i), path.size());
    JsonObject::Ptr object = at.extract<JsonObject::Ptr>();
    const std::string key = path.substr(i, end - i);
    if (end == path.size()) {
      if (value.isEmpty()) {
        object->remove(key);
      } else {
        object->set(key, value);
      }
      return host::to_line(document);
    }
    at = object->get(key);
    i = end;
  }
}

std::vector<std::string> error_paths(const std::string& text) {
  std::vector<std::string> paths;
  for (const ManifestIssue& issue : parse_manifest(text).issues) {
    if (!issue.warning) paths.push_back(issue.path);
  }
  return paths;
}

TEST(Manifest, AGoodOneBecomesADescription) {
  const ManifestResult result = parse_manifest(good());
  ASSERT_TRUE(result.ok()) << result.report();
  EXPECT_TRUE(result.issues.empty()) << result.report();
  EXPECT_EQ(result.manifest.library, "friendly.so");
  EXPECT_EQ(result.manifest.description.id(), "org.example.friendly");
  EXPECT_EQ(result.manifest.description.commands_size(), 11);
  EXPECT_EQ(result.manifest.description.commands(0).command_id(), "fixture.hello");
  EXPECT_EQ(result.manifest.description.max_threads(), 4U);
  EXPECT_EQ(result.manifest.text, good());
}

struct Wrong {
  const char* path;
  Var value;
  const char* issue;
};

class WrongManifest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongManifest, NamesTheKey) {
  EXPECT_THAT(error_paths(changed(GetParam().path, GetParam().value)), testing::Contains(std::string(GetParam().issue)))
      << parse_manifest(changed(GetParam().path, GetParam().value)).report();
}

INSTANTIATE_TEST_SUITE_P(
    Keys, WrongManifest,
    testing::Values(Wrong{"manifest_version", 2, "manifest_version"}, Wrong{"id", "Großes", "id"},
                    Wrong{"id", Var(), "id"}, Wrong{"version", "one", "version"}, Wrong{"version", 1, "version"},
                    Wrong{"name.de", Var(), "name.de"}, Wrong{"name.en", 7, "name.en"},
                    Wrong{"vendor.name", "", "vendor.name"}, Wrong{"library", "../evil.so", "library"},
                    Wrong{"library", "/tmp/evil.so", "library"}, Wrong{"abi.major", 2, "abi.major"},
                    Wrong{"abi.min_minor", -1, "abi.min_minor"}, Wrong{"abi.min_minor", "0", "abi.min_minor"},
                    Wrong{"limits.threads", 1000, "limits.threads"}, Wrong{"limits", Var(), "limits"},
                    Wrong{"contributes.commands[3].id", "Form", "contributes.commands[3].id"},
                    Wrong{"contributes.commands[3].title", Var(), "contributes.commands[3].title"},
                    Wrong{"contributes.commands[3].menu", "nowhere", "contributes.commands[3].menu"},
                    Wrong{"contributes.commands[3].id", "fixture.hello", "contributes.commands[3].id"},
                    Wrong{"contributes.menus[0].id", "einrichtung", "contributes.menus[0].id"},
                    Wrong{"contributes.menus[0].parent", "nowhere", "contributes.menus[0].parent"},
                    Wrong{"permissions.patient_data", "all", "permissions.patient_data"}));

TEST(Manifest, AnUnknownServiceIsNamedByItsPlace) {
  std::string text = good();
  text.replace(text.find("\"key_custody\""), 13, "\"key_castody\"");
  EXPECT_THAT(error_paths(text), testing::ElementsAre("host_services.required[1]"));
}

TEST(Manifest, ReportsAllErrorsAtOnce) {
  std::string text = good();
  text.replace(text.find("\"manifest_version\": 1"), 21, "\"manifest_version\": 9");
  text.replace(text.find("\"threads\": 4"), 12, "\"threads\": -4");
  text.replace(text.find("\"patient_data\": \"none\""), 22, "\"patient_data\": \"lots\"");
  EXPECT_THAT(error_paths(text),
              testing::UnorderedElementsAre("manifest_version", "limits.threads", "permissions.patient_data"))
      << parse_manifest(text).report();
}

TEST(Manifest, AnUnknownKeyIsAWarning) {
  const ManifestResult result = parse_manifest(changed("contributes.commands[1].serach_words", "typo"));
  EXPECT_TRUE(result.ok());
  ASSERT_EQ(result.issues.size(), 1U);
  EXPECT_EQ(result.issues[0].path, "contributes.commands[1].serach_words");
  EXPECT_TRUE(parse_manifest(changed("x_own", "free")).issues.empty());
}

TEST(Manifest, RefusesWhatIsNoManifest) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("7"),
        std::string("\xff\xfe{}"), good().substr(0, good().size() / 2), std::string(2000000, ' '),
        std::string(100000, '['), "{\"a\":" + std::string(500, '[') + std::string(500, ']') + "}"}) {
    const ManifestResult result = parse_manifest(text);
    EXPECT_FALSE(result.ok()) << text.substr(0, 20);
    EXPECT_FALSE(result.report().empty());
  }
}

// RFC 8259 section 8.1: JSON text "MUST be encoded using UTF-8". Found by fuzzing: the broken bytes came back in the
// issue.
TEST(Manifest, RefusesWhatIsNotUtf8WithoutRepeatingIt) {
  for (const char* bytes : {"\x80[]", "{\"id\": \"\xc3\"}", "\xed\xa0\x80", "{\"\xff\": 1}"}) {
    const ManifestResult result = parse_manifest(bytes);
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(result.report(), "is not UTF-8 text\n");
  }
  // The parser's own words: it shows the end of this text as a byte 0xff.
  EXPECT_EQ(parse_manifest("{-").report().find('\xff'), std::string::npos);
  EXPECT_EQ(parse_manifest("{\"id\": \"\xc3\xbc\"}").report().find("UTF-8"), std::string::npos);
}

TEST(Manifest, RefusesAMissingFile) {
  const test::TempDir dir;
  EXPECT_FALSE(read_manifest(dir.path()).ok());
  test::write_file(dir.path() / "manifest.json", good());
  EXPECT_TRUE(read_manifest(dir.path()).ok());
}

TEST(Manifest, DifferencesFromTheDescriptionAreNamed) {
  const v1::PluginDescription manifest = parse_manifest(good()).manifest.description;
  EXPECT_TRUE(compare_descriptions(manifest, manifest).empty());
  const auto only = [&](auto change) {
    v1::PluginDescription plugin = manifest;
    change(plugin);
    const std::vector<std::string> list = compare_descriptions(manifest, plugin);
    return list.size() == 1 ? list[0] : "size " + std::to_string(list.size());
  };
  using D = v1::PluginDescription;
  EXPECT_THAT(only([](D& d) { d.set_id("other"); }), testing::StartsWith("id is"));
  EXPECT_THAT(only([](D& d) { d.set_version("9.9.9"); }), testing::StartsWith("version is"));
  EXPECT_THAT(only([](D& d) { d.set_abi_min_minor(7); }), testing::StartsWith("abi.min_minor"));
  EXPECT_THAT(only([](D& d) { d.set_max_threads(99); }), testing::StartsWith("limits.threads"));
  EXPECT_THAT(only([](D& d) { d.mutable_commands(2)->set_title_en("x"); }),
              testing::StartsWith("command fixture.no_memory"));
  EXPECT_THAT(only([](D& d) { d.mutable_commands(2)->add_roles("admin"); }),
              testing::StartsWith("command fixture.no_memory"));
  EXPECT_THAT(only([](D& d) { d.mutable_commands()->RemoveLast(); }), testing::StartsWith("the list of commands"));
  EXPECT_THAT(only([](D& d) { d.mutable_menus(0)->set_title_de("x"); }), testing::StartsWith("menu fixture"));
  EXPECT_THAT(only([](D& d) { d.clear_hooks(); }), testing::StartsWith("hooks"));
  EXPECT_THAT(only([](D& d) { d.add_required_host_services("x"); }), testing::StartsWith("host_services.required"));
  EXPECT_THAT(only([](D& d) { d.add_optional_host_services("x"); }), testing::StartsWith("host_services.optional"));
}

/// Every key has a description and an example, so that the schema can be read as the documentation.
void check_documented(const JsonObject::Ptr& schema, const std::string& path) {
  EXPECT_TRUE(schema->has("description")) << path;
  if (path != "manifest") {
    EXPECT_TRUE(schema->has("examples")) << path;
  }
  for (const char* group : {"properties", "definitions"}) {
    if (const JsonObject::Ptr members = schema->getObject(group); !members.isNull()) {
      for (const auto& [name, member] : *members) {
        check_documented(member.extract<JsonObject::Ptr>(), path + "." + name);
      }
    }
  }
}

TEST(Manifest, TheSchemaExplainsEveryKey) {
  check_documented(host::parse_document(manifest_schema(), "schema").extract<JsonObject::Ptr>(), "manifest");
}

TEST(Manifest, TheProductsOwnIsValid) {
  const ManifestResult result = read_manifest(kvc::test::source_dir());
  EXPECT_TRUE(result.ok()) << result.report();
  EXPECT_TRUE(result.issues.empty()) << result.report();
}

}  // namespace
}  // namespace pvs
