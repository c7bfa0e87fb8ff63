// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <set>
#include <stdexcept>

#include "base/guard.h"
#include "base/log.h"

namespace kvc {
namespace {

TEST(ErrorCodes, KeysAreUniqueAndNameTheirCategory) {
  std::set<std::string> keys;
  for (const auto& code : all_error_codes()) {
    const std::string key = code.key;
    EXPECT_TRUE(keys.insert(key).second) << key;
    EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_."), std::string::npos) << key;
    EXPECT_EQ(std::count(key.begin(), key.end(), '.'), 1) << key;
    EXPECT_NE(code.category, Category::ok) << key;
  }
  EXPECT_GT(keys.size(), 40U);
}

TEST(Status, OkCostsNothingAndSaysSo) {
  const Status ok;
  EXPECT_TRUE(ok.ok());
  EXPECT_EQ(ok.category(), Category::ok);
  EXPECT_FALSE(ok.is(error::internal));
  EXPECT_EQ(ok.to_string(), "ok");
  EXPECT_EQ(ok.detail(), "");
  EXPECT_TRUE(ok.params().empty());
  EXPECT_EQ(ok.retry_after().count(), 0);
  EXPECT_EQ(sizeof(Status), sizeof(void*));
}

TEST(Status, CarriesWhatAUserMayBeTold) {
  const Status status =
      Status(error::server_busy, "busy").with("field", "x").with("n", "2").retry_in(std::chrono::milliseconds(1500));
  Status copy = status;
  copy = *&copy;
  EXPECT_TRUE(copy.is(error::server_busy));
  EXPECT_EQ(copy.category(), Category::protocol);
  EXPECT_EQ(copy.params().size(), 2U);
  EXPECT_EQ(copy.params()[1].second, "2");
  EXPECT_EQ(copy.retry_after(), std::chrono::milliseconds(1500));
  EXPECT_EQ(copy.to_string(), "protocol.server_busy: busy");
  copy = Status();
  EXPECT_TRUE(copy.ok());
  EXPECT_FALSE(status.ok());
}

Result<int> half(int value) {
  if (value % 2 != 0) {
    return Status(error::bad_request, "odd");
  }
  return value / 2;
}

Result<int> quarter(int value) {
  KVC_ASSIGN(const int once, half(value));
  KVC_TRY(half(once).status());
  return half(once);
}

TEST(Result, ValueOrStatus) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_TRUE(quarter(8).status().ok());
  EXPECT_TRUE(quarter(6).status().is(error::bad_request));
  EXPECT_TRUE(quarter(5).status().is(error::bad_request));
}

TEST(Guarded, ExceptionsBecomeAStatusWithoutTheirText) {
  EXPECT_TRUE(guarded([]() -> Status { return {}; }).ok());
  EXPECT_EQ(guarded([]() -> Result<int> { return 3; }).value(), 3);
  const Status thrown = guarded([]() -> Status { throw std::runtime_error("Patient Max Muster"); });
  EXPECT_TRUE(thrown.is(error::internal));
  EXPECT_EQ(thrown.to_string().find("Muster"), std::string::npos);
  EXPECT_TRUE(guarded([]() -> Result<int> { throw std::bad_alloc(); }).status().is(error::out_of_memory));
  EXPECT_TRUE(guarded([]() -> Status { throw 42; }).is(error::internal));
}

TEST(Log, NoneTakesEverything) {
  Log::none().write(LogLevel::error, "test", "text");
}

}  // namespace
}  // namespace kvc
