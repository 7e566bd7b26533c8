// Heal, tombstones, clock steps, the stop latch, and kernels that refuse.

#include "absl/time/time.h"
#include "agent/core/core_fixture.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using EndTest = CoreFixture;

TEST_F(EndTest, AHealedFaultIsGoneAndItsCountersAreReturned) {
  BringInForce();
  kernel().SendPackets(5);
  const CallId call = Heal();
  EXPECT_EQ(Said(call).state(), v1::STATE_HEALED);
  EXPECT_EQ(Said(call).dropped_packets(), 5u);
  EXPECT_EQ(Said(call).gone_ns(), now().nanos());
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(EndTest, HealingAgainAnswersTheSame) {
  BringInForce();
  kernel().SendPackets(5);
  const v1::Held first = Said(Heal());
  host.RunFor(absl::Seconds(3));
  EXPECT_EQ(Said(Heal()).SerializeAsString(), first.SerializeAsString());
}

TEST_F(EndTest, WhatEndedNeverComesBack) {
  BringInForce();
  Heal();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Outcome(Stage()), "TOMBSTONE");
    EXPECT_EQ(Outcome(Arm()), "TOMBSTONE");
    EXPECT_EQ(Outcome(KeepAlive(1 + i, absl::Seconds(5))), "TOMBSTONE");
    host.RunFor(absl::Minutes(3));
  }
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(EndTest, ATombstoneRefusalCarriesHowItEnded) {
  BringInForce();
  host.RunFor(absl::Seconds(2));
  const absl::Status status = host.Answer(Stage())->status;
  const auto payload =
      status.GetPayload("type.googleapis.com/sunder.agent.v1.Held");
  ASSERT_TRUE(payload.has_value());
  v1::Held held;
  ASSERT_TRUE(held.ParseFromString(std::string(*payload)));
  EXPECT_EQ(held.state(), v1::STATE_EXPIRED);
}

TEST_F(EndTest, AHealThatOvertakesItsStageWins) {
  const CallId call = Heal();
  EXPECT_EQ(Outcome(call), "OK");
  EXPECT_EQ(Said(call).state(), v1::STATE_HEALED);
  EXPECT_EQ(Outcome(Stage()), "TOMBSTONE");
}

TEST_F(EndTest, HealMayBeForAnyLifeOfTheAgentButNotForAnother) {
  BringInForce();
  v1::HealRequest request = HealRequest(id);
  request.mutable_caller()->set_incarnation(99);
  EXPECT_EQ(Outcome(host.Heal(request)), "WRONG_INCARNATION");
  request.mutable_caller()->set_incarnation(0);
  EXPECT_EQ(Outcome(host.Heal(request)), "OK");
}

TEST_F(EndTest, ATombstoneGoesAfterEveryRequestThatCouldStillBeValid) {
  Heal();
  host.RunFor(absl::Minutes(10));
  EXPECT_EQ(Outcome(Stage()), "TOMBSTONE");
  host.RunFor(absl::Seconds(1));
  host.Timer();
  EXPECT_FALSE(host.HeldOf(id).has_value());
}

TEST_F(EndTest, AWallClockThatIsSetBeforeTheStartAbortsTheArming) {
  for (absl::Duration step : {absl::Hours(1), -absl::Hours(1)}) {
    const std::string fault = step > absl::ZeroDuration() ? "fwd" : "back";
    host.Stage(StageRequest(fault));
    host.Arm(ArmRequest(fault));
    host.StepWall(step);
    EXPECT_FALSE(kernel().Has(fault));
    EXPECT_EQ(host.HeldOf(fault)->state(), v1::STATE_HEALED);
    EXPECT_NE(host.HeldOf(fault)->reason(), "");
    host.RunFor(absl::Seconds(1));
    EXPECT_EQ(host.HeldOf(fault)->in_force_ns(), 0);
  }
}

TEST_F(EndTest, AWallClockThatIsSetWhileArmingIsUnderWayAbortsIt) {
  Stage();
  host.by_hand = true;
  const CallId arm = Arm();
  host.StepWall(absl::Hours(1));
  host.CarryOutAll();
  EXPECT_EQ(Outcome(arm), "TOMBSTONE");
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(EndTest, AWallClockThatIsSetLaterOrWhileStagedChangesNothing) {
  Stage();
  host.StepWall(absl::Hours(1));
  EXPECT_EQ(State(), v1::STATE_STAGED);
  Arm();
  host.RunFor(absl::Milliseconds(100));
  host.StepWall(-absl::Hours(3));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  EXPECT_TRUE(kernel().Drops(id));
}

TEST_F(EndTest, AClockThatWasSetBackUnnoticedDoesNotShutAnOpenGate) {
  BringInForce();
  clock.wall_ahead -= absl::Hours(1);
  EXPECT_TRUE(kernel().Drops(id));
}

TEST_F(EndTest, TheStopLatchEndsEverything) {
  BringInForce();
  host.Stage(StageRequest("f2"));
  host.SetLatch();
  EXPECT_EQ(kernel().size(), 0u);
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_EQ(host.HeldOf("f2")->reason(), "the stop latch was set");
}

TEST_F(EndTest, ACommitThatTheLatchRefusesEndsTheFault) {
  const absl::Status latched = ErrorWithDetail(
      absl::StatusCode::kFailedPrecondition, "latched", "LATCHED", "latch");
  kernel().FailNext(ModelOp::kStage, latched);
  EXPECT_EQ(Outcome(Stage()), "LATCHED");
  host.Stage(StageRequest("f2"));
  kernel().FailNext(ModelOp::kArm, latched);
  EXPECT_EQ(Outcome(host.Arm(ArmRequest("f2"))), "LATCHED");
  host.Stage(StageRequest("f3"));
  host.Arm(ArmRequest("f3"));
  kernel().FailNext(ModelOp::kRefresh, latched);
  EXPECT_EQ(
      Outcome(host.KeepAlive(KeepAliveRequest("f3", 1, absl::Seconds(5)))),
      "LATCHED");
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(EndTest, AStageThatTheKernelRefusesLeavesNothing) {
  kernel().FailNext(ModelOp::kStage, absl::ResourceExhaustedError("memory"));
  EXPECT_EQ(host.Answer(Stage())->status.code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(kernel().size(), 0u);
  EXPECT_EQ(host.core().NextTimer(), std::nullopt);
}

TEST_F(EndTest, AnArmThatTheKernelRefusesLeavesTheFaultStaged) {
  Stage();
  kernel().FailNext(ModelOp::kArm, absl::ResourceExhaustedError("memory"));
  EXPECT_NE(Outcome(Arm()), "OK");
  EXPECT_EQ(State(), v1::STATE_STAGED);
  EXPECT_EQ(Outcome(Arm()), "OK");
}

TEST_F(EndTest, AGateThatCannotBeOpenedIsRemoved) {
  Stage();
  Arm();
  kernel().FailNext(ModelOp::kOpen, absl::ResourceExhaustedError("memory"));
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_EQ(host.HeldOf(id)->in_force_ns(), 0);
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(EndTest, NothingIsSaidToBeInForceThatCouldNotBeReadBack) {
  Stage();
  Arm();
  kernel().FailNext(ModelOp::kRead, absl::UnavailableError("busy"));
  host.RunFor(absl::Milliseconds(100));
  for (const v1::Held& held : host.notified) {
    EXPECT_NE(held.state(), v1::STATE_IN_FORCE);
  }
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(EndTest, AnUnknownOutcomeIsReadBack) {
  kernel().FailNext(ModelOp::kStage, absl::DataLossError("?"), true);
  EXPECT_EQ(Outcome(Stage()), "OK");
  kernel().FailNext(ModelOp::kArm, absl::DataLossError("?"), true);
  EXPECT_EQ(Outcome(Arm()), "OK");
  kernel().FailNext(ModelOp::kOpen, absl::DataLossError("?"), true);
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  kernel().FailNext(ModelOp::kRemove, absl::DataLossError("?"), true);
  EXPECT_EQ(Outcome(Heal()), "OK");
}

TEST_F(EndTest, AnUnknownOutcomeThatWasAFailureIsNotCalledASuccess) {
  kernel().FailNext(ModelOp::kStage, absl::DataLossError("?"));
  EXPECT_NE(Outcome(Stage()), "OK");
  host.Stage(StageRequest("f2"));
  kernel().FailNext(ModelOp::kArm, absl::DataLossError("?"));
  EXPECT_NE(Outcome(host.Arm(ArmRequest("f2"))), "OK");
  host.Stage(StageRequest("f3"));
  host.Arm(ArmRequest("f3"));
  kernel().FailNext(ModelOp::kOpen, absl::DataLossError("?"));
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(host.HeldOf("f3")->in_force_ns(), 0);
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(EndTest, WhatCannotBeRemovedIsSaidAndTriedAgain) {
  BringInForce();
  kernel().FailNext(ModelOp::kRemove, absl::ResourceExhaustedError("memory"));
  const CallId call = Heal();
  EXPECT_EQ(host.Answer(call)->status.code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(State(), v1::STATE_STAGED);  // It is there, but inert.
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "HEALING");
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(EndTest, WhateverElseFailsTheGateIsShutFirst) {
  BringInForce();
  kernel().FailNext(ModelOp::kRead, absl::UnavailableError("busy"));
  kernel().FailNext(ModelOp::kRemove, absl::ResourceExhaustedError("memory"));
  Heal();
  EXPECT_TRUE(kernel().Has(id));
  EXPECT_FALSE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_STAGED);
}

TEST_F(EndTest, WhatCanNeitherBeShutNorRemovedIsStillSaidToBeInForce) {
  BringInForce();
  kernel().FailNext(ModelOp::kShut, absl::ResourceExhaustedError("memory"));
  kernel().FailNext(ModelOp::kRemove, absl::ResourceExhaustedError("memory"));
  Heal();
  EXPECT_TRUE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
}

TEST_F(EndTest, WhatWasRemovedAndCannotBeReadIsNoLongerSaidToBeInForce) {
  BringInForce();
  const absl::Status full = absl::ResourceExhaustedError("memory");
  kernel().FailNext(ModelOp::kShut, full);
  kernel().FailNext(ModelOp::kRead, full);  // The counters.
  kernel().FailNext(ModelOp::kRead, full);  // Whether it is gone.
  Heal();
  EXPECT_FALSE(kernel().Drops(id));
  EXPECT_NE(State(), v1::STATE_IN_FORCE);
}

TEST_F(EndTest, WhatCannotBeShutIsRemovedAllTheSame) {
  BringInForce();
  kernel().FailNext(ModelOp::kShut, absl::ResourceExhaustedError("memory"));
  EXPECT_EQ(Outcome(Heal()), "OK");
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(EndTest, AHealDuringTheWaitForARetryTriesAtOnce) {
  BringInForce();
  kernel().FailNext(ModelOp::kRemove, absl::ResourceExhaustedError("memory"));
  Heal();
  EXPECT_EQ(Outcome(Heal()), "OK");
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(EndTest, AnIdleAgentHasNoTimer) {
  EXPECT_EQ(host.core().NextTimer(), std::nullopt);
  BringInForce();
  Heal();
  EXPECT_EQ(host.core().NextTimer(), std::nullopt);
}

TEST_F(EndTest, WithoutRecordsNothingNewIsStagedUntilTheDiskIsWell) {
  host.disk_full = true;
  EXPECT_EQ(Outcome(Stage()), "OK");  // It learns of the disk by this one.
  EXPECT_EQ(Outcome(host.Stage(StageRequest("f2"))), "RECORD_NOT_WRITTEN");
  EXPECT_EQ(Outcome(Heal()), "OK");
  host.disk_full = false;
  host.Stage(StageRequest("f3"));
  EXPECT_EQ(Outcome(host.Stage(StageRequest("f2"))), "OK");
}

}  // namespace
}  // namespace sunder::agent
