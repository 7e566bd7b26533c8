// Members move while a fault is in force. That those who stay are cut all the
// while, and that nothing is said to be whole before it is, are invariants.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {
namespace {

using controller::Call;
using sunder::v1::FAULT_STATE_CHANGING;
using sunder::v1::FAULT_STATE_EXPIRED;
using sunder::v1::FAULT_STATE_HEALED;
using sunder::v1::FAULT_STATE_IN_FORCE;
using sunder::v1::FAULT_STATE_PARTIAL;

constexpr int kHosts = 4;

// What a call is about; empty: no fault.
uint64_t GenerationOf(const Call& call) {
  return std::visit(
      [](const auto& request) -> uint64_t {
        if constexpr (requires { request.generation(); }) {
          return request.generation();
        }
        return 0;
      },
      call.request);
}

template <typename Request>
bool Is(const Call& call) {
  return std::holds_alternative<Request>(call.request);
}

class Members : public testing::Test {
 protected:
  Members() { NewWorld(11); }

  // On the hosts 0, 1 and 2.
  void BringInForce(absl::Duration duration = absl::Seconds(60),
                    sunder::v1::PartialPolicy policy =
                        sunder::v1::PARTIAL_POLICY_UNSPECIFIED) {
    id_ = world_->Create(3, duration, [policy](sunder::v1::FaultSpec& spec) {
      spec.set_on_partial(policy);
    });
    ASSERT_TRUE(
        world_->RunUntilState(id_, FAULT_STATE_IN_FORCE, absl::Seconds(2)));
    world_->RunFor(absl::Seconds(6));
  }
  sunder::v1::Fault View() { return world_->View(id_); }
  sunder::v1::FaultState State() { return world_->State(id_); }
  bool Ended() { return controller::IsFinal(State()); }
  bool RunUntilWhole(absl::Duration limit = absl::Seconds(8)) {
    return world_->RunUntilState(id_, FAULT_STATE_IN_FORCE, limit);
  }
  bool Drops(int host, uint64_t generation) {
    return world_->node(host).host().kernel().Drops(id_, generation);
  }
  std::string DroppingOn() {
    std::string hosts;
    for (int host = 0; host < kHosts; ++host) {
      if (world_->Drops(host, id_)) hosts += std::to_string(host);
    }
    return hosts;
  }
  void ExpectNothingIsLeft() {
    for (int host = 0; host < kHosts; ++host) {
      EXPECT_EQ(world_->node(host).host().kernel().size(), 0u) << host;
    }
  }
  void ExpectOnlyStayersWereNeverApart() {
    EXPECT_LE(world_->invariants().longest_partial(id_),
              absl::Milliseconds(20));
  }

  // For the next round of a test of many.
  void NewWorld(uint32_t seed) {
    world_ = std::make_unique<World>(kHosts, seed);
    world_->StartController();
    world_->RunFor(absl::Seconds(1));
  }

  std::unique_ptr<World> world_;
  std::string id_;
};

TEST_F(Members, WhoMovesIsInsideSoonAndWhoStaysIsCutAllTheWhile) {
  BringInForce();
  const auto began = world_->now();
  world_->Move(id_, {0, 1, 3});
  EXPECT_EQ(State(), FAULT_STATE_CHANGING);
  ASSERT_TRUE(RunUntilWhole()) << View().DebugString();
  EXPECT_LT(world_->now() - began, absl::Milliseconds(300));
  EXPECT_EQ(DroppingOn(), "013");
  EXPECT_EQ(View().generation(), 2u);
  EXPECT_EQ(View().reason(), "");
  world_->RunFor(absl::Seconds(10));
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  ExpectOnlyStayersWereNeverApart();
  world_->Heal(id_);
  ASSERT_TRUE(world_->RunUntilState(id_, FAULT_STATE_HEALED, absl::Seconds(1)));
  ExpectNothingIsLeft();
}

TEST_F(Members, EachHostTellsItsGenerations) {
  BringInForce();
  world_->Move(id_, {1, 2, 3});
  bool both = false;
  ASSERT_TRUE(world_->RunUntil([&] {
    int in_force = 0;
    const auto view = View();
    for (const auto& host : view.hosts()) {
      if (host.state() == sunder::v1::HOST_STATE_IN_FORCE) ++in_force;
    }
    both = both || in_force > 3;
    return State() == FAULT_STATE_IN_FORCE;
  }));
  EXPECT_TRUE(both);
  std::set<std::string> rows;
  const auto view = View();
  for (const auto& host : view.hosts()) {
    rows.insert(host.host() + "/" + std::to_string(host.generation()) + "/" +
                sunder::v1::HostState_Name(host.state()));
  }
  EXPECT_EQ(rows, (std::set<std::string>{
                      "n0/1/HOST_STATE_HEALED", "n1/2/HOST_STATE_IN_FORCE",
                      "n2/2/HOST_STATE_IN_FORCE", "n3/2/HOST_STATE_IN_FORCE"}));
}

TEST_F(Members, NothingIsSentOfAGenerationBeforeItIsRecorded) {
  BringInForce();
  const auto moved = world_->now();
  bool sent = false;
  world_->on_call = [&](const Call& call) {
    if (GenerationOf(call) != 2 || sent) return true;
    sent = true;
    EXPECT_GE(world_->now() - moved, absl::Microseconds(300));
    EXPECT_EQ(world_->disk.records[id_].next_plan().hosts_size(), 3);
    return true;
  };
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole());
  EXPECT_TRUE(sent);
  EXPECT_FALSE(world_->disk.records[id_].has_next_plan());
}

TEST_F(Members, CountersGoOnOverGenerations) {
  BringInForce();
  world_->node(1).host().kernel().SendPackets(5);
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole());
  world_->node(1).host().kernel().SendPackets(2);
  world_->RunFor(absl::Seconds(3));
  const auto view = View();
  for (const auto& host : view.hosts()) {
    if (host.host() == "n1") EXPECT_EQ(host.dropped_packets(), 7u);
  }
}

TEST_F(Members, APlanWithTheSameFlowsChangesNothing) {
  BringInForce();
  world_->Move(id_, {0, 1, 2});
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  EXPECT_EQ(View().generation(), 1u);
}

TEST_F(Members, MoveThatComesBeforeItIsWholeWaitsUntilItIs) {
  id_ = world_->Create(3, absl::Seconds(30));
  world_->Move(id_, {1, 2, 3});
  ASSERT_TRUE(world_->RunUntil([&] { return View().generation() == 2; }));
  ASSERT_TRUE(RunUntilWhole());
  EXPECT_EQ(DroppingOn(), "123");
}

TEST_F(Members, OfMovesWhileItChangesTheLastOneCounts) {
  BringInForce();
  world_->Move(id_, {0, 1, 3});
  world_->RunFor(absl::Milliseconds(3));
  world_->Move(id_, {0, 2, 3});
  world_->Move(id_, {1, 2});
  ASSERT_TRUE(world_->RunUntil([&] { return View().generation() == 3; }));
  ASSERT_TRUE(RunUntilWhole());
  EXPECT_EQ(DroppingOn(), "12");
  world_->RunFor(absl::Seconds(5));
  EXPECT_EQ(View().generation(), 3u);
}

TEST_F(Members, MoveThereAndBackEndsWhereItBegan) {
  BringInForce();
  world_->Move(id_, {1, 2, 3});
  world_->Move(id_, {0, 1, 2});
  ASSERT_TRUE(world_->RunUntil([&] { return View().generation() == 3; }));
  ASSERT_TRUE(RunUntilWhole());
  EXPECT_EQ(DroppingOn(), "012");
}

TEST_F(Members, ManyMovesLeaveNothingBehind) {
  BringInForce();
  for (int i = 0; i < 30; ++i) {
    world_->Move(id_, {0, 1, 2 + i % 2}, std::to_string(i));
    ASSERT_TRUE(RunUntilWhole()) << View().DebugString();
    world_->RunFor(absl::Milliseconds(i * 7));
  }
  EXPECT_LE(View().hosts_size(), 4);
  ExpectOnlyStayersWereNeverApart();
  EXPECT_EQ(View().generation(), 31u);
}

TEST_F(Members, WithNoPlanItStaysAsItIsAndSaysSo) {
  BringInForce();
  world_->MoveAway(id_);
  EXPECT_EQ(State(), FAULT_STATE_IN_FORCE);
  EXPECT_NE(View().reason().find("nobody is there"), std::string::npos);
  world_->RunFor(absl::Seconds(8));
  EXPECT_EQ(DroppingOn(), "012");
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole());
  EXPECT_EQ(View().reason(), "");
}

TEST_F(Members, HostThatRefusesTheNewGenerationCostsThatAlone) {
  BringInForce();
  world_->node(3).host().kernel().FailNext(
      agent::ModelOp::kStage, absl::ResourceExhaustedError("no room"));
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole(absl::Seconds(2))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_EQ(View().generation(), 1u);
  EXPECT_NE(View().reason().find("no room"), std::string::npos);
  for (int host = 0; host < kHosts; ++host) {
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

TEST_F(Members, HostThatDoesNotOpenTheNewGenerationCostsThatAlone) {
  BringInForce();
  world_->node(3).host().kernel().FailNext(agent::ModelOp::kOpen,
                                           absl::UnavailableError("busy"));
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole(absl::Seconds(2))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_EQ(View().generation(), 1u);
}

TEST_F(Members, HostThatCannotBeReachedCostsTheNewGenerationAlone) {
  BringInForce();
  world_->Disconnect(3, true);
  world_->Move(id_, {0, 1, 3});
  ASSERT_TRUE(RunUntilWhole(absl::Seconds(20))) << View().DebugString();
  EXPECT_EQ(DroppingOn(), "012");
  EXPECT_EQ(View().generation(), 1u);
}

TEST_F(Members, HostThatIsLostOnceItIsArmedCostsTheNewGenerationAlone) {
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

TEST_F(Members, WallClockThatStepsBeforeTheStartCostsTheNewGenerationAlone) {
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
TEST_F(Members, LostKeepAliveWhileTheyMoveIsSentAgain) {
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
    ASSERT_TRUE(world_->RunUntilState(id_, FAULT_STATE_HEALED));
    ExpectOnlyStayersWereNeverApart();
  }
}

TEST_F(Members, HostThatStaysAndIsLostWhileTheyMoveEndsItEverywhere) {
  for (int ms = 0; ms < 80; ms += 6) {
    NewWorld(ms);
    BringInForce();
    world_->Move(id_, {0, 1, 3});
    world_->RunFor(absl::Milliseconds(ms));
    world_->Disconnect(1, true);
    ASSERT_TRUE(world_->RunUntil([&] { return Ended(); }, absl::Seconds(9)))
        << ms << View().DebugString();
    EXPECT_EQ(DroppingOn(), "");
    world_->Disconnect(1, false);
    world_->RunFor(absl::Seconds(1));
  }
}

TEST_F(Members, NothingIsExtendedUnlessEveryHostOfBothAcknowledges) {
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

TEST_F(Members, PolicyContinueLosesAHostWhileTheyMove) {
  BringInForce(absl::Seconds(40), sunder::v1::PARTIAL_POLICY_CONTINUE);
  world_->Move(id_, {0, 1, 3});
  world_->Disconnect(1, true);
  ASSERT_TRUE(world_->RunUntilState(id_, FAULT_STATE_PARTIAL, absl::Seconds(9)))
      << View().DebugString();
  world_->RunFor(absl::Seconds(8));
  EXPECT_EQ(DroppingOn(), "02") << View().DebugString();
  world_->Move(id_, {0, 3});
  world_->RunFor(absl::Seconds(1));
  EXPECT_EQ(State(), FAULT_STATE_PARTIAL);
  EXPECT_NE(View().reason().find("does not follow"), std::string::npos);
  ASSERT_TRUE(world_->RunUntilState(id_, FAULT_STATE_HEALED, absl::Minutes(1)));
  world_->Disconnect(1, false);
  world_->RunFor(absl::Seconds(1));
  ExpectNothingIsLeft();
}

TEST_F(Members, HealAtAnyInstantOfTheChangeLeavesNothing) {
  for (int ms = 0; ms < 80; ms += 2) {
    NewWorld(ms);
    BringInForce();
    world_->Move(id_, {0, 1, 3});
    world_->RunFor(absl::Milliseconds(ms));
    world_->Heal(id_);
    ASSERT_TRUE(
        world_->RunUntilState(id_, FAULT_STATE_HEALED, absl::Seconds(1)))
        << ms << View().DebugString();
    world_->RunFor(absl::Seconds(1));
    ExpectNothingIsLeft();
  }
}

TEST_F(Members, ItsPlannedEndMayComeWhileItChanges) {
  for (int ms = 0; ms < 1400; ms += 40) {
    NewWorld(ms);
    id_ = world_->Create(3, absl::Seconds(7));
    ASSERT_TRUE(RunUntilWhole());
    world_->RunFor(absl::Milliseconds(5700 + ms));
    world_->Move(id_, {0, 1, 3});
    ASSERT_TRUE(
        world_->RunUntilState(id_, FAULT_STATE_HEALED, absl::Seconds(3)))
        << ms << View().DebugString();
    ExpectOnlyStayersWereNeverApart();
    world_->RunFor(absl::Seconds(1));
    ExpectNothingIsLeft();
  }
}

// ---- Who dies.

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
  EXPECT_EQ(world.State(id),
            in_time ? FAULT_STATE_IN_FORCE : FAULT_STATE_EXPIRED)
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
  EXPECT_TRUE(world.RunUntil(
      [&] { return controller::IsFinal(world.State(id)); }, absl::Seconds(2)));
  world.RunFor(absl::Seconds(1));
  for (int host = 0; host < kHosts; ++host) {
    EXPECT_EQ(world.node(host).host().kernel().size(), 0u) << n;
  }
  return true;
}

TEST(MembersMove, ControllerDiesBeforeAnyOfItsCallsAndComesBack) {
  int n = 0;
  while (ControllerDiesAtCall(n, absl::Milliseconds(300))) ++n;
  EXPECT_GE(n, 9);  // 3 Stage, 3 Arm, 3 Heal.
}

TEST(MembersMove, ControllerDiesBeforeAnyOfItsCallsAndComesTooLate) {
  int n = 0;
  while (ControllerDiesAtCall(n, absl::Seconds(7))) ++n;
  EXPECT_GE(n, 9);
}

TEST_F(Members, ControllerThatRestartsAtAnyInstantOfTheChangeConverges) {
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
  bool died = false;
  int left = n;
  world.on_action = [&](int host) {
    if (host != victim || died || left-- > 0) return true;
    died = true;
    if (comes_back) {
      world.At(world.now() + absl::Milliseconds(300),
               [&] { world.StartAgent(victim); });
    }
    return false;
  };
  world.Move(id, {0, 1, 3});
  world.RunFor(absl::Milliseconds(500));
  world.on_action = nullptr;
  EXPECT_TRUE(world.RunUntil(
      [&] { return controller::IsFinal(world.State(id)); }, absl::Seconds(20)))
      << n << world.View(id).DebugString();
  world.StartAgent(victim);
  world.RunFor(absl::Seconds(1));
  for (int host = 0; host < kHosts; ++host) {
    EXPECT_EQ(world.node(host).host().kernel().size(), 0u) << n;
  }
  return died;
}

TEST(MembersMove, AgentDiesBeforeAnyOfItsActions) {
  for (const int victim : {1, 2, 3}) {
    for (const bool comes_back : {false, true}) {
      SCOPED_TRACE(victim);
      int n = comes_back ? 0 : 1;
      while (AgentDiesAtAction(victim, n, comes_back)) n += 2;
      EXPECT_GE(n, victim == 2 ? 4 : 8);
    }
  }
}

TEST_F(Members, AgentThatStaysAndComesBackInTimeIsAdoptedInBothGenerations) {
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
