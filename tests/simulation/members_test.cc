// Members move while a fault is in force. That those who stay are cut all the
// while, and that nothing is said to be whole before it is, are invariants.

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

class Members : public Scenario {
 protected:
  Members() : Scenario(4, 11) {}
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
  ExpectNeverPartial();
  world_->Heal(id_);
  ASSERT_TRUE(RunUntilState(FAULT_STATE_HEALED, absl::Seconds(1)));
  ExpectNothingIsLeft(*world_);
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
    if (host.host() != "n1") continue;
    EXPECT_EQ(host.dropped_packets(), 7u);
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

TEST_F(Members, MoveThatIsTakenBackBeforeItWentOutDoesNotGoOut) {
  BringInForce();
  world_->Move(id_, {0, 1, 3});
  world_->RunFor(absl::Milliseconds(3));
  world_->Move(id_, {0, 2, 3});
  world_->MoveAway(id_);
  ASSERT_TRUE(RunUntilWhole());
  world_->RunFor(absl::Seconds(5));
  EXPECT_EQ(View().generation(), 2u);
  EXPECT_EQ(DroppingOn(), "013");
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
  ExpectNeverPartial();
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

TEST_F(Members, HealAtAnyInstantOfTheChangeLeavesNothing) {
  for (int ms = 0; ms < 80; ms += 2) {
    NewWorld(ms);
    BringInForce();
    world_->Move(id_, {0, 1, 3});
    world_->RunFor(absl::Milliseconds(ms));
    world_->Heal(id_);
    ASSERT_TRUE(RunUntilState(FAULT_STATE_HEALED, absl::Seconds(1)))
        << ms << View().DebugString();
    world_->RunFor(absl::Seconds(1));
    ExpectNothingIsLeft(*world_);
  }
}

TEST_F(Members, ItsPlannedEndMayComeWhileItChanges) {
  for (int ms = 0; ms < 1400; ms += 40) {
    NewWorld(ms);
    id_ = world_->Create(3, absl::Seconds(7));
    ASSERT_TRUE(RunUntilWhole());
    world_->RunFor(absl::Milliseconds(5700 + ms));
    world_->Move(id_, {0, 1, 3});
    ASSERT_TRUE(RunUntilState(FAULT_STATE_HEALED, absl::Seconds(3)))
        << ms << View().DebugString();
    ExpectNeverPartial();
    world_->RunFor(absl::Seconds(1));
    ExpectNothingIsLeft(*world_);
  }
}

}  // namespace
}  // namespace sunder::simulation
