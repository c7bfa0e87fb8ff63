// SPDX-License-Identifier: Apache-2.0
// Configured environments: clients and trust lists.
#include <gtest/gtest.h>

#include <fstream>

#include "unit/account/world.h"

namespace kvc::testing {
namespace {

settings::Settings with_files(const std::string& tls_root, const std::string& message_root,
                              const std::string& user_ca) {
  settings::Environment environment;
  environment.id = "test";
  environment.base_url = "https://localhost:1/kvconnect/rest/";
  environment.tls_roots = {tls_root};
  environment.message_roots = {message_root};
  environment.user_cas = {user_ca};
  settings::Settings settings;
  settings.environments.push_back(environment);
  return settings;
}

TEST(Environments, LoadOnceAndLazily) {
  const auto& files = shared_pki().files();
  account::Environments environments(with_files(files.root.string(), files.root.string(), files.user_ca.string()),
                                     Env::system(), Log::none());
  const auto first = environments.client("test");
  ASSERT_TRUE(first.ok()) << first.status().to_string();
  EXPECT_EQ(*first, *environments.client("test"));
  const auto trust = environments.trust("test");
  ASSERT_TRUE(trust.ok()) << trust.status().to_string();
  EXPECT_EQ(*trust, *environments.trust("test"));
  EXPECT_EQ((*trust)->user_cas.size(), 1U);
}

TEST(Environments, UnknownOnesAreASettingsError) {
  account::Environments environments(settings::Settings{}, Env::system(), Log::none());
  EXPECT_TRUE(environments.client("test").status().is(error::invalid_settings));
  EXPECT_TRUE(environments.trust("test").status().is(error::invalid_settings));
}

TEST(Environments, MissingFileIsNotRemembered) {
  const World directory_only;
  const auto late = directory_only.directory / "late.pem";
  const auto& files = shared_pki().files();
  account::Environments environments(with_files(late.string(), files.root.string(), late.string()), Env::system(),
                                     Log::none());
  EXPECT_TRUE(environments.client("test").status().is(error::file_unreadable));
  EXPECT_FALSE(environments.trust("test").ok());
  std::filesystem::copy_file(files.user_ca, late);
  EXPECT_TRUE(environments.client("test").ok());
  EXPECT_TRUE(environments.trust("test").ok());
}

}  // namespace
}  // namespace kvc::testing
