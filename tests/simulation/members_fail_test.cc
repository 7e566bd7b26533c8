// Members move, and a host of the new generation or of both fails: what that
// costs.

#include <cstdint>
#include <set>

#include "gtest/gtest.h"
#include "tests/simulation/scenario.h"

namespace sunder::simulation {
namespace {

using controller::Call;
using sunder::v1::FAULT_STATE_CHANGING;
using sunder::v1::FAULT_STATE_HEALED;
using sunder::v1::FAULT_STATE_IN_FORCE;
using sunder::v1::FAULT_STATE_PARTIAL;

class MembersFail : public Scenario {
 protected:
  MembersFail() : Scenario(4, 11) {}
};

TEST_F(MembersFail, HostThatRefusesTheNewGenerationCostsThatAlone) {
  BringInForce();
  world_->node(3).host().kernel().FailNext(
      agent::ModelOp::kStage, absl::ResourceExhaustedError("no room"));
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole(absl::Seconds(2))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_EQ(View().generation(), 1u);
  EXPECT_NE(View().reason().find("no room"), std::string::npos);
  for (int host = 0; host < world_->hosts(); ++host) {
    EXPECT_FALSE(world_->node(host).host().kernel().Has(id_, 2)) << host;
  }
  world_->RunFor(absl::Seconds(10));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  world_->Move(id_, {0, 1, 3});  // The next change tries again.
  ASSERT_TRUE(RunUntilWhole());
  EXPECT_EQ(DroppingOn(), "013");
  EXPECT_EQ(View().generation(), 3u);
  EXPECT_EQ(View().reason(), "");
}

TEST_F(MembersFail, HostThatDoesNotOpenTheNewGenerationCostsThatAlone) {
  BringInForce();
  world_->node(3).host().kernel().FailNext(agent::ModelOp::kOpen,
                                           absl::UnavailableError("busy"));
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole(absl::Seconds(2))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_EQ(View().generation(), 1u);
}

TEST_F(MembersFail, HostThatCannotBeReachedCostsTheNewGenerationAlone) {
  BringInForce();
  world_->Disconnect(3, true);
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole(absl::Seconds(20))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_EQ(View().generation(), 1u);
}

TEST_F(MembersFail, HostThatIsLostOnceItIsArmedCostsTheNewGenerationAlone) {
  BringInForce();
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(world_->RunUntil([&] {
    return world_->node(3).host().kernel().Has(id_, 2) && Drops(3, 2);
  }));
  world_->Disconnect(3, true);
  world_->RunFor(absl::Milliseconds(500));
  EXPECT_EQ(State(), FAULT_STATE_CHANGING);
  ASSERT_TRUE(RunUntilWhole()) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_EQ(View().generation(), 1u);
}

TEST_F(MembersFail,
       WallClockThatStepsBeforeTheStartCostsTheNewGenerationAlone) {
  BringInForce();
  world_->on_call = [&](const Call& call) {
    if (Is<agent::v1::ArmRequest>(call) && call.host == "n1") {
      world_->At(world_->now() + absl::Milliseconds(10),
                 [&] { world_->StepWallClock(1, absl::Hours(1)); });
    }
    return true;
  };
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole()) << View().DebugString();
  EXPECT_EQ(View().generation(), 1u);
  EXPECT_EQ(DroppingOn(), "012");
}

// The row of the protocol's table: a keep-alive is lost while members move.
TEST_F(MembersFail, LostKeepAliveWhileTheyMoveIsSentAgain) {
  for (int from_ms = 0; from_ms < 1100; from_ms += 150) {
    NewWorld(from_ms);
    BringInForce();
    const auto deaf_from = world_->now() + absl::Milliseconds(from_ms);
    world_->on_call = [&](const Call& call) {
      const bool deaf = world_->now() >= deaf_from &&
                        world_->now() < deaf_from + absl::Milliseconds(900);
      return !(deaf && call.host == "n1" &&
               Is<agent::v1::KeepAliveRequest>(call));
    };
    world_->Move(id_, {0, 1, 3});
    world_->RunFor(absl::Milliseconds(200));
    world_->Move(id_, {0, 1, 2});
    ASSERT_TRUE(world_->RunUntil([&] { return View().generation() == 3; }))
        << View().DebugString();
    ASSERT_TRUE(RunUntilWhole()) << View().DebugString();
    world_->RunFor(absl::Seconds(6));
    EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
    world_->on_call = nullptr;
    world_->Heal(id_);
    ASSERT_TRUE(RunUntilState(FAULT_STATE_HEALED));
    ExpectNeverPartial();
  }
}

TEST_F(MembersFail, HostThatStaysAndIsLostWhileTheyMoveEndsItEverywhere) {
  for (int ms = 0; ms < 80; ms += 6) {
    NewWorld(ms);
    BringInForce();
    world_->Move(id_, {0, 1, 3});
    world_->RunFor(absl::Milliseconds(ms));
    world_->Disconnect(1, true);
    ASSERT_TRUE(RunUntilEnded(absl::Seconds(9))) << ms << View().DebugString();
    EXPECT_EQ(DroppingOn(), "");
    world_->Disconnect(1, false);
    world_->RunFor(absl::Seconds(1));
  }
}

TEST_F(MembersFail, NothingIsExtendedUnlessEveryHostOfBothAcknowledges) {
  BringInForce();
  // So that two keep-alives would be due before the silent host is given up.
  const uint64_t number = View().keep_alive();
  world_->RunUntil([&] { return View().keep_alive() > number; });
  world_->RunFor(absl::Milliseconds(800));
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(world_->RunUntil([&] { return Drops(3, 2); }));
  world_->watch_works = false;
  std::set<uint64_t> numbers;
  world_->on_call = [&](const Call& call) {
    if (const auto* alive =
            std::get_if<agent::v1::KeepAliveRequest>(&call.request)) {
      numbers.insert(alive->number());
      return !(call.host == "n3");
    }
    return !Is<agent::v1::DescribeRequest>(call);
  };
  world_->RunFor(absl::Milliseconds(1300));
  EXPECT_EQ(numbers.size(), 1u);
}

TEST_F(MembersFail, PolicyContinueLosesAHostWhileTheyMove) {
  BringInForce(absl::Seconds(40), sunder::v1::PARTIAL_POLICY_CONTINUE);
  world_->Move(id_, {0, 1, 3});
  world_->Disconnect(1, true);
  ASSERT_TRUE(RunUntilState(FAULT_STATE_PARTIAL, absl::Seconds(9)))
      << View().DebugString();
  world_->RunFor(absl::Seconds(8));
  EXPECT_EQ(DroppingOn(), "02") << View().DebugString();
  world_->Move(id_, {0, 3});
  world_->RunFor(absl::Seconds(1));
  EXPECT_EQ(State(), FAULT_STATE_PARTIAL);
  EXPECT_NE(View().reason().find("does not follow"), std::string::npos);
  ASSERT_TRUE(RunUntilState(FAULT_STATE_HEALED, absl::Minutes(1)));
  world_->Disconnect(1, false);
  world_->RunFor(absl::Seconds(1));
  ExpectNothingIsLeft(*world_);
}

}  // namespace
}  // namespace sunder::simulation
