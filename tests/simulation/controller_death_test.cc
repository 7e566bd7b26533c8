// Rows of the protocol's table of scenarios: the controller dies, or there are
// two.

#include "gtest/gtest.h"
#include "tests/simulation/scenario.h"

namespace sunder::simulation {
namespace {

using controller::Call;
using sunder::v1::FAULT_STATE_EXPIRED;
using sunder::v1::FAULT_STATE_HEALED;
using sunder::v1::FAULT_STATE_IN_FORCE;

class ControllerDeath : public Scenario {
 protected:
  ControllerDeath() : Scenario(3, 7) {}

  // The controller dies as it sends the first call of a kind to the second
  // host.
  template <typename Request>
  void DieAt() {
    world_->on_call = [this](const Call& call) {
      if (dead_) return false;
      if (!Is<Request>(call) || call.host != "n1") return true;
      dead_ = true;
      world_->At(world_->now(), [this] { world_->KillController(); });
      return false;
    };
  }

  bool dead_ = false;
};

TEST_F(ControllerDeath, ControllerDiesAfterStage) {
  id_ = world_->Create(3, absl::Seconds(60));
  world_->on_call = [this](const Call& call) {
    if (Is<agent::v1::ArmRequest>(call)) dead_ = true;
    return !dead_;
  };
  ASSERT_TRUE(world_->RunUntil([this] { return dead_; }));
  world_->KillController();
  EXPECT_TRUE(world_->node(0).host().kernel().Has(id_));
  world_->RunFor(absl::Seconds(31));
  EXPECT_FALSE(world_->invariants().ever_dropped(id_));
  ExpectNothingIsLeft(*world_);
}

TEST_F(ControllerDeath, ControllerDiesBetweenTwoArms) {
  DieAt<agent::v1::ArmRequest>();
  id_ = world_->Create(3, absl::Seconds(60));
  world_->RunFor(absl::Seconds(3));
  EXPECT_TRUE(dead_);
  EXPECT_TRUE(world_->invariants().ever_dropped(id_));
  EXPECT_EQ(world_->DropsOn(id_), 0);
  EXPECT_LE(LongestPartial(), absl::Milliseconds(1010));
}

TEST_F(ControllerDeath, ControllerDiesBetweenTwoKeepAlives) {
  for (int after_ms = 0; after_ms < 6000; after_ms += 700) {
    NewWorld(40 + after_ms);
    dead_ = false;
    BringInForce();
    world_->RunFor(absl::Milliseconds(after_ms));
    DieAt<agent::v1::KeepAliveRequest>();
    world_->RunFor(absl::Seconds(8));
    EXPECT_TRUE(dead_);
    EXPECT_EQ(DroppingOn(), "");
    EXPECT_LE(LongestPartial(), absl::Milliseconds(1020));
  }
}

// The longest that anything can be partial: one host ends it by itself just
// after it has acknowledged, and the controller does not live to hear of it.
TEST_F(ControllerDeath, ControllerDiesAsItExtendsWhatAHostHasJustEnded) {
  world_->watch_works = false;
  BringInForce();
  int sent = 0;
  world_->on_call = [&](const Call& call) {
    if (Is<agent::v1::KeepAliveRequest>(call)) ++sent;
    return true;
  };
  ASSERT_TRUE(world_->RunUntil([&] { return sent == 3; }));
  world_->RunFor(absl::Milliseconds(20));
  world_->SetLatch(1);
  ASSERT_TRUE(world_->RunUntil([&] { return sent == 6; }));
  world_->KillController();
  ASSERT_TRUE(world_->RunUntil([this] { return DroppingOn().empty(); }));
  const auto& options = world_->options();
  EXPECT_GT(LongestPartial(), options.lease + options.interval / 2);
  EXPECT_LE(LongestPartial(), options.lease + options.interval + kTolerance);
}

TEST_F(ControllerDeath, ControllerThatRestartsAtOnceGoesOn) {
  BringInForce();
  const auto keep_alive = View().keep_alive();
  const auto in_force = View().in_force();
  const auto host = View().hosts(1);
  world_->KillController();
  world_->RunFor(absl::Seconds(1));
  world_->StartController();
  ASSERT_TRUE(RunUntilState(FAULT_STATE_IN_FORCE, absl::Milliseconds(100)))
      << View().DebugString();
  world_->RunFor(absl::Seconds(20));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  EXPECT_GT(View().keep_alive(), keep_alive + 15);
  // What was is not rewritten.
  EXPECT_EQ(View().in_force().ShortDebugString(), in_force.ShortDebugString());
  EXPECT_EQ(View().hosts(1).staged().ShortDebugString(),
            host.staged().ShortDebugString());
  EXPECT_EQ(View().hosts(1).in_force().ShortDebugString(),
            host.in_force().ShortDebugString());
  ExpectNeverPartial();
  ASSERT_TRUE(RunUntilState(FAULT_STATE_HEALED, absl::Minutes(1)));
}

TEST_F(ControllerDeath, ControllerThatRestartsAfterAMoveKeepsWhenItWasWhole) {
  BringInForce();
  const auto in_force = View().in_force();
  world_->Move(id_, {0, 1, 2}, "elsewhere");
  ASSERT_TRUE(world_->RunUntil([this] { return View().generation() == 2; }));
  ASSERT_TRUE(RunUntilState(FAULT_STATE_IN_FORCE));
  world_->KillController();
  world_->RunFor(absl::Seconds(1));
  world_->StartController();
  ASSERT_TRUE(RunUntilState(FAULT_STATE_IN_FORCE, absl::Milliseconds(100)))
      << View().DebugString();
  EXPECT_EQ(View().in_force().ShortDebugString(), in_force.ShortDebugString());
}

TEST_F(ControllerDeath,
       ControllerThatRestartsBetweenTwoKeepAlivesMakesThemEqual) {
  BringInForce();
  DieAt<agent::v1::KeepAliveRequest>();
  ASSERT_TRUE(world_->RunUntil([this] { return dead_; }));
  world_->RunFor(absl::Seconds(2));
  world_->on_call = nullptr;
  world_->StartController();
  world_->RunFor(absl::Seconds(20));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  ExpectNeverPartial();
}

TEST_F(ControllerDeath, ControllerThatRestartsAfterTheLeasesFindsItExpired) {
  BringInForce();
  world_->KillController();
  world_->RunFor(absl::Seconds(7));
  EXPECT_EQ(world_->DropsOn(id_), 0);
  world_->StartController();
  ASSERT_TRUE(RunUntilEnded(absl::Seconds(1)));
  EXPECT_EQ(State(), FAULT_STATE_EXPIRED);
}

TEST_F(ControllerDeath, ControllerThatRestartsAfterSomeLeasesHealsAll) {
  BringInForce();
  // The last keep-alive reaches all but n1, whose lease ends an interval before
  // the others'.
  world_->on_call = [this](const Call& call) {
    if (!Is<agent::v1::KeepAliveRequest>(call) || call.host != "n1") {
      return true;
    }
    dead_ = true;
    world_->At(world_->now() + absl::Milliseconds(100),
               [this] { world_->KillController(); });
    return false;
  };
  ASSERT_TRUE(world_->RunUntil([this] { return DroppingOn() == "02"; }));
  ASSERT_TRUE(dead_);
  // Within half an interval: the others would go on for as long again.
  world_->RunFor(world_->options().interval / 2 - absl::Milliseconds(100));
  ASSERT_EQ(DroppingOn(), "02");
  world_->on_call = nullptr;
  world_->StartController();
  ASSERT_TRUE(RunUntilEnded(absl::Milliseconds(100))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "");
  EXPECT_EQ(State(), FAULT_STATE_HEALED);
  EXPECT_EQ(View().reason(),
            "after a restart of the controller: n1 does not hold it");
  EXPECT_EQ(View().hosts(0).state(), sunder::v1::HOST_STATE_HEALED);
  EXPECT_EQ(View().hosts(1).state(), sunder::v1::HOST_STATE_EXPIRED);
  EXPECT_EQ(View().hosts(2).state(), sunder::v1::HOST_STATE_HEALED);
}

TEST_F(ControllerDeath, ControllerThatRestartsWhileItHealsGoesOnHealing) {
  BringInForce();
  world_->on_call = [](const Call& call) {
    return !Is<agent::v1::HealRequest>(call);
  };
  world_->Heal(id_);
  const auto began = View().heal_began();
  world_->RunFor(absl::Milliseconds(1));  // Until it is recorded.
  world_->KillController();
  world_->on_call = nullptr;
  world_->RunFor(absl::Milliseconds(500));
  world_->StartController();
  ASSERT_TRUE(RunUntilEnded(absl::Seconds(1)));
  EXPECT_EQ(State(), FAULT_STATE_HEALED);
  EXPECT_EQ(View().reason(), "asked for");
  EXPECT_EQ(View().heal_began().ShortDebugString(), began.ShortDebugString());
}

TEST_F(ControllerDeath,
       ControllerThatRestartsAtAnyInstantOfTheStartLeavesNothing) {
  for (int ms = 0; ms < 120; ms += 3) {
    World world(3, ms);
    world.StartController();
    world.RunFor(absl::Seconds(1));
    const auto id = world.Create(3, absl::Seconds(5));
    world.RunFor(absl::Milliseconds(ms));
    world.KillController();
    world.StartController();
    ASSERT_TRUE(world.RunUntil([&] { return Ended(world, id); }))
        << ms << world.View(id).DebugString();
    EXPECT_EQ(world.DropsOn(id), 0);
  }
}

TEST_F(ControllerDeath, ControllerWithAnEmptyDatabaseExtendsNothing) {
  BringInForce();
  world_->KillController();
  world_->disk.records.clear();
  world_->StartController();
  world_->RunFor(absl::Seconds(6));
  EXPECT_EQ(world_->DropsOn(id_), 0);
}

TEST_F(ControllerDeath, OfTwoControllersTheOlderFallsSilent) {
  BringInForce();
  world_->StopController(0);
  world_->StartController(1);
  world_->RunFor(absl::Seconds(2));
  EXPECT_EQ(world_->State(id_, 1), FAULT_STATE_IN_FORCE);
  world_->ContinueController(0);
  ASSERT_TRUE(world_->RunUntil([this] { return world_->superseded(0); }));
  EXPECT_NE(world_->State(id_, 0), FAULT_STATE_IN_FORCE);
  world_->RunFor(absl::Seconds(10));
  EXPECT_EQ(world_->State(id_, 1), FAULT_STATE_IN_FORCE);
}

TEST_F(ControllerDeath, OldControllerThatWakesLateExtendsNothing) {
  BringInForce();
  world_->StopController(0);
  world_->RunFor(absl::Seconds(10));
  EXPECT_EQ(world_->DropsOn(id_), 0);
  world_->ContinueController(0);
  ASSERT_TRUE(RunUntilEnded());
  EXPECT_EQ(State(), FAULT_STATE_EXPIRED);
}

}  // namespace
}  // namespace sunder::simulation
