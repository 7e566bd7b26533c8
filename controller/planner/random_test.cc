#include "controller/planner/random.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

TEST(Random, IsSplitMix64OnEveryPlatform) {
  Random random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(Random, BelowStaysBelowAndIsEven) {
  Random random(7);
  std::map<uint64_t, int> seen;
  for (int i = 0; i < 30000; ++i) ++seen[random.Below(3)];
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& [value, times] : seen) EXPECT_NEAR(times, 10000, 400);
  EXPECT_EQ(Random(1).Below(1), 0u);
  const uint64_t huge = (uint64_t{1} << 63) + 1;
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.Below(huge), huge);
}

// A kept seed must give the same order in later releases.
TEST(Random, ASeedKeepsItsOrder) {
  std::vector<int> items(8);
  std::iota(items.begin(), items.end(), 0);
  Random random(42);
  Shuffle(items, random);
  EXPECT_THAT(items, testing::ElementsAre(3, 1, 6, 2, 4, 0, 7, 5));
}

TEST(Random, EveryOrderIsEquallyLikely) {
  std::map<std::array<int, 3>, int> seen;
  Random random(99);
  for (int i = 0; i < 60000; ++i) {
    std::vector<int> items = {0, 1, 2};
    Shuffle(items, random);
    ++seen[{items[0], items[1], items[2]}];
  }
  ASSERT_EQ(seen.size(), 6u);
  for (const auto& [order, times] : seen) EXPECT_NEAR(times, 10000, 400);
}

}  // namespace
}  // namespace sunder::controller
