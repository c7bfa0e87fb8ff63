// SPDX-License-Identifier: Apache-2.0
#include "commands/values.h"

#include <gtest/gtest.h>

namespace kvc::plugin {
namespace {

pvs::v1::NamedValue& add(Values::Message& message, const std::string& name) {
  auto& value = *message.Add();
  value.set_name(name);
  return value;
}

TEST(Values, TakesEveryKindAndEmptiesTheMessage) {
  Values::Message message;
  add(message, "username").mutable_value()->set_text(" Max ");
  add(message, "password").mutable_value()->set_secret("geheim-und-lang-genug-fuer-den-heap");
  add(message, "receipt").mutable_value()->set_check(false);
  add(message, "environment").mutable_value()->mutable_ids()->add_id("own");
  auto& file = *add(message, "attachments").mutable_value()->mutable_files()->add_file();
  file.set_stream_id(7);
  file.set_name("a.pdf");
  const char* const secret_bytes = message.Get(1).value().secret().data();

  const Values values = Values::take(message);
  EXPECT_EQ(values.text("username"), " Max ");
  EXPECT_EQ(values.trimmed("username"), "Max");
  EXPECT_EQ(values.secret("password").reveal(), "geheim-und-lang-genug-fuer-den-heap");
  EXPECT_FALSE(values.check("receipt", true));
  EXPECT_EQ(values.text("environment"), "own");
  ASSERT_EQ(values.files("attachments").size(), 1U);
  EXPECT_EQ(values.files("attachments")[0].stream_id, 7U);
  EXPECT_TRUE(message.Get(1).value().secret().empty());
  EXPECT_TRUE(message.Get(0).value().text().empty());
  // The buffer is still the message's: what stood in it must be gone.
  EXPECT_EQ(secret_bytes[5], '\0');
}

TEST(Values, WhatIsNotThereIsEmpty) {
  Values::Message message;
  add(message, "nothing");
  add(message, "no_ids").mutable_value()->mutable_ids();
  const Values values = Values::take(message);
  EXPECT_EQ(values.text("x"), "");
  EXPECT_TRUE(values.secret("x").empty());
  EXPECT_TRUE(values.check("x", true));
  EXPECT_TRUE(values.files("x").empty());
  EXPECT_FALSE(values.has("nothing"));
  EXPECT_EQ(values.text("no_ids"), "");
  EXPECT_EQ(values.trimmed("x"), "");
}

TEST(Values, TheFirstOfSeveralCounts) {
  Values::Message message;
  add(message, "a").mutable_value()->set_text("1");
  add(message, "a").mutable_value()->set_text("2");
  EXPECT_EQ(Values::take(message).text("a"), "1");
}

TEST(Values, KeepEveryIdOfAMultiChoiceOnce) {
  Values::Message message;
  auto& named = *message.Add();
  named.set_name("users");
  for (const char* id : {"b", "a", "b"}) {
    named.mutable_value()->mutable_ids()->add_id(id);
  }
  auto& none = *message.Add();
  none.set_name("sites");
  none.mutable_value()->mutable_ids();
  const Values values = Values::take(message);
  EXPECT_EQ(values.ids("users"), (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(values.has("sites"));
  EXPECT_TRUE(values.ids("sites").empty());
  EXPECT_FALSE(values.has("other"));
  EXPECT_TRUE(values.ids("other").empty());
}

}  // namespace
}  // namespace kvc::plugin
