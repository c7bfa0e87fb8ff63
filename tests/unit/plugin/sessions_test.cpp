// SPDX-License-Identifier: Apache-2.0
#include "sessions/sessions.h"

#include <gtest/gtest.h>

namespace kvc::plugin {
namespace {

class SessionsTest : public testing::Test {
 protected:
  Sessions sessions_{Env::system()};
  const Who anna_{"s1", "anna"};
  const Who ben_{"s2", "ben"};
};

TEST_F(SessionsTest, AViewBelongsToItsSessionAndUser) {
  const std::string id = sessions_.open(anna_, {.kind = "inbox"});
  ASSERT_TRUE(sessions_.find(id, anna_));
  EXPECT_EQ(sessions_.find(id, anna_)->kind, "inbox");
  EXPECT_FALSE(sessions_.find(id, ben_));
  EXPECT_FALSE(sessions_.find(id, Who{"s1", "ben"}));
  EXPECT_FALSE(sessions_.find(id, Who{"s2", "anna"}));
  EXPECT_FALSE(sessions_.find("nothing", anna_));
}

TEST_F(SessionsTest, OnlyTheOwnerClosesAView) {
  const std::string id = sessions_.open(anna_, {});
  sessions_.close(id, ben_);
  EXPECT_TRUE(sessions_.find(id, anna_));
  sessions_.close(id, anna_);
  EXPECT_FALSE(sessions_.find(id, anna_));
  sessions_.close(id, anna_);
}

TEST_F(SessionsTest, LockedSessionsAreNotRememberedForEver) {
  for (std::size_t i = 0; i < 3 * Sessions::kMostLocked; ++i) {
    sessions_.lock("login " + std::to_string(i));
  }
  EXPECT_EQ(sessions_.locked(), Sessions::kMostLocked);
  const Who last{"login " + std::to_string(3 * Sessions::kMostLocked - 1), "anna"};
  EXPECT_FALSE(sessions_.find(sessions_.open(last, {}), last)) << "the last ones are known";
  // A session that is locked and unlocked again and again takes one place.
  for (std::size_t i = 0; i < 3 * Sessions::kMostLocked; ++i) {
    sessions_.lock("s1");
    sessions_.unlock("s1");
  }
  EXPECT_EQ(sessions_.locked(), Sessions::kMostLocked - 1) << "only the oldest made room";
  EXPECT_TRUE(sessions_.find(sessions_.open(anna_, {}), anna_));
}

/// Says when it goes: what a draft holds is wiped by its destructor.
struct Watched final : Draft {
  explicit Watched(bool& flag) : gone(flag) {}
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() override { gone = true; }
  bool& gone;
};

TEST_F(SessionsTest, ADraftGoesWithItsView) {
  for (const int way : {0, 1, 2}) {
    bool gone = false;
    ViewState state;
    state.draft = std::make_shared<Watched>(gone);
    const std::string id = sessions_.open(anna_, std::move(state));
    EXPECT_FALSE(gone);
    EXPECT_NE(sessions_.find(id, anna_)->draft, nullptr);
    if (way == 0) {
      sessions_.close(id, anna_);
    } else if (way == 1) {
      sessions_.replace(id, anna_, {});
    } else {
      sessions_.lock("s1");
    }
    EXPECT_TRUE(gone) << way;
  }
}

TEST_F(SessionsTest, LockingForgetsTheSessionAndNoOther) {
  const std::string a = sessions_.open(anna_, {});
  const std::string b = sessions_.open(ben_, {});
  sessions_.set_language("s1", Language::en);
  sessions_.lock("s1");
  EXPECT_FALSE(sessions_.find(a, anna_));
  EXPECT_TRUE(sessions_.find(b, ben_));
  EXPECT_FALSE(sessions_.language("s1"));
}

TEST_F(SessionsTest, TheOldestViewsGoFirst) {
  const std::string first = sessions_.open(anna_, {});
  const std::string others = sessions_.open(ben_, {});
  std::string last;
  for (int i = 0; i < 150; ++i) {
    last = sessions_.open(anna_, {});
  }
  EXPECT_FALSE(sessions_.find(first, anna_));
  EXPECT_TRUE(sessions_.find(last, anna_));
  EXPECT_TRUE(sessions_.find(others, ben_));
  EXPECT_EQ(sessions_.size(), 101U);
}

TEST_F(SessionsTest, AViewCanShowSomethingElse) {
  const std::string id = sessions_.open(anna_, {.kind = "inbox", .offset = 0});
  sessions_.replace(id, anna_, {.kind = "inbox", .offset = 50});
  EXPECT_EQ(sessions_.find(id, anna_)->offset, 50U);
}

struct Kept final : Draft {
  [[nodiscard]] bool outlives_lock() const override { return true; }
};

ViewState with(std::shared_ptr<const Draft> draft) {
  ViewState state;
  state.draft = std::move(draft);
  return state;
}

TEST_F(SessionsTest, WorkOutlivesALockForItsUserAndIsGivenOnce) {
  const auto first = std::make_shared<Kept>();
  const auto second = std::make_shared<Kept>();
  bool gone = false;
  const std::string id = sessions_.open(anna_, with(first));
  static_cast<void>(sessions_.open(anna_, with(second)));
  static_cast<void>(sessions_.open(anna_, with(std::make_shared<Watched>(gone))));
  static_cast<void>(sessions_.open(ben_, with(std::make_shared<Kept>())));
  EXPECT_TRUE(sessions_.take_stranded("anna").empty()) << "nothing is locked";
  sessions_.lock("s1");
  EXPECT_FALSE(sessions_.find(id, anna_)) << "the view is closed";
  EXPECT_TRUE(gone) << "what is no work goes";
  EXPECT_TRUE(sessions_.take_stranded("ben").empty());
  const auto drafts = sessions_.take_stranded("anna");
  ASSERT_EQ(drafts.size(), 2U);
  EXPECT_EQ(drafts[0], first) << "oldest first";
  EXPECT_EQ(drafts[1], second);
  EXPECT_TRUE(sessions_.take_stranded("anna").empty());
  sessions_.keep("anna", first);
  sessions_.keep("anna", first);
  EXPECT_EQ(sessions_.take_stranded("anna").size(), 1U);
}

TEST_F(SessionsTest, VeryManyViewsCostNoLetter) {
  const auto letter = std::make_shared<Kept>();
  const std::string id = sessions_.open(anna_, with(letter));
  for (int i = 0; i < 150; ++i) {
    static_cast<void>(sessions_.open(anna_, {}));
  }
  ASSERT_TRUE(sessions_.find(id, anna_)) << "lists go first";
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(sessions_.open(anna_, with(std::make_shared<Kept>())));
  }
  EXPECT_FALSE(sessions_.find(id, anna_));
  const auto drafts = sessions_.take_stranded("anna");
  ASSERT_EQ(drafts.size(), 1U);
  EXPECT_EQ(drafts[0], letter) << "saved at the next login";
}

// A job that was under way when the session was locked shows its view a moment later.
TEST_F(SessionsTest, AViewShownAfterTheLockIsNone) {
  sessions_.lock("s1");
  const auto late = std::make_shared<Kept>();
  const std::string id = sessions_.open(anna_, with(late));
  EXPECT_FALSE(sessions_.find(id, anna_));
  EXPECT_EQ(sessions_.size(), 0U);
  ASSERT_EQ(sessions_.take_stranded("anna").size(), 1U);
  sessions_.unlock("s1");
  EXPECT_TRUE(sessions_.find(sessions_.open(anna_, with(late)), anna_));
}

}  // namespace
}  // namespace kvc::plugin
