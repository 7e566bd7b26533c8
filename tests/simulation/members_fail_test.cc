// Members move, and a host of the new generation or of both fails: what that
// costs.

#include <cstdint>
#include <set>
#include <string>

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

  void ExpectItFollowsTo(const std::string& hosts, uint64_t generation,
                         absl::Duration within) {
    ASSERT_TRUE(world_->RunUntil(
        [&] {
          return View().generation() == generation &&
                 State() == FAULT_STATE_IN_FORCE;
        },
        within))
        << View().DebugString();
    EXPECT_EQ(DroppingOn(), hosts);
    EXPECT_EQ(View().reason(), "");
    ExpectNeverPartial();
  }
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
  world_->RunFor(absl::Seconds(1));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  EXPECT_EQ(View().generation(), 1u);
  // It is tried again, and until then it says why.
  EXPECT_NE(View().reason().find("no room"), std::string::npos);
  ExpectItFollowsTo("013", 3, absl::Seconds(2));
}

TEST_F(MembersFail, HostThatRefusesIsTriedAgainMoreAndMoreRarely) {
  BringInForce(absl::Minutes(10));
  int tries = 0;
  world_->on_call = [&](const Call& call) {
    if (Is<agent::v1::StageRequest>(call) && call.host == "n3") {
      ++tries;
      world_->node(3).host().kernel().FailNext(
          agent::ModelOp::kStage, absl::ResourceExhaustedError("no room"));
    }
    return true;
  };
  world_->Move(id_, {0, 1, 3});
  world_->RunFor(absl::Minutes(2));
  EXPECT_GE(tries, 5);
  EXPECT_LE(tries, 8);  // After 0, 2, 6, 14, 30, 60 and 90 s.
  // Another look that finds the same is no reason to hurry.
  for (int i = 0; i < 10; ++i) {
    world_->Move(id_, {0, 1, 3});
    world_->RunFor(absl::Milliseconds(200));
  }
  EXPECT_LE(tries, 9);
  ASSERT_TRUE(RunUntilWhole());
  EXPECT_EQ(View().generation(), 1u);
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_LE(View().hosts_size(), 4);
  ExpectNeverPartial();
  // They are back where they were: nothing is wanted any more.
  world_->Move(id_, {0, 1, 2});
  const int before = tries;
  EXPECT_EQ(View().reason(), "");
  world_->RunFor(absl::Minutes(2));
  EXPECT_EQ(tries, before);
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  world_->Heal(id_);
  ASSERT_TRUE(RunUntilState(FAULT_STATE_HEALED, absl::Seconds(1)));
  ExpectNothingIsLeft(*world_);
}

TEST_F(MembersFail, HostWhoseAgentRestartsIsTakenInOnceItIsBack) {
  BringInForce(absl::Minutes(5));
  world_->KillAgent(3);
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole()) << View().DebugString();
  // It is not asked again while nobody is there.
  world_->RunFor(absl::Seconds(60));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  EXPECT_EQ(View().generation(), 1u);
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_NE(View().reason().find("n3"), std::string::npos) << View().reason();
  world_->StartAgent(3);
  ExpectItFollowsTo("013", 3, absl::Seconds(6));
}

TEST_F(MembersFail, NewPlanDoesNotWaitForTheOldOnesNextTry) {
  BringInForce();
  world_->node(3).host().kernel().FailNext(
      agent::ModelOp::kStage, absl::ResourceExhaustedError("no room"));
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole()) << View().DebugString();
  EXPECT_EQ(View().generation(), 1u);
  world_->Move(id_, {0, 2, 3});
  ExpectItFollowsTo("023", 3, absl::Seconds(1));
}

TEST_F(MembersFail, HostThatDoesNotOpenTheNewGenerationCostsThatAlone) {
  BringInForce();
  world_->node(3).host().kernel().FailNext(agent::ModelOp::kOpen,
                                           absl::UnavailableError("busy"));
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole(absl::Seconds(2))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_EQ(View().generation(), 1u);
  ExpectItFollowsTo("013", 3, absl::Seconds(4));
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
