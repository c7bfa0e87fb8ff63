// SPDX-License-Identifier: Apache-2.0
#include "contract/keystore/programs.h"

#include <array>
#include <filesystem>
#include <utility>

#include "unit/crypto/test_pki.h"

namespace kvc::keystore_contract {
namespace {

struct Practice {
  std::vector<crypto::Identity> generations;
  crypto::TrustList trust;
};

const Practice& practice() {
  static const Practice one = [] {
    const auto root = test_pki::make_root();
    const auto ca = test_pki::make_user_ca(root);
    Practice made{{}, test_pki::trust({root}, {ca})};
    for (const std::string year : {"2024", "2021", "2018"}) {
      made.generations.push_back(test_pki::make_user(
          ca, {.address = kAddress, .not_before = test_pki::day(year + "-01-01"), .key_name = "generation " + year}));
    }
    return made;
  }();
  return one;
}

/// As packaging/packages.sh installs them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPackages = {{
    {"openssl", "openssl"},
    {"keytool", "default-jre-headless"},
    {"pk12util", "libnss3-tools"},
    {"certutil", "libnss3-tools"},
}};

std::string package_of(std::string_view program) {
  for (const auto& [name, package] : kPackages) {
    if (name == program) {
      return std::string(package);
    }
  }
  return "?";
}

}  // namespace

const std::vector<crypto::Identity>& generations() {
  return practice().generations;
}

const crypto::TrustList& trust() {
  return practice().trust;
}

void expect_all(const Result<std::vector<crypto::Identity>>& found) {
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  ASSERT_EQ(found->size(), generations().size());
  for (std::size_t i = 0; i < found->size(); ++i) {
    EXPECT_TRUE((*found)[i].certificate == generations()[i].certificate) << i;
    EXPECT_EQ((*found)[i].key.to_der().value(), generations()[i].key.to_der().value()) << i;
  }
}

test_pki::ToolResult WithPrograms::run(std::vector<std::string> command) {
  const std::string program = "/usr/bin/" + command.front();
  if (!std::filesystem::exists(program)) {
    ADD_FAILURE() << program << " is missing: apt-get install " << package_of(command.front())
                  << " (packaging/test.sh installs it)";
    return {};
  }
  command.front() = program;
  return test_pki::run(command, scratch_.path(), {{"LC_ALL", "C.UTF-8"}});
}

std::string WithPrograms::run_well(std::vector<std::string> command) {
  const auto result = run(command);
  EXPECT_EQ(result.exit_code, 0) << testing::PrintToString(command) << '\n' << result.output;
  return result.output;
}

void WithPrograms::write_ours(std::string_view password) {
  const auto der = crypto::write_pkcs12(generations(), Secret(password), "praxis.muster");
  ASSERT_TRUE(der.ok()) << der.status().to_string();
  scratch_.put("ours.p12", *der);
  scratch_.put("pass", password);
}

void WithPrograms::write_pem(const crypto::Identity& identity) {
  scratch_.put("key.pem", test_pki::key_pem(identity.key));
  scratch_.put("cert.pem", identity.certificate.pem());
}

Result<std::vector<crypto::Identity>> WithPrograms::read(const std::string& name, std::string_view password) {
  return crypto::read_pkcs12(scratch_.get(name), Secret(password));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace kvc::keystore_contract
