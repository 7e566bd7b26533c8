// Rows of the protocol's table of scenarios: reboots, clocks that step,
// latches.

#include <optional>

#include "gtest/gtest.h"
#include "tests/simulation/scenario.h"

namespace sunder::simulation {
namespace {

using controller::Call;
using sunder::v1::FAULT_STATE_FAILED;
using sunder::v1::FAULT_STATE_IN_FORCE;

class HostFails : public Scenario {
 protected:
  HostFails() : Scenario(3, 7) {}
};

TEST_F(HostFails, RebootedHostRefusesALateKeepAliveAndTheRestIsHealed) {
  BringInForce();
  std::optional<Call> late;
  world_->on_call = [&](const Call& call) {
    if (late || !Is<agent::v1::KeepAliveRequest>(call) || call.host != "n1") {
      return true;
    }
    late = call;
    return false;
  };
  ASSERT_TRUE(world_->RunUntil([&] { return late.has_value(); }));
  world_->Reboot(1);
  world_->StartAgent(1);
  EXPECT_EQ(RefusalOf(*world_, 1, *late), "WRONG_INCARNATION");
  ASSERT_TRUE(RunUntilEnded(absl::Seconds(3))) << View().DebugString();
  EXPECT_EQ(world_->DropsOn(id_), 0);
}

TEST_F(HostFails, WallClockThatStepsBeforeTheStartAborts) {
  for (const auto by : {absl::Hours(1), absl::Hours(-1), absl::Seconds(1)}) {
    id_ = world_->Create(3, absl::Seconds(60));
    ASSERT_TRUE(RunUntilState(sunder::v1::FAULT_STATE_ARMED));
    world_->StepWallClock(1, by);
    ASSERT_TRUE(RunUntilState(FAULT_STATE_FAILED)) << View().DebugString();
    world_->RunFor(absl::Seconds(1));
    EXPECT_EQ(world_->DropsOn(id_), 0);
  }
}

TEST_F(HostFails, WallClockThatStepsLaterHasNoEffect) {
  BringInForce();
  world_->StepWallClock(1, absl::Hours(-1));
  world_->RunFor(absl::Seconds(10));
  world_->StepWallClock(0, absl::Hours(100));
  world_->RunFor(absl::Seconds(10));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  EXPECT_EQ(world_->DropsOn(id_), 3);
}

TEST_F(HostFails, StopLatchOnOneHostEndsItEverywhere) {
  BringInForce();
  world_->SetLatch(1);
  ASSERT_TRUE(RunUntilEnded(absl::Milliseconds(100)));
  EXPECT_EQ(world_->DropsOn(id_), 0);
}

TEST_F(HostFails, StopLatchIsNoticedWithoutWatchByTheNextKeepAlive) {
  world_->watch_works = false;
  BringInForce();
  world_->SetLatch(1);
  ASSERT_TRUE(RunUntilEnded(absl::Milliseconds(1100)));
}

}  // namespace
}  // namespace sunder::simulation
