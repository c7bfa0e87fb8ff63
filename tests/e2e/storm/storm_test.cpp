// SPDX-License-Identifier: Apache-2.0
// Nothing lost, nothing doubled, nobody locked out, whenever the practice system dies.
//
// KVC_STORM_KILLS  how many kills (default 60; the long run has 1000), KVC_STORM_SEED  choices (default: a fixed one)
#include <gtest/gtest.h>

#include <cstdlib>

#include "e2e/storm/storm.h"

namespace kvc::e2e::storm {
namespace {

int setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

TEST(StormTest, NothingIsLostOrDoubledByKillsAtAnyPoint) {
  const int wanted = setting("KVC_STORM_KILLS", 60);
  Storm storm(static_cast<unsigned>(setting("KVC_STORM_SEED", 20251015)));
  ASSERT_NO_FATAL_FAILURE(storm.set_up());
  int killed = 0;
  for (int strikes = 0; killed < wanted; ++strikes) {
    ASSERT_LT(strikes, wanted * 5 + 50) << "the processes are hardly ever killed";
    killed += storm.strike() ? 1 : 0;
  }
  storm.calm();
  storm.check();
  std::printf("%d kills; %s\n", killed, storm.summary().c_str());
}

}  // namespace
}  // namespace kvc::e2e::storm
