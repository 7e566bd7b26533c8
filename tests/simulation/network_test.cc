// Rows of the protocol's table of scenarios: messages are lost, come twice,
// late and out of order.

#include <cstdint>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "tests/simulation/scenario.h"

namespace sunder::simulation {
namespace {

using controller::Call;
using sunder::v1::FAULT_STATE_FAILED;
using sunder::v1::FAULT_STATE_HEALED;
using sunder::v1::FAULT_STATE_IN_FORCE;
using sunder::v1::FAULT_STATE_PARTIAL;

class NetworkFails : public Scenario {
 protected:
  NetworkFails() : Scenario(3, 7) {}
};

TEST_F(NetworkFails, OneAgentLosesTheController) {
  BringInForce();
  world_->Disconnect(2, true);
  ASSERT_TRUE(RunUntilEnded(absl::Seconds(9)));
  EXPECT_LE(LongestPartial(), world_->options().lease + kTolerance);
}

// A kernel may end a lease a little behind its expiry: nothing is said to be
// over by time alone before that.
TEST_F(NetworkFails, HostThatIsSilentIsNotSaidToBeOverBeforeItsKernelMustBe) {
  for (const bool armed_only : {true, false}) {
    NewWorld(armed_only ? 3 : 4);
    int64_t expiry = 0;  // The last one that the silent host was sent.
    world_->on_call = [&](const Call& call) {
      if (call.host != "n2") return true;
      if (const auto* arm = std::get_if<agent::v1::ArmRequest>(&call.request)) {
        expiry = arm->expiry_ns();
        if (armed_only) world_->node(2).from_host[0] = false;
      } else if (const auto* alive =
                     std::get_if<agent::v1::KeepAliveRequest>(&call.request)) {
        expiry = alive->expiry_ns();
      }
      return true;
    };
    if (armed_only) {
      id_ = world_->Create(3, absl::Seconds(60));
    } else {
      BringInForce();
      world_->Disconnect(2, true);
    }
    ASSERT_TRUE(world_->RunUntil([&] {
      return View().hosts(2).state() == sunder::v1::HOST_STATE_EXPIRED;
    })) << View().DebugString();
    EXPECT_FALSE(world_->Drops(2, id_));
    EXPECT_GE(world_->node(2).local_now(),
              BootInstant::FromNanos(expiry) + absl::Milliseconds(10));
    world_->on_call = nullptr;
  }
}

TEST_F(NetworkFails, OnlyTheAnswersOfOneAgentAreLost) {
  BringInForce();
  world_->node(2).from_host[0] = false;
  ASSERT_TRUE(RunUntilEnded(absl::Seconds(9)));
  EXPECT_LE(LongestPartial(), absl::Milliseconds(50));
}

TEST_F(NetworkFails, PolicyContinueGoesOnAndSaysPartial) {
  id_ = world_->Create(3, absl::Seconds(40), [](auto& spec) {
    spec.set_on_partial(sunder::v1::PARTIAL_POLICY_CONTINUE);
  });
  ASSERT_TRUE(RunUntilState(FAULT_STATE_IN_FORCE));
  world_->RunFor(absl::Seconds(5));
  world_->Disconnect(1, true);
  ASSERT_TRUE(RunUntilState(FAULT_STATE_PARTIAL, absl::Seconds(4)));
  EXPECT_EQ(View().hosts(1).state(), sunder::v1::HOST_STATE_UNKNOWN);
  world_->RunFor(absl::Seconds(6));
  EXPECT_EQ(View().hosts(1).state(), sunder::v1::HOST_STATE_EXPIRED);
  world_->Disconnect(1, false);  // Comes back, but not into the fault.
  world_->RunFor(absl::Seconds(6));
  EXPECT_EQ(State(), FAULT_STATE_PARTIAL);
  EXPECT_EQ(world_->DropsOn(id_), 2);
  ASSERT_TRUE(RunUntilState(FAULT_STATE_HEALED, absl::Minutes(1)));
}

TEST_F(NetworkFails, HostThatCannotBeReachedAtTheStartFailsIt) {
  world_->Disconnect(2, true);
  id_ = world_->Create(3, absl::Seconds(60));
  ASSERT_TRUE(RunUntilState(FAULT_STATE_FAILED, absl::Seconds(15)))
      << View().DebugString();
  EXPECT_FALSE(world_->invariants().ever_dropped(id_));
}

TEST_F(NetworkFails, DeadAgentAtTheStartFailsItSoon) {
  world_->KillAgent(2);
  id_ = world_->Create(3, absl::Seconds(60));
  ASSERT_TRUE(RunUntilState(FAULT_STATE_FAILED, absl::Seconds(4)))
      << View().DebugString();
  EXPECT_FALSE(world_->invariants().ever_dropped(id_));
}

TEST_F(NetworkFails, ArmThatIsNotAcknowledgedFailsItBeforeItBegins) {
  world_->on_call = [](const Call& call) {
    return !(Is<agent::v1::ArmRequest>(call) && call.host == "n2");
  };
  id_ = world_->Create(3, absl::Seconds(60));
  ASSERT_TRUE(RunUntilState(FAULT_STATE_FAILED));
  ExpectNeverPartial();
}

TEST_F(NetworkFails, EverythingTwiceAndOutOfOrderDoesNoHarm) {
  for (int seed = 0; seed < 20; ++seed) {
    World world(3, seed);
    world.network.repeated = 1;
    world.network.longest = absl::Milliseconds(6);
    world.StartController();
    world.RunFor(absl::Seconds(1));
    const auto id = world.Create(3, absl::Seconds(20));
    ASSERT_TRUE(world.RunUntilState(id, FAULT_STATE_IN_FORCE));
    world.RunFor(absl::Seconds(6));
    EXPECT_EQ(world.State(id), FAULT_STATE_IN_FORCE);
    world.Heal(id);
    ASSERT_TRUE(world.RunUntilState(id, FAULT_STATE_HEALED));
    world.RunFor(absl::Seconds(5));
    EXPECT_EQ(world.DropsOn(id), 0);
  }
}

// One of the two is still under way as the fault is healed, and what comes
// before it comes again.
TEST_F(NetworkFails, HealThatOvertakesStageOrArmWins) {
  for (const bool staged : {false, true}) {
    SCOPED_TRACE(staged);
    NewWorld(staged ? 3 : 4);
    std::vector<Call> late;
    world_->on_call = [&](const Call& call) {
      const bool stage = Is<agent::v1::StageRequest>(call);
      const bool arm = Is<agent::v1::ArmRequest>(call);
      if (call.host != "n1" || (!stage && !arm)) return true;
      late.push_back(call);
      return stage && staged;
    };
    id_ = world_->Create(3, absl::Seconds(60));
    const size_t sent = staged ? 2 : 1;
    ASSERT_TRUE(world_->RunUntil([&] { return late.size() == sent; }));
    world_->Heal(id_);
    world_->RunFor(absl::Milliseconds(30));  // Neither is past its not-after.
    for (const Call& call : late) {
      EXPECT_EQ(RefusalOf(*world_, 1, call), "TOMBSTONE");
    }
    world_->RunFor(world_->options().stage_timeout);
    for (const Call& call : late) {
      EXPECT_EQ(RefusalOf(*world_, 1, call), "TOO_LATE");
    }
    EXPECT_EQ(late.size(), sent);
    ExpectNothingIsLeft(*world_);
    EXPECT_FALSE(world_->invariants().ever_dropped(id_));
  }
}

}  // namespace
}  // namespace sunder::simulation
