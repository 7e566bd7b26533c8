// Keep-alives and the lease's end.

#include <limits>

#include "absl/time/time.h"
#include "agent/core/core_fixture.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using LeaseTest = CoreFixture;

TEST_F(LeaseTest, EachKeepAliveMovesTheKernelsExpiryToWhatItSays) {
  BringInForce();
  for (int k = 1; k <= 10; ++k) {
    const CallId call = KeepAlive(k, absl::Seconds(5));
    EXPECT_EQ(Outcome(call), "OK");
    EXPECT_EQ(Said(call).keep_alive(), static_cast<uint64_t>(k));
    EXPECT_EQ(kernel().LatestExpiry(id), now() + absl::Seconds(5));
    host.RunFor(absl::Seconds(1));
    EXPECT_TRUE(kernel().Drops(id));
  }
}

TEST_F(LeaseTest, AKeepAliveMayComeBeforeTheStart) {
  Stage();
  Arm();
  EXPECT_EQ(Said(KeepAlive(1, absl::Seconds(3))).state(), v1::STATE_ARMED);
  host.RunFor(absl::Seconds(2));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
}

TEST_F(LeaseTest, AGateThatShutByTheClockIsNotOpenedAgain) {
  Stage();
  Arm();
  EXPECT_EQ(Said(KeepAlive(1, absl::Seconds(3))).state(), v1::STATE_ARMED);
  clock.now = clock.now + absl::Milliseconds(1101);  // It does not run.
  EXPECT_FALSE(kernel().Drops(id));
  host.RunFor(absl::Milliseconds(1));
  EXPECT_FALSE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_EXPIRED);
}

TEST_F(LeaseTest, ANumberAlreadyTakenIsAnsweredAndNotDoneAgain) {
  BringInForce();
  KeepAlive(2, absl::Seconds(2));
  const BootInstant expiry = now() + absl::Seconds(2);
  host.RunFor(absl::Seconds(1));
  for (uint64_t number : {1, 2}) {
    const CallId call = KeepAlive(number, absl::Seconds(5));
    EXPECT_EQ(Outcome(call), "OK");
    EXPECT_EQ(Said(call).keep_alive(), 2u);
    EXPECT_EQ(Said(call).expiry_ns(), expiry.nanos());
  }
  EXPECT_EQ(kernel().LatestExpiry(id), expiry);
}

TEST_F(LeaseTest, NoLeaseEndsAfterTheFaultsEnd) {
  BringInForce();
  const BootInstant end = BootInstant::FromNanos(host.HeldOf(id)->end_ns());
  for (int k = 1; State() == v1::STATE_IN_FORCE; ++k) {
    KeepAlive(k, absl::Seconds(5));
    host.RunFor(absl::Milliseconds(700));
  }
  EXPECT_EQ(kernel().LatestExpiry(id), end);
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_EQ(host.HeldOf(id)->gone_ns(), end.nanos());
}

TEST_F(LeaseTest, WithoutKeepAlivesTheFaultExpiresAndLeavesNothing) {
  BringInForce();
  const BootInstant expiry = *kernel().LatestExpiry(id);
  host.RunUntil(expiry - absl::Nanoseconds(1));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  host.RunUntil(expiry);
  EXPECT_EQ(State(), v1::STATE_EXPIRED);
  EXPECT_EQ(host.HeldOf(id)->gone_ns(), expiry.nanos());
  EXPECT_FALSE(kernel().Has(id));
  EXPECT_EQ(host.notified.back().state(), v1::STATE_EXPIRED);
}

TEST_F(LeaseTest, AStoppedAgentThatWakesDropsNothingMore) {
  BringInForce();
  const v1::KeepAliveRequest queued =
      KeepAliveRequest(id, 1, absl::Seconds(30));
  clock.now = clock.now + absl::Seconds(1);  // Nobody runs the timers.
  v1::KeepAliveRequest request = queued;
  *request.mutable_caller() = Caller();
  EXPECT_EQ(Outcome(host.KeepAlive(request)), "EXPIRED");
  EXPECT_FALSE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_EXPIRED);
}

TEST_F(LeaseTest, ARefreshThatFindsNoElementIsTheEnd) {
  BringInForce();
  kernel().FailNext(ModelOp::kRefresh, absl::NotFoundError("no element"));
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "EXPIRED");
  EXPECT_EQ(State(), v1::STATE_EXPIRED);
  EXPECT_EQ(Outcome(KeepAlive(2, absl::Seconds(5))), "EXPIRED");
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(LeaseTest, TheEdgesOfAKeepAlivesExpiry) {
  BringInForce();
  EXPECT_EQ(Outcome(KeepAlive(1, absl::ZeroDuration())), "EXPIRY_PASSED");
  EXPECT_EQ(Outcome(KeepAlive(1, -absl::Hours(1))), "EXPIRY_PASSED");
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(60) + absl::Nanoseconds(1))),
            "EXPIRY_TOO_FAR");
  v1::KeepAliveRequest extreme = KeepAliveRequest(id, 1, absl::Seconds(5));
  extreme.set_expiry_ns(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Outcome(host.KeepAlive(extreme)), "EXPIRY_PASSED");
  extreme.set_expiry_ns(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Outcome(host.KeepAlive(extreme)), "EXPIRY_TOO_FAR");
  const CallId zeroth = KeepAlive(0, absl::Seconds(5));
  EXPECT_EQ(Outcome(zeroth), "INVALID_FIELD");
  EXPECT_EQ(GetErrorDetail(host.Answer(zeroth)->status)->subject(), "number");
  EXPECT_EQ(host.HeldOf(id)->keep_alive(), 0u);
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(60))), "OK");
}

TEST_F(LeaseTest, OnlyWhatIsArmedHasALease) {
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "UNKNOWN_FAULT");
  Stage();
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "NOT_ARMED");
  Arm();
  v1::KeepAliveRequest other = KeepAliveRequest(id, 1, absl::Seconds(5));
  other.set_generation(2);
  EXPECT_EQ(Outcome(host.KeepAlive(other)), "WRONG_GENERATION");
}

TEST_F(LeaseTest, AfterAFailedRefreshTheOldLeaseStands) {
  BringInForce();
  const BootInstant expiry = *kernel().LatestExpiry(id);
  kernel().FailNext(ModelOp::kRefresh, absl::ResourceExhaustedError("memory"));
  const CallId call = KeepAlive(1, absl::Seconds(5));
  EXPECT_EQ(host.Answer(call)->status.code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  host.RunUntil(expiry);
  EXPECT_EQ(State(), v1::STATE_EXPIRED);
}

TEST_F(LeaseTest, AnUnknownOutcomeIsReadBackBeforeItIsAnswered) {
  BringInForce();
  kernel().FailNext(ModelOp::kRefresh, absl::DataLossError("?"), true);
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "OK");
  EXPECT_EQ(host.HeldOf(id)->keep_alive(), 1u);
  kernel().FailNext(ModelOp::kRefresh, absl::DataLossError("?"), false);
  host.RunFor(absl::Seconds(1));
  EXPECT_NE(Outcome(KeepAlive(2, absl::Seconds(5))), "OK");
  EXPECT_EQ(host.HeldOf(id)->keep_alive(), 1u);
  // The number was not taken, so it can be asked for again.
  EXPECT_EQ(Outcome(KeepAlive(2, absl::Seconds(5))), "OK");
}

TEST_F(LeaseTest, AnUnknownOutcomeOfAShorterLeaseIsReckonedAsTheLonger) {
  BringInForce();
  KeepAlive(1, absl::Seconds(5));
  const BootInstant expiry = now() + absl::Seconds(5);
  kernel().FailNext(ModelOp::kRefresh, absl::DataLossError("?"), false);
  EXPECT_NE(Outcome(KeepAlive(2, absl::Seconds(1))), "OK");
  host.RunUntil(expiry - absl::Nanoseconds(1));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
}

TEST_F(LeaseTest, WhatSomebodyElseBrokeIsNotCalledInForce) {
  BringInForce();
  kernel().Damage(id);
  EXPECT_NE(Outcome(KeepAlive(1, absl::Seconds(5))), "OK");
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(LeaseTest, WhatSomebodyElseRemovedIsSaidAtTheNextKeepAlive) {
  BringInForce();
  kernel().RemoveAll();
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "EXPIRED");
}

TEST_F(LeaseTest, AnAnswerCarriesTheCountersAsRead) {
  BringInForce();
  kernel().SendPackets(12);
  EXPECT_EQ(Said(KeepAlive(1, absl::Seconds(5))).dropped_packets(), 12u);
}

TEST_F(LeaseTest, AFailedReadIsAnErrorAndLeavesTheFaultToItsLease) {
  BringInForce();
  kernel().FailNext(ModelOp::kRead, absl::UnavailableError("busy"));
  EXPECT_EQ(host.Answer(KeepAlive(1, absl::Seconds(5)))->status.code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "OK");
}

}  // namespace
}  // namespace sunder::agent
