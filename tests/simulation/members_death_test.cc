// Members move, and who moves them dies.

#include "gtest/gtest.h"
#include "tests/simulation/scenario.h"

namespace sunder::simulation {
namespace {

using controller::Call;
using sunder::v1::FAULT_STATE_CHANGING;
using sunder::v1::FAULT_STATE_IN_FORCE;

constexpr int kHosts = 4;

class MembersDeath : public Scenario {
 protected:
  MembersDeath() : Scenario(kHosts, 11) {}
};

// The controller dies as it sends the `n`th call after the move.
bool ControllerDiesAtCall(int n, absl::Duration pause) {
  World world(kHosts, n + 100);
  world.StartController();
  const auto id = world.Create(3, absl::Seconds(30));
  EXPECT_TRUE(world.RunUntilState(id, FAULT_STATE_IN_FORCE));
  world.RunFor(absl::Seconds(6));
  bool dead = false;
  int left = n;
  world.on_call = [&](const Call& call) {
    if (dead) return false;
    if (Is<agent::v1::DescribeRequest>(call) || left-- > 0) return true;
    dead = true;
    world.At(world.now(), [&] { world.KillController(); });
    return false;
  };
  world.Move(id, {0, 1, 3});
  world.RunUntil(
      [&] { return dead || world.State(id) == FAULT_STATE_IN_FORCE; });
  world.on_call = nullptr;
  if (!dead) return false;
  world.RunFor(pause);
  world.StartController();
  const bool settled = world.RunUntil(
      [&] {
        const auto state = world.State(id);
        return state == FAULT_STATE_IN_FORCE || controller::IsFinal(state);
      },
      absl::Seconds(10));
  EXPECT_TRUE(settled) << n << world.View(id).DebugString();
  const bool in_time = pause < absl::Seconds(3);
  // Too late it has expired, but for those that were healed before.
  EXPECT_EQ(world.State(id) == FAULT_STATE_IN_FORCE, in_time)
      << n << world.View(id).DebugString();
  world.RunFor(absl::Seconds(5));
  if (in_time) {
    EXPECT_LE(world.invariants().longest_partial(id), absl::Milliseconds(20));
    world.Move(id, {1, 2, 3}, "elsewhere");  // It still follows.
    EXPECT_TRUE(world.RunUntilState(id, FAULT_STATE_CHANGING));
    EXPECT_TRUE(world.RunUntilState(id, FAULT_STATE_IN_FORCE));
    EXPECT_EQ(world.DropsOn(id), 3);
    world.Heal(id);
  }
  EXPECT_TRUE(
      world.RunUntil([&] { return Ended(world, id); }, absl::Seconds(2)));
  world.RunFor(absl::Seconds(1));
  ExpectNothingIsLeft(world);
  return true;
}

TEST_F(MembersDeath, ControllerDiesBeforeAnyOfItsCallsAndComesBack) {
  int n = 0;
  while (ControllerDiesAtCall(n, absl::Milliseconds(300))) ++n;
  EXPECT_GE(n, 9);  // 3 Stage, 3 Arm, 3 Heal.
}

TEST_F(MembersDeath, ControllerDiesBeforeAnyOfItsCallsAndComesTooLate) {
  int n = 0;
  while (ControllerDiesAtCall(n, absl::Seconds(7))) ++n;
  EXPECT_GE(n, 9);
}

// A database from before the move: of the generation that is in force it knows
// neither that it is there nor all its hosts.
TEST_F(MembersDeath, ControllerWithAnOldDatabaseSaysHealedOnlyWhenAllIsOver) {
  BringInForce();
  const Disk old = world_->disk;
  world_->Move(id_, {0, 1, 3});
  world_->RunFor(absl::Seconds(6));
  ASSERT_EQ(View().generation(), 2u);
  ASSERT_EQ(State(), FAULT_STATE_IN_FORCE);
  world_->KillController();
  world_->disk = old;
  world_->StartController();
  ASSERT_TRUE(RunUntilEnded(absl::Seconds(7))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "");
  EXPECT_EQ(State(), sunder::v1::FAULT_STATE_HEALED);
  world_->RunFor(absl::Seconds(10));
  EXPECT_EQ(DroppingOn(), "");
}

// What was begun since is not known, nor extended.
TEST_F(MembersDeath, ControllerWithAnOldDatabaseExtendsNothingThatItLacks) {
  BringInForce();
  const Disk old = world_->disk;
  world_->Heal(id_);
  ASSERT_TRUE(RunUntilEnded(absl::Seconds(1)));
  const std::string later = world_->Create(3, absl::Seconds(30));
  ASSERT_TRUE(world_->RunUntilState(later, FAULT_STATE_IN_FORCE));
  world_->KillController();
  world_->disk = old;
  world_->StartController();
  ASSERT_TRUE(RunUntilEnded(absl::Seconds(1))) << View().DebugString();
  world_->RunFor(world_->options().lease + absl::Milliseconds(20));
  EXPECT_EQ(world_->DropsOn(later), 0);
}

TEST_F(MembersDeath, ControllerThatRestartsAtAnyInstantOfTheChangeConverges) {
  for (int ms = 0; ms < 100; ms += 4) {
    World world(kHosts, ms);
    world.StartController();
    const auto id = world.Create(3, absl::Seconds(20));
    ASSERT_TRUE(world.RunUntilState(id, FAULT_STATE_IN_FORCE));
    world.RunFor(absl::Seconds(5));
    world.Move(id, {0, 1, 3});
    world.RunFor(absl::Milliseconds(ms));
    world.KillController();
    world.StartController();
    ASSERT_TRUE(world.RunUntilState(id, FAULT_STATE_IN_FORCE))
        << ms << world.View(id).DebugString();
    EXPECT_EQ(world.DropsOn(id), 3);
    world.RunFor(absl::Seconds(8));
    EXPECT_EQ(world.State(id), FAULT_STATE_IN_FORCE);
  }
}

// An agent dies before the `n`th of its actions after the move; host 1 stays,
// 2 leaves, 3 is new.
bool AgentDiesAtAction(int victim, int n, bool comes_back) {
  World world(kHosts, n);
  world.StartController();
  world.RunFor(absl::Milliseconds(500));
  const auto id = world.Create(3, absl::Seconds(8));
  EXPECT_TRUE(world.RunUntilState(id, FAULT_STATE_IN_FORCE));
  world.RunFor(absl::Seconds(4));
  const auto died = DieBeforeAction(world, victim, n, comes_back);
  world.Move(id, {0, 1, 3});
  world.RunFor(absl::Milliseconds(500));
  world.on_action = nullptr;
  EXPECT_TRUE(
      world.RunUntil([&] { return Ended(world, id); }, absl::Seconds(20)))
      << n << world.View(id).DebugString();
  world.StartAgent(victim);
  world.RunFor(absl::Seconds(1));
  ExpectNothingIsLeft(world);
  return *died;
}

TEST_F(MembersDeath, AgentDiesBeforeAnyOfItsActions) {
  for (const int victim : {1, 2, 3}) {
    for (const bool comes_back : {false, true}) {
      SCOPED_TRACE(victim);
      int n = 0;
      while (AgentDiesAtAction(victim, n, comes_back)) ++n;
      // Who leaves heals, who comes stages, arms and opens, who stays does
      // both; all are kept alive, and each of it is answered or told.
      EXPECT_GE(n, victim == 2 ? 4 : 8);
    }
  }
}

TEST_F(MembersDeath,
       AgentThatStaysAndComesBackInTimeIsAdoptedInBothGenerations) {
  BringInForce();
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(world_->RunUntil([&] { return Drops(1, 1) && Drops(1, 2); }));
  world_->on_call = [](const Call& call) {
    return !(GenerationOf(call) == 1 && Is<agent::v1::HealRequest>(call));
  };
  world_->RunFor(absl::Milliseconds(30));
  world_->KillAgent(1);
  world_->RunFor(absl::Milliseconds(300));
  world_->StartAgent(1);
  world_->on_call = nullptr;
  ASSERT_TRUE(RunUntilWhole()) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "013");
}

}  // namespace
}  // namespace sunder::simulation
