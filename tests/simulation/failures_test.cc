// The rows of the protocol's table of scenarios: what dies, stops, comes late.

#include <optional>

#include "gtest/gtest.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {
namespace {

using controller::Call;
using sunder::v1::FAULT_STATE_EXPIRED;
using sunder::v1::FAULT_STATE_FAILED;
using sunder::v1::FAULT_STATE_HEALED;
using sunder::v1::FAULT_STATE_IN_FORCE;
using sunder::v1::FAULT_STATE_PARTIAL;

template <typename Request>
bool Is(const Call& call) {
  return std::holds_alternative<Request>(call.request);
}

class Failures : public testing::Test {
 protected:
  Failures() {
    world_.StartController();
    world_.RunFor(absl::Seconds(1));
  }

  std::string InForce(absl::Duration duration = absl::Seconds(60)) {
    const auto id = world_.Create(3, duration);
    EXPECT_TRUE(
        world_.RunUntilState(id, FAULT_STATE_IN_FORCE, absl::Seconds(2)))
        << world_.View(id).DebugString();
    world_.RunFor(absl::Seconds(6));
    EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
    return id;
  }

  // The controller dies as it sends the first call of a kind to the second
  // host.
  template <typename Request>
  void DieAt() {
    world_.on_call = [this](const Call& call) {
      if (dead_) return false;
      if (!Is<Request>(call) || call.host != "n1") return true;
      dead_ = true;
      world_.At(world_.now(), [this] { world_.KillController(); });
      return false;
    };
  }

  bool Ended(const std::string& id) {
    return controller::IsFinal(world_.State(id));
  }

  World world_{3, 7};
  bool dead_ = false;
};

// ---- The controller dies.

TEST_F(Failures, ControllerDiesAfterStage) {
  const auto id = world_.Create(3, absl::Seconds(60));
  world_.on_call = [this](const Call& call) {
    if (Is<agent::v1::ArmRequest>(call)) dead_ = true;
    return !dead_;
  };
  ASSERT_TRUE(world_.RunUntil([this] { return dead_; }));
  world_.KillController();
  EXPECT_TRUE(world_.node(0).host().kernel().Has(id));
  world_.RunFor(absl::Seconds(31));
  EXPECT_FALSE(world_.invariants().ever_dropped(id));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world_.node(i).host().kernel().size(), 0u);
  }
}

TEST_F(Failures, ControllerDiesBetweenTwoArms) {
  DieAt<agent::v1::ArmRequest>();
  const auto id = world_.Create(3, absl::Seconds(60));
  world_.RunFor(absl::Seconds(3));
  EXPECT_TRUE(dead_);
  EXPECT_TRUE(world_.invariants().ever_dropped(id));
  EXPECT_EQ(world_.DropsOn(id), 0);
  EXPECT_LE(world_.invariants().longest_partial(id), absl::Milliseconds(1010));
}

TEST_F(Failures, ControllerDiesBetweenTwoKeepAlives) {
  for (int after_ms = 0; after_ms < 6000; after_ms += 700) {
    World world(3, 40 + after_ms);
    world.StartController();
    const auto id = world.Create(3, absl::Seconds(60));
    ASSERT_TRUE(world.RunUntilState(id, FAULT_STATE_IN_FORCE));
    world.RunFor(absl::Milliseconds(after_ms));
    bool dead = false;
    world.on_call = [&](const Call& call) {
      if (dead) return false;
      if (!Is<agent::v1::KeepAliveRequest>(call) || call.host != "n1") {
        return true;
      }
      dead = true;
      world.At(world.now(), [&] { world.KillController(); });
      return false;
    };
    world.RunFor(absl::Seconds(8));
    EXPECT_TRUE(dead);
    EXPECT_EQ(world.DropsOn(id), 0);
    EXPECT_LE(world.invariants().longest_partial(id), absl::Milliseconds(1020));
  }
}

TEST_F(Failures, ControllerThatRestartsAtOnceGoesOn) {
  const auto id = InForce();
  const auto keep_alive = world_.View(id).keep_alive();
  world_.KillController();
  world_.RunFor(absl::Seconds(1));
  world_.StartController();
  ASSERT_TRUE(
      world_.RunUntilState(id, FAULT_STATE_IN_FORCE, absl::Milliseconds(100)))
      << world_.View(id).DebugString();
  world_.RunFor(absl::Seconds(20));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
  EXPECT_GT(world_.View(id).keep_alive(), keep_alive + 15);
  EXPECT_LE(world_.invariants().longest_partial(id), absl::Milliseconds(20));
  ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_HEALED, absl::Minutes(1)));
}

TEST_F(Failures, ControllerThatRestartsBetweenTwoKeepAlivesMakesThemEqual) {
  const auto id = InForce();
  DieAt<agent::v1::KeepAliveRequest>();
  ASSERT_TRUE(world_.RunUntil([this] { return dead_; }));
  world_.RunFor(absl::Seconds(2));
  world_.on_call = nullptr;
  world_.StartController();
  world_.RunFor(absl::Seconds(20));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
  EXPECT_LE(world_.invariants().longest_partial(id), absl::Milliseconds(20));
}

TEST_F(Failures, ControllerThatRestartsAfterTheLeasesFindsItExpired) {
  const auto id = InForce();
  world_.KillController();
  world_.RunFor(absl::Seconds(7));
  EXPECT_EQ(world_.DropsOn(id), 0);
  world_.StartController();
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }, absl::Seconds(1)));
  EXPECT_EQ(world_.State(id), FAULT_STATE_EXPIRED);
}

TEST_F(Failures, ControllerThatRestartsAfterSomeLeasesHealsAll) {
  const auto id = InForce();
  world_.KillController();
  world_.RunFor(absl::Seconds(1));
  world_.SetLatch(1);  // As if its lease had run out.
  world_.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(world_.DropsOn(id), 2);
  world_.StartController();
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }, absl::Seconds(1)));
  EXPECT_EQ(world_.State(id), FAULT_STATE_HEALED);
  EXPECT_EQ(world_.DropsOn(id), 0);
}

TEST_F(Failures, ControllerThatRestartsWhileItHealsGoesOnHealing) {
  const auto id = InForce();
  world_.on_call = [](const Call& call) {
    return !Is<agent::v1::HealRequest>(call);
  };
  world_.Heal(id);
  world_.KillController();
  world_.on_call = nullptr;
  world_.StartController();
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }, absl::Seconds(1)));
  EXPECT_EQ(world_.State(id), FAULT_STATE_HEALED);
  EXPECT_EQ(world_.View(id).reason(), "asked for");
}

TEST_F(Failures, ControllerThatRestartsAtAnyInstantOfTheStartLeavesNothing) {
  for (int ms = 0; ms < 120; ms += 3) {
    World world(3, ms);
    world.StartController();
    world.RunFor(absl::Seconds(1));
    const auto id = world.Create(3, absl::Seconds(5));
    world.RunFor(absl::Milliseconds(ms));
    world.KillController();
    world.StartController();
    ASSERT_TRUE(world.RunUntil([&] {
      return controller::IsFinal(world.State(id));
    })) << ms
        << world.View(id).DebugString();
    EXPECT_EQ(world.DropsOn(id), 0);
  }
}

TEST_F(Failures, ControllerWithAnEmptyDatabaseExtendsNothing) {
  const auto id = InForce();
  world_.KillController();
  world_.disk.records.clear();
  world_.StartController();
  world_.RunFor(absl::Seconds(6));
  EXPECT_EQ(world_.DropsOn(id), 0);
}

TEST_F(Failures, OfTwoControllersTheOlderFallsSilent) {
  const auto id = InForce();
  world_.StopController(0);
  world_.StartController(1);
  world_.RunFor(absl::Seconds(2));
  EXPECT_EQ(world_.State(id, 1), FAULT_STATE_IN_FORCE);
  world_.ContinueController(0);
  ASSERT_TRUE(world_.RunUntil([this] { return world_.superseded(0); }));
  EXPECT_NE(world_.State(id, 0), FAULT_STATE_IN_FORCE);
  world_.RunFor(absl::Seconds(10));
  EXPECT_EQ(world_.State(id, 1), FAULT_STATE_IN_FORCE);
}

TEST_F(Failures, OldControllerThatWakesLateExtendsNothing) {
  const auto id = InForce();
  world_.StopController(0);
  world_.RunFor(absl::Seconds(10));
  EXPECT_EQ(world_.DropsOn(id), 0);
  world_.ContinueController(0);
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }));
  EXPECT_EQ(world_.State(id), FAULT_STATE_EXPIRED);
}

// ---- An agent dies.

TEST_F(Failures, AgentDiesBeforeAnyOfItsActions) {
  for (const bool comes_back : {false, true}) {
    bool died = true;
    for (int n = 0; died; ++n) {
      ASSERT_LT(n, 200);
      World world(3, n);
      world.StartController();
      world.RunFor(absl::Milliseconds(500));
      died = false;
      int left = n;
      world.on_action = [&](int host) {
        if (host != 1 || died || left-- > 0) return true;
        died = true;
        if (comes_back) {
          world.At(world.now() + absl::Milliseconds(300),
                   [&] { world.StartAgent(1); });
        }
        return false;
      };
      const auto id = world.Create(3, absl::Seconds(4));
      ASSERT_TRUE(
          world.RunUntil([&] { return controller::IsFinal(world.State(id)); },
                         absl::Seconds(10)))
          << n << world.View(id).DebugString();
      world.StartAgent(1);
      world.RunFor(absl::Seconds(1));
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(world.node(i).host().kernel().size(), 0u) << n;
      }
    }
  }
}

TEST_F(Failures, AgentThatRestartsInTimeIsAdopted) {
  const auto id = InForce();
  world_.KillAgent(1);
  world_.RunFor(absl::Milliseconds(600));
  world_.StartAgent(1);
  world_.RunFor(absl::Seconds(20));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE)
      << world_.View(id).DebugString();
}

TEST_F(Failures, AgentThatDiesForGoodEndsIt) {
  const auto id = InForce();
  world_.KillAgent(1);
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }, absl::Seconds(9)));
  EXPECT_EQ(world_.State(id), FAULT_STATE_HEALED);
  EXPECT_LE(world_.invariants().longest_partial(id), absl::Seconds(6));
}

TEST_F(Failures, HostThatDoesNotAnswerIsUnknownUntilItsLastExpiry) {
  const auto id = InForce();
  world_.Disconnect(1, true);
  world_.Heal(id);
  world_.RunFor(absl::Milliseconds(100));
  const auto view = world_.View(id);
  EXPECT_EQ(view.state(), sunder::v1::FAULT_STATE_HEALING);
  EXPECT_EQ(view.hosts(0).state(), sunder::v1::HOST_STATE_HEALED);
  EXPECT_EQ(view.hosts(1).state(), sunder::v1::HOST_STATE_UNKNOWN);
  ASSERT_TRUE(view.hosts(1).has_unknown_until());
  ASSERT_TRUE(world_.RunUntil([&] { return world_.DropsOn(id) == 0; }));
  const auto gone = world_.now();
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }));
  EXPECT_LT(world_.now() - gone, absl::Milliseconds(50));
  EXPECT_EQ(world_.State(id), FAULT_STATE_HEALED);
  EXPECT_EQ(world_.View(id).hosts(1).state(), sunder::v1::HOST_STATE_EXPIRED);
}

TEST_F(Failures, AgentStoppedPastTheLeaseBringsNothingBack) {
  const auto id = InForce();
  world_.StopAgent(1);
  world_.RunFor(absl::Seconds(12));
  EXPECT_EQ(world_.DropsOn(id), 0);
  world_.ContinueAgent(1);
  world_.RunFor(absl::Seconds(5));
  EXPECT_EQ(world_.DropsOn(id), 0);
  EXPECT_TRUE(Ended(id));
}

TEST_F(Failures, AgentStoppedForAMomentIsForgiven) {
  const auto id = InForce();
  world_.StopAgent(1);
  world_.RunFor(absl::Milliseconds(1200));
  world_.ContinueAgent(1);
  world_.RunFor(absl::Seconds(10));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE)
      << world_.View(id).DebugString();
}

// ---- The network.

TEST_F(Failures, OneAgentLosesTheController) {
  const auto id = InForce();
  world_.Disconnect(2, true);
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }, absl::Seconds(9)));
  EXPECT_LE(world_.invariants().longest_partial(id),
            world_.options().lease + absl::Milliseconds(20));
}

TEST_F(Failures, OnlyTheAnswersOfOneAgentAreLost) {
  const auto id = InForce();
  world_.node(2).from_host = false;
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }, absl::Seconds(9)));
  EXPECT_LE(world_.invariants().longest_partial(id), absl::Milliseconds(50));
}

TEST_F(Failures, PolicyContinueGoesOnAndSaysPartial) {
  const auto id = world_.Create(3, absl::Seconds(40), [](auto& spec) {
    spec.set_on_partial(sunder::v1::PARTIAL_POLICY_CONTINUE);
  });
  ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_IN_FORCE));
  world_.RunFor(absl::Seconds(5));
  world_.Disconnect(1, true);
  ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_PARTIAL, absl::Seconds(4)));
  EXPECT_EQ(world_.View(id).hosts(1).state(), sunder::v1::HOST_STATE_UNKNOWN);
  world_.RunFor(absl::Seconds(6));
  EXPECT_EQ(world_.View(id).hosts(1).state(), sunder::v1::HOST_STATE_EXPIRED);
  world_.Disconnect(1, false);  // Comes back, but not into the fault.
  world_.RunFor(absl::Seconds(6));
  EXPECT_EQ(world_.State(id), FAULT_STATE_PARTIAL);
  EXPECT_EQ(world_.DropsOn(id), 2);
  ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_HEALED, absl::Minutes(1)));
}

TEST_F(Failures, HostThatCannotBeReachedAtTheStartFailsIt) {
  world_.Disconnect(2, true);
  const auto id = world_.Create(3, absl::Seconds(60));
  ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_FAILED, absl::Seconds(15)))
      << world_.View(id).DebugString();
  EXPECT_FALSE(world_.invariants().ever_dropped(id));
}

TEST_F(Failures, DeadAgentAtTheStartFailsItSoon) {
  world_.KillAgent(2);
  const auto id = world_.Create(3, absl::Seconds(60));
  ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_FAILED, absl::Seconds(4)))
      << world_.View(id).DebugString();
  EXPECT_FALSE(world_.invariants().ever_dropped(id));
}

TEST_F(Failures, ArmThatIsNotAcknowledgedFailsItBeforeItBegins) {
  world_.on_call = [](const Call& call) {
    return !(Is<agent::v1::ArmRequest>(call) && call.host == "n2");
  };
  const auto id = world_.Create(3, absl::Seconds(60));
  ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_FAILED));
  EXPECT_LE(world_.invariants().longest_partial(id), absl::Milliseconds(20));
}

TEST_F(Failures, EverythingTwiceAndOutOfOrderDoesNoHarm) {
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

TEST_F(Failures, HealThatOvertakesStageAndArmWins) {
  // What was sent before arrives three seconds later.
  std::vector<Call> late;
  world_.on_call = [&](const Call& call) {
    if (!Is<agent::v1::StageRequest>(call) || call.host != "n1") return true;
    late.push_back(call);
    return false;
  };
  const auto id = world_.Create(3, absl::Seconds(60));
  world_.RunFor(absl::Milliseconds(20));
  world_.Heal(id);
  world_.RunFor(absl::Seconds(1));
  ASSERT_EQ(late.size(), 1u);
  std::optional<absl::Status> refusal;
  world_.node(1).Deliver(late[0].request,
                         [&](const auto& reply) { refusal = reply.status(); });
  EXPECT_TRUE(world_.RunUntil([&] { return refusal.has_value(); }) ||
              world_.node(1).host().kernel().size() == 0u);
  EXPECT_FALSE(world_.node(1).host().kernel().Has(id));
}

// ---- Hosts and clocks.

TEST_F(Failures, RebootedHostRefusesALateKeepAliveAndTheRestIsHealed) {
  const auto id = InForce();
  std::vector<Call> sent;
  world_.on_call = [&](const Call& call) {
    if (Is<agent::v1::KeepAliveRequest>(call) && call.host == "n1") {
      sent.push_back(call);
    }
    return true;
  };
  world_.RunFor(absl::Milliseconds(1100));
  ASSERT_FALSE(sent.empty());
  world_.Reboot(1);
  world_.StartAgent(1);
  absl::Status refusal;
  world_.node(1).Deliver(sent.back().request,
                         [&](const auto& reply) { refusal = reply.status(); });
  while (world_.node(1).host().pending()) world_.node(1).CarryOutOne();
  EXPECT_FALSE(refusal.ok());
  ASSERT_TRUE(world_.RunUntil([&] { return Ended(id); }, absl::Seconds(3)))
      << world_.View(id).DebugString();
  EXPECT_EQ(world_.DropsOn(id), 0);
}

TEST_F(Failures, WallClockThatStepsBeforeTheStartAborts) {
  for (const auto by : {absl::Hours(1), absl::Hours(-1), absl::Seconds(1)}) {
    const auto id = world_.Create(3, absl::Seconds(60));
    ASSERT_TRUE(world_.RunUntilState(id, sunder::v1::FAULT_STATE_ARMED));
    world_.StepWallClock(1, by);
    ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_FAILED))
        << world_.View(id).DebugString();
    world_.RunFor(absl::Seconds(1));
    EXPECT_EQ(world_.DropsOn(id), 0);
  }
}

TEST_F(Failures, WallClockThatStepsLaterHasNoEffect) {
  const auto id = InForce();
  world_.StepWallClock(1, absl::Hours(-1));
  world_.RunFor(absl::Seconds(10));
  world_.StepWallClock(0, absl::Hours(100));
  world_.RunFor(absl::Seconds(10));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
  EXPECT_EQ(world_.DropsOn(id), 3);
}

TEST_F(Failures, StopLatchOnOneHostEndsItEverywhere) {
  const auto id = InForce();
  world_.SetLatch(1);
  ASSERT_TRUE(
      world_.RunUntil([&] { return Ended(id); }, absl::Milliseconds(100)));
  EXPECT_EQ(world_.DropsOn(id), 0);
}

TEST_F(Failures, StopLatchIsNoticedWithoutWatchByTheNextKeepAlive) {
  world_.watch_works = false;
  const auto id = InForce();
  world_.SetLatch(1);
  ASSERT_TRUE(
      world_.RunUntil([&] { return Ended(id); }, absl::Milliseconds(1100)));
}

}  // namespace
}  // namespace sunder::simulation
