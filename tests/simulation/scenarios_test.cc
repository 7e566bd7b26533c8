#include "gtest/gtest.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {
namespace {

using sunder::v1::FAULT_STATE_EXPIRED;
using sunder::v1::FAULT_STATE_FAILED;
using sunder::v1::FAULT_STATE_HEALED;
using sunder::v1::FAULT_STATE_HEALING;
using sunder::v1::FAULT_STATE_IN_FORCE;
using sunder::v1::FAULT_STATE_PARTIAL;

TEST(Life, RunsFromPlanToItsPlannedEnd) {
  World world(3, 1);
  world.StartController();
  const auto id = world.Create(3, absl::Seconds(30));
  ASSERT_TRUE(world.RunUntilState(id, FAULT_STATE_IN_FORCE, absl::Seconds(1)))
      << world.View(id).DebugString();
  EXPECT_EQ(world.DropsOn(id), 3);
  world.RunFor(absl::Seconds(28));
  EXPECT_EQ(world.State(id), FAULT_STATE_IN_FORCE);
  ASSERT_TRUE(world.RunUntilState(id, FAULT_STATE_HEALED, absl::Seconds(3)))
      << world.View(id).DebugString();
  EXPECT_LT(world.invariants().longest_partial(id), absl::Milliseconds(11));
}

}  // namespace
}  // namespace sunder::simulation
