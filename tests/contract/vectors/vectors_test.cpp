// SPDX-License-Identifier: Apache-2.0
// Every message of tests/vectors/messages gets the verdict its manifest demands (protocol C, "Verification rules"), by
// the library and by the tool. The messages were made by the openssl command line and are kept as files.
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "message/open.h"
#include "paths.h"
#include "unit/crypto/openssl_tool.h"

namespace kvc::message {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

std::string folder() {
  return kvc::test::source_dir() + "/tests/vectors/messages/";
}

std::string bytes_of(const std::string& name, const std::string& in_folder = folder()) {
  std::ifstream in(in_folder + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Vector {
  std::string file, verdict, rule;
  std::vector<std::string> findings;
  std::size_t layers = 0, parts = 0;
  int exit_code = -1;
};

std::vector<std::string> strings(const Array::Ptr& array) {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < array->size(); ++i) {
    list.push_back(array->getElement<std::string>(static_cast<unsigned>(i)));
  }
  return list;
}

std::vector<Vector> manifest() {
  const auto root = Poco::JSON::Parser().parse(bytes_of("manifest.json")).extract<Object::Ptr>();
  const auto messages = root->getArray("messages");
  std::vector<Vector> list;
  for (unsigned i = 0; i < messages->size(); ++i) {
    const auto entry = messages->getObject(i);
    list.push_back({entry->getValue<std::string>("file"), entry->getValue<std::string>("verdict"),
                    entry->getValue<std::string>("rule"), strings(entry->getArray("findings")),
                    entry->getValue<std::size_t>("layers"), entry->getValue<std::size_t>("parts"),
                    entry->getValue<int>("exit")});
  }
  return list;
}

OpenOptions options(const std::string& in_folder = folder()) {
  const std::string pem = bytes_of("TEST_ONLY_bernd.pem", in_folder);
  const auto key = crypto::PrivateKey::from_pem(Secret(pem), Secret());
  const auto certificate = crypto::Certificate::from_pem(pem);
  const auto trust = crypto::TrustList::load({in_folder + "TEST_ONLY_root.pem"}, {in_folder + "TEST_ONLY_user_ca.pem"});
  EXPECT_TRUE(key.ok() && certificate.ok() && trust.ok());
  OpenOptions made;
  made.keys = {{*key, *certificate, "bernd"}};
  made.trust = *trust;
  made.now = Env::system().now();
  return made;
}

TEST(Vectors, TheManifestNamesEveryMessageAndEveryVerdict) {
  std::set<std::string> named, verdicts, there;
  for (const Vector& vector : manifest()) {
    EXPECT_TRUE(named.insert(vector.file).second) << vector.file;
    EXPECT_FALSE(vector.rule.empty()) << vector.file;
    verdicts.insert(vector.verdict);
  }
  std::uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    size += entry.file_size();
    if (entry.path().extension() == ".eml") {
      there.insert(entry.path().filename().string());
    } else if (entry.path().extension() == ".pem") {
      EXPECT_TRUE(entry.path().filename().string().starts_with("TEST_ONLY_"));
    }
  }
  EXPECT_EQ(named, there);
  for (int value = 0; value <= static_cast<int>(Verdict::valid); ++value) {
    EXPECT_TRUE(verdicts.contains(std::string(name(static_cast<Verdict>(value))))) << value;
  }
  EXPECT_LT(size, 300U * 1024);
}

TEST(Vectors, TheLibraryJudgesThem) {
  const OpenOptions with = options();
  for (const Vector& vector : manifest()) {
    std::istringstream mail(bytes_of(vector.file));
    const auto message = open(mail, with);
    ASSERT_TRUE(message.ok()) << vector.file;
    EXPECT_EQ(name(message->verdict), vector.verdict) << vector.file << ": " << message->layers[0].reason;
    EXPECT_EQ(message->layers.size(), vector.layers) << vector.file;
    EXPECT_EQ(message->parts.size(), vector.parts) << vector.file;
    std::vector<std::string> findings;
    for (const Verdict finding : message->layers[0].findings) {
      findings.emplace_back(name(finding));
    }
    EXPECT_EQ(findings, vector.findings) << vector.file;
  }
}

TEST(Vectors, TheRecipeStillMakesThem) {
  if (test_pki::openssl_program().empty()) {
    GTEST_SKIP() << "there is no openssl command line";
  }
  const test_pki::ScratchDirectory scratch;
  const std::string made = scratch.file("neu") + "/";
  const auto run =
      test_pki::run({"/bin/bash", kvc::test::source_dir() + "/tests/vectors/make.sh", made}, scratch.path());
  ASSERT_EQ(run.exit_code, 0) << run.output;
  const OpenOptions with = options(made);
  for (const Vector& vector : manifest()) {
    std::istringstream mail(bytes_of(vector.file, made));
    const auto message = open(mail, with);
    ASSERT_TRUE(message.ok()) << vector.file;
    EXPECT_EQ(name(message->verdict), vector.verdict) << vector.file << ": " << message->layers[0].reason;
  }
}

class VectorsByTool : public testing::Test {
 protected:
  test_pki::ToolResult open_by_tool(const std::string& file, const std::vector<std::string>& more = {}) {
    std::vector<std::string> command{KVC_TOOL,
                                     "open",
                                     folder() + file,
                                     "--key",
                                     folder() + "TEST_ONLY_bernd.pem",
                                     "--root",
                                     folder() + "TEST_ONLY_root.pem",
                                     "--user-ca",
                                     folder() + "TEST_ONLY_user_ca.pem"};
    command.insert(command.end(), more.begin(), more.end());
    return test_pki::run(command, scratch.path());
  }
  static Object::Ptr json(const std::string& output) {
    const auto begin = output.find("{\n");
    const auto end = output.rfind("\n}");
    const bool found = begin != std::string::npos && end != std::string::npos;
    return Poco::JSON::Parser().parse(found ? output.substr(begin, end + 2 - begin) : "{}").extract<Object::Ptr>();
  }
  test_pki::ScratchDirectory scratch;
};

TEST_F(VectorsByTool, TheToolSaysTheSame) {
  for (const Vector& vector : manifest()) {
    const auto result = open_by_tool(vector.file);
    EXPECT_EQ(result.exit_code, vector.exit_code) << vector.file << '\n' << result.output;
    const auto message = json(result.output);
    EXPECT_EQ(message->optValue<std::string>("verdict", ""), vector.verdict) << vector.file;
    EXPECT_EQ(message->getArray("layers")->size(), vector.layers) << vector.file;
    EXPECT_EQ(message->getArray("parts")->size(), vector.parts) << vector.file;
  }
}

TEST_F(VectorsByTool, TheServicesFormatsAreUnderstood) {
  const auto letter = json(open_by_tool("valid_earztbrief.eml").output)->getObject("letter");
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->getObject("patient")->getValue<std::string>("kvnr"), "K070990552");
  EXPECT_EQ(letter->getObject("patient")->getValue<std::string>("birth_date"), "1990-09-07");
  EXPECT_EQ(letter->getArray("deviations")->size(), 0U);
  const auto companion = json(open_by_tool("valid_1click.eml").output)->getObject("begleitdatei");
  ASSERT_TRUE(companion);
  EXPECT_EQ(companion->getValue<std::string>("guid"), "00000000-0000-4000-8000-000000000002");
  EXPECT_EQ(companion->getArray("attachments")->getElement<std::string>(0), "Z01.con.xkm");
  const auto receipt = json(open_by_tool("valid_receipt.eml").output)->getObject("receipt");
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->getValue<std::string>("original_message_id"), "original@kv-safenet.de");
  EXPECT_FALSE(json(open_by_tool("valid.eml").output)->has("letter"));
}

TEST_F(VectorsByTool, HostileNamesAreHarmless) {
  std::filesystem::create_directories(scratch.file("a/b"));
  const auto result = open_by_tool("valid_hostile_names.eml", {"--extract", scratch.file("a/b/teile")});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  std::set<std::string> names;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.path())) {
    if (!entry.is_regular_file()) {
      continue;
    }
    ++files;
    EXPECT_EQ(entry.path().parent_path(), scratch.file("a/b/teile")) << "nothing is written anywhere else";
    names.insert(entry.path().filename().string());
    struct stat info {};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
  }
  EXPECT_EQ(files, 10U);
  EXPECT_EQ(names, (std::set<std::string>{"x", "a b.pdf", std::string(116, 'x') + ".pdf", "Rechnung_fdp.exe", "_CON",
                                          "_nul.txt", "_COM1.pdf", "Befund.pdf", "win.ini", "passwd"}));
  EXPECT_EQ(open_by_tool("valid_hostile_names.eml", {"--extract", scratch.file("a/b/teile")}).exit_code, 2)
      << "nothing is overwritten";
}

}  // namespace
}  // namespace kvc::message
