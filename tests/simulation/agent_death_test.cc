// Rows of the protocol's table of scenarios: an agent dies or stops.

#include <memory>

#include "gtest/gtest.h"
#include "tests/simulation/scenario.h"

namespace sunder::simulation {
namespace {

using sunder::v1::FAULT_STATE_HEALED;
using sunder::v1::FAULT_STATE_IN_FORCE;

class AgentDeath : public Scenario {
 protected:
  AgentDeath() : Scenario(3, 7) {}
};

TEST_F(AgentDeath, AgentDiesBeforeAnyOfItsActions) {
  for (const bool comes_back : {false, true}) {
    auto died = std::make_shared<bool>(true);
    int n = 0;
    for (; *died; ++n) {
      ASSERT_LT(n, 200);
      World world(3, n);
      world.StartController();
      world.RunFor(absl::Milliseconds(500));
      died = DieBeforeAction(world, 1, n, comes_back);
      const auto id = world.Create(3, absl::Seconds(4));
      ASSERT_TRUE(
          world.RunUntil([&] { return Ended(world, id); }, absl::Seconds(10)))
          << n << world.View(id).DebugString();
      world.StartAgent(1);
      world.RunFor(absl::Seconds(1));
      ExpectNothingIsLeft(world);
    }
    // In the kernel Stage, Arm, the opening, three keep-alives and the end, and
    // five answers; the rest is told and written down.
    EXPECT_GT(n, 12);
  }
}

TEST_F(AgentDeath, AgentThatRestartsInTimeIsAdopted) {
  BringInForce();
  world_->KillAgent(1);
  world_->RunFor(absl::Milliseconds(600));
  world_->StartAgent(1);
  world_->RunFor(absl::Seconds(20));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE) << View().DebugString();
}

TEST_F(AgentDeath, AgentThatDiesForGoodEndsIt) {
  BringInForce();
  world_->KillAgent(1);
  const auto& options = world_->options();
  ASSERT_TRUE(RunUntilEnded(options.interval + options.lease + kTolerance));
  EXPECT_EQ(State(), FAULT_STATE_HEALED);
  EXPECT_LE(LongestPartial(), options.lease + kTolerance);
  EXPECT_GE(LongestPartial(), absl::Seconds(1));  // Its kernel goes on alone.
}

TEST_F(AgentDeath, HostThatDoesNotAnswerIsUnknownUntilItsLastExpiry) {
  BringInForce();
  world_->Disconnect(1, true);
  world_->Heal(id_);
  world_->RunFor(absl::Milliseconds(100));
  const auto view = View();
  EXPECT_EQ(view.state(), sunder::v1::FAULT_STATE_HEALING);
  EXPECT_EQ(view.hosts(0).state(), sunder::v1::HOST_STATE_HEALED);
  EXPECT_EQ(view.hosts(1).state(), sunder::v1::HOST_STATE_UNKNOWN);
  ASSERT_TRUE(view.hosts(1).has_unknown_until());
  ASSERT_TRUE(world_->RunUntil([&] { return world_->DropsOn(id_) == 0; }));
  const auto gone = world_->now();
  ASSERT_TRUE(RunUntilEnded());
  EXPECT_LT(world_->now() - gone, absl::Milliseconds(50));
  EXPECT_EQ(State(), FAULT_STATE_HEALED);
  EXPECT_EQ(View().hosts(1).state(), sunder::v1::HOST_STATE_EXPIRED);
}

TEST_F(AgentDeath, AgentStoppedPastTheLeaseBringsNothingBack) {
  BringInForce();
  world_->StopAgent(1);
  world_->RunFor(absl::Seconds(12));
  EXPECT_EQ(world_->DropsOn(id_), 0);
  world_->ContinueAgent(1);
  world_->RunFor(absl::Seconds(5));
  EXPECT_EQ(world_->DropsOn(id_), 0);
  EXPECT_TRUE(HasEnded());
}

TEST_F(AgentDeath, AgentStoppedForAMomentIsForgiven) {
  BringInForce();
  world_->StopAgent(1);
  world_->RunFor(absl::Milliseconds(1200));
  world_->ContinueAgent(1);
  world_->RunFor(absl::Seconds(10));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE) << View().DebugString();
}

}  // namespace
}  // namespace sunder::simulation
