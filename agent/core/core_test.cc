// Stage and Arm.

#include "agent/core/core.h"

#include <vector>

#include "agent/core/core_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using CoreTest = CoreFixture;

TEST_F(CoreTest, AStagedFaultIsInTheKernelAndDropsNothing) {
  const CallId call = Stage();
  EXPECT_EQ(Outcome(call), "OK");
  EXPECT_EQ(Said(call).state(), v1::STATE_STAGED);
  EXPECT_TRUE(kernel().Has(id));
  EXPECT_FALSE(kernel().Drops(id));
}

TEST_F(CoreTest, AnArmedFaultDropsFromItsStartAndIsInForceWhenReadBack) {
  Stage();
  const BootInstant start = now() + absl::Milliseconds(100);
  EXPECT_EQ(Said(Arm()).state(), v1::STATE_ARMED);
  host.RunUntil(start - absl::Nanoseconds(1));
  EXPECT_FALSE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_ARMED);
  host.RunUntil(start);
  EXPECT_TRUE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  EXPECT_EQ(host.HeldOf(id)->in_force_ns(), start.nanos());
}

TEST_F(CoreTest, WatchersHearOfEachState) {
  BringInForce();
  Heal();
  std::vector<v1::State> states;
  states.reserve(host.notified.size());
  for (const v1::Held& held : host.notified) states.push_back(held.state());
  EXPECT_THAT(states,
              testing::ElementsAre(v1::STATE_STAGED, v1::STATE_ARMED,
                                   v1::STATE_IN_FORCE, v1::STATE_HEALED));
}

TEST_F(CoreTest, RepeatedCallsAreAnsweredAndNotDoneAgain) {
  const v1::StageRequest stage = StageRequest(id);
  host.Stage(stage);
  EXPECT_EQ(Outcome(host.Stage(stage)), "OK");
  EXPECT_EQ(kernel().size(), 1u);
  const v1::ArmRequest arm = ArmRequest(id);
  host.Arm(arm);
  EXPECT_EQ(Said(host.Arm(arm)).state(), v1::STATE_ARMED);
  EXPECT_EQ(Said(host.Stage(stage)).state(), v1::STATE_ARMED);
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(Said(host.Arm(arm)).state(), v1::STATE_IN_FORCE);
  EXPECT_EQ(*kernel().LatestExpiry(id),
            BootInstant::FromNanos(arm.expiry_ns()));
}

TEST_F(CoreTest, ARepeatedStageDoesNotLengthenTheTimeToLive) {
  Stage();
  host.RunFor(absl::Seconds(29));
  EXPECT_EQ(Outcome(Stage()), "OK");
  host.RunFor(absl::Seconds(1));
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(CoreTest, WhatIsNotArmedInTimeIsSwept) {
  v1::StageRequest request = StageRequest(id);
  request.set_time_to_live_ns(5'000'000'000);
  host.Stage(request);
  host.RunFor(absl::Milliseconds(4999));
  EXPECT_EQ(State(), v1::STATE_STAGED);
  host.RunFor(absl::Milliseconds(1));
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_FALSE(kernel().Has(id));
  EXPECT_EQ(Outcome(Arm()), "TOMBSTONE");
}

TEST_F(CoreTest, OneGenerationHasOneSetOfFlows) {
  Stage();
  v1::StageRequest other = StageRequest(id);
  other.set_digest("another");
  EXPECT_EQ(Outcome(host.Stage(other)), "OTHER_DIGEST");
  v1::ArmRequest arm = ArmRequest(id);
  arm.set_generation(2);
  EXPECT_EQ(Outcome(host.Arm(arm)), "WRONG_GENERATION");
  EXPECT_EQ(State(), v1::STATE_STAGED);
}

TEST_F(CoreTest, AnArmThatComesAtItsStartOrLaterIsRefused) {
  Stage();
  v1::ArmRequest arm = ArmRequest(id);
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(Outcome(host.Arm(arm)), "START_PASSED");
  host.RunFor(absl::Seconds(5));
  EXPECT_FALSE(kernel().Drops(id));
}

TEST_F(CoreTest, AnArmWithoutStageIsRefused) {
  EXPECT_EQ(Outcome(Arm()), "UNKNOWN_FAULT");
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(CoreTest, AnArmedFaultIsNotArmedForAnotherInstant) {
  Stage();
  Arm();
  host.RunFor(absl::Milliseconds(1));
  EXPECT_EQ(Outcome(Arm()), "ALREADY_ARMED");
}

TEST_F(CoreTest, TheFirstExpiryIsClippedToTheEnd) {
  Stage();
  v1::ArmRequest arm = ArmRequest(id);
  arm.set_end_ns(arm.start_ns() + 300'000'000);
  EXPECT_EQ(Said(host.Arm(arm)).expiry_ns(), arm.end_ns());
  host.RunFor(absl::Seconds(2));
  EXPECT_EQ(kernel().LatestExpiry(id)->nanos(), arm.end_ns());
}

TEST_F(CoreTest, CallsThatComeDuringAnOperationWaitForIt) {
  host.by_hand = true;
  const CallId stage = Stage();
  const CallId arm = Arm();
  const CallId heal = Heal();
  host.CarryOutAll();
  EXPECT_EQ(Outcome(heal), "OK");
  // The Heal overtook both: neither may say that it went well.
  EXPECT_EQ(Outcome(stage), "TOMBSTONE");
  EXPECT_EQ(Outcome(arm), "TOMBSTONE");
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(CoreTest, WaitingCallsAreDoneInTheirOrder) {
  host.by_hand = true;
  const CallId stage = Stage();
  const CallId arm = Arm();
  const CallId keep_alive = KeepAlive(1, absl::Seconds(2));
  host.CarryOutAll();
  EXPECT_EQ(Outcome(stage), "OK");
  EXPECT_EQ(Outcome(arm), "OK");
  EXPECT_EQ(Said(keep_alive).keep_alive(), 1u);
}

TEST_F(CoreTest, OnlySoManyCallsWait) {
  host.by_hand = true;
  Stage();
  CallId last = 0;
  for (int i = 0; i < 65; ++i) last = Arm();
  host.CarryOutAll();
  EXPECT_EQ(Outcome(last), "RESOURCE_EXHAUSTED");
}

}  // namespace
}  // namespace sunder::agent
