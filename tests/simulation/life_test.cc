// The life of a fault where nothing dies, and what people do to it.

#include "gtest/gtest.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {
namespace {

using sunder::v1::FAULT_STATE_FAILED;
using sunder::v1::FAULT_STATE_HEALED;
using sunder::v1::FAULT_STATE_HEALING;
using sunder::v1::FAULT_STATE_IN_FORCE;

// Partial times are measured every 10 ms.
constexpr absl::Duration kTick = absl::Milliseconds(11);

class Life : public testing::Test {
 protected:
  Life() { world_.StartController(); }

  std::string InForce(absl::Duration duration = absl::Seconds(30)) {
    const auto id = world_.Create(3, duration);
    EXPECT_TRUE(
        world_.RunUntilState(id, FAULT_STATE_IN_FORCE, absl::Seconds(2)))
        << world_.View(id).DebugString();
    return id;
  }

  World world_{3, 1};
};

TEST_F(Life, RunsFromPlanToItsPlannedEnd) {
  const auto id = InForce();
  EXPECT_EQ(world_.DropsOn(id), 3);
  world_.RunFor(absl::Seconds(28));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
  ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_HEALED, absl::Seconds(3)))
      << world_.View(id).DebugString();
  EXPECT_LE(world_.invariants().longest_partial(id), kTick);
}

TEST_F(Life, BeginsSoonOnceTheClocksAreKnown) {
  world_.RunFor(absl::Seconds(1));
  const auto began = world_.now();
  InForce();
  EXPECT_LT(world_.now() - began, absl::Milliseconds(250));
}

TEST_F(Life, EndsAtItsEndEvenIfThatIsWithinTheFirstLease) {
  const auto id = InForce(absl::Seconds(1));
  const auto began = world_.now();
  ASSERT_TRUE(world_.RunUntil([&] { return world_.DropsOn(id) == 0; }));
  EXPECT_LT(world_.now() - began, absl::Milliseconds(1015));
  EXPECT_GT(world_.now() - began, absl::Milliseconds(950));
  EXPECT_TRUE(world_.RunUntilState(id, FAULT_STATE_HEALED, absl::Seconds(1)));
}

TEST_F(Life, KeepAlivesNearTheEndGoNotBeyondIt) {
  for (int ms = 2000; ms <= 8000; ms += 700) {
    const auto id = InForce(absl::Milliseconds(ms));  // No whole intervals.
    ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_HEALED));
    EXPECT_LE(world_.invariants().longest_partial(id), kTick);
  }
}

TEST_F(Life, IsHealedOnDemandAtOnce) {
  const auto id = InForce();
  world_.Heal(id);
  EXPECT_EQ(world_.State(id), FAULT_STATE_HEALING);
  ASSERT_TRUE(
      world_.RunUntilState(id, FAULT_STATE_HEALED, absl::Milliseconds(50)));
  EXPECT_EQ(world_.DropsOn(id), 0);
  EXPECT_EQ(world_.View(id).reason(), "asked for");
}

TEST_F(Life, HealedBeforeItsStartItNeverComes) {
  for (int ms = 0; ms < 40; ++ms) {
    const auto id = world_.Create(3, absl::Seconds(10));
    world_.RunFor(absl::Milliseconds(ms));
    if (world_.DropsOn(id) > 0) continue;
    world_.Heal(id);
    ASSERT_TRUE(world_.RunUntilState(id, FAULT_STATE_FAILED, absl::Seconds(3)))
        << world_.View(id).DebugString();
    world_.RunFor(absl::Milliseconds(200));
    EXPECT_FALSE(world_.invariants().ever_dropped(id));
  }
}

TEST_F(Life, OfAHeldFaultEndsWhenNobodyHoldsIt) {
  const auto hold = [](sunder::v1::FaultSpec& spec) { spec.set_hold(true); };
  const auto id = world_.Create(3, absl::Minutes(10), hold);
  world_.RunFor(absl::Seconds(2));
  world_.HolderAttached(id);
  world_.RunFor(absl::Seconds(20));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
  world_.HolderGone(id);
  world_.RunFor(absl::Seconds(4));
  world_.HolderAttached(id);  // In time.
  world_.RunFor(absl::Seconds(20));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
  world_.HolderGone(id);
  EXPECT_TRUE(
      world_.RunUntilState(id, FAULT_STATE_HEALED, absl::Milliseconds(5100)));
}

TEST_F(Life, OfAFaultThatNobodyEverHoldsIsShort) {
  const auto id = world_.Create(3, absl::Minutes(10),
                                [](auto& spec) { spec.set_hold(true); });
  EXPECT_TRUE(
      world_.RunUntilState(id, FAULT_STATE_HEALED, absl::Milliseconds(5100)));
}

TEST_F(Life, NeedsNoWatch) {
  world_.watch_works = false;
  const auto id = InForce();
  world_.RunFor(absl::Seconds(10));
  EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
}

TEST_F(Life, ShowsTheInstantsOnOneTimeline) {
  const auto id = InForce();
  const auto view = world_.View(id);
  const auto nanos = [](const sunder::v1::Instant& i) {
    return i.at().seconds() * 1'000'000'000 + i.at().nanos();
  };
  EXPECT_LT(nanos(view.created()), nanos(view.start()));
  EXPECT_LE(nanos(view.start()) - view.start().uncertainty().nanos(),
            nanos(view.in_force()));
  EXPECT_EQ(nanos(view.end()) - nanos(view.start()), 30'000'000'000);
  for (const auto& host : view.hosts()) {
    EXPECT_EQ(host.state(), sunder::v1::HOST_STATE_IN_FORCE);
    EXPECT_LT(nanos(host.staged()), nanos(host.in_force()));
    EXPECT_LT(host.in_force().uncertainty().nanos(), 3'000'000);
    EXPECT_GT(nanos(host.expiry()), nanos(host.in_force()));
  }
}

TEST_F(Life, OfManyFaultsAtOnceIsNoDifferent) {
  std::vector<std::string> ids;
  ids.reserve(20);
  for (int i = 0; i < 20; ++i) {
    ids.push_back(world_.Create(1 + i % 3, absl::Seconds(5 + i)));
  }
  world_.RunFor(absl::Seconds(4));
  for (const auto& id : ids) {
    EXPECT_EQ(world_.State(id), FAULT_STATE_IN_FORCE);
  }
  world_.RunFor(absl::Seconds(25));
  for (const auto& id : ids) {
    EXPECT_EQ(world_.State(id), FAULT_STATE_HEALED);
    EXPECT_LE(world_.invariants().longest_partial(id), kTick);
  }
}

}  // namespace
}  // namespace sunder::simulation
