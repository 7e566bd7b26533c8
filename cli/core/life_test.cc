#include "cli/core/life.h"

#include "cli/testing/faults.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

absl::Time WallAt(double seconds) {
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

TEST(Remnants, NothingIsLeftOfAFinalFault) {
  for (const v1::FaultState state :
       {v1::FAULT_STATE_HEALED, v1::FAULT_STATE_EXPIRED,
        v1::FAULT_STATE_FAILED}) {
    EXPECT_TRUE(
        Remnants(WithState(HalvesInForce(), state, v1::HOST_STATE_UNKNOWN))
            .empty());
  }
}

TEST(Remnants, WhileLeasesMayBeExtendedOnlyTheEndBoundsThem) {
  const std::vector<Remnant> remnants = Remnants(HalvesInForce());
  ASSERT_EQ(remnants.size(), 3u);
  for (const Remnant& remnant : remnants) {
    EXPECT_EQ(remnant.until, WallAt(70.0003));
  }
}

TEST(Remnants, WhatIsStagedMayStillBeArmed) {
  const std::vector<Remnant> remnants = Remnants(HalvesStaged());
  ASSERT_EQ(remnants.size(), 3u);
  // Created at 9, a minute to be armed, a minute long.
  EXPECT_EQ(remnants[0].until, WallAt(129));
}

TEST(Remnants, OnceHealingTheLastExpiryBoundsEachHost) {
  v1::Fault fault = HalvesInForce();
  fault.set_state(v1::FAULT_STATE_HEALING);
  fault.mutable_hosts(0)->set_state(v1::HOST_STATE_HEALED);
  fault.mutable_hosts(2)->set_state(v1::HOST_STATE_UNKNOWN);
  *fault.mutable_hosts(2)->mutable_unknown_until() =
      FromText<v1::Instant>("at { seconds: 16 } uncertainty { seconds: 1 }");
  const std::vector<Remnant> remnants = Remnants(fault);
  ASSERT_EQ(remnants.size(), 2u);
  EXPECT_EQ(remnants[0].host, "n2");
  EXPECT_EQ(remnants[0].until, WallAt(15));
  EXPECT_EQ(remnants[1].host, "n3");
  EXPECT_EQ(remnants[1].until, WallAt(17));
}

TEST(Remnants, HostsThatCannotHoldAreLeftOutOnceHealing) {
  v1::Fault fault = HalvesStaged();
  fault.set_state(v1::FAULT_STATE_HEALING);
  EXPECT_TRUE(Remnants(fault).empty());
}

TEST(EndedEarly, ComparesTheHealWithTheEnd) {
  EXPECT_TRUE(EndedEarly(HalvesHealed()));
  v1::Fault fault = HalvesHealed();
  fault.mutable_heal_began()->mutable_at()->set_seconds(70);
  EXPECT_FALSE(EndedEarly(fault));
  fault.set_state(v1::FAULT_STATE_EXPIRED);
  EXPECT_TRUE(EndedEarly(fault));
}

TEST(InForceSkew, SpansTheFirstAndTheLastHost) {
  const std::optional<Skew> skew = InForceSkew(HalvesInForce());
  ASSERT_TRUE(skew.has_value());
  EXPECT_EQ(skew->apart, absl::Milliseconds(2));
  EXPECT_EQ(skew->uncertainty, absl::Microseconds(400));
  EXPECT_FALSE(InForceSkew(HalvesStaged()).has_value());
}

TEST(InForceSkew, IsOfThePresentGenerationWhenMembersHaveMoved) {
  const std::optional<Skew> skew = InForceSkew(HalvesThatMoved());
  ASSERT_TRUE(skew.has_value());
  EXPECT_EQ(skew->apart, absl::Milliseconds(1));
  EXPECT_EQ(skew->uncertainty, absl::Microseconds(500));
}

TEST(InForceSkew, IsOfTheGenerationThatIsWholeWhileTheNextGoesOut) {
  v1::Fault fault = HalvesInForce();
  fault.set_state(v1::FAULT_STATE_CHANGING);
  v1::HostStatus& next = *fault.add_hosts();
  next = fault.hosts(1);
  next.set_generation(2);
  next.mutable_in_force()->mutable_at()->set_seconds(40);
  EXPECT_EQ(InForceSkew(fault)->apart, absl::Milliseconds(2));
}

}  // namespace
}  // namespace sunder::cli
