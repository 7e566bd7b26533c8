// NftKernel against the real kernel: what its calls promise.

#include <vector>

#include "absl/time/time.h"
#include "agent/kernel/test_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using ::testing::UnorderedElementsAre;

TEST_F(NftKernelTest, AFaultGoesFromShutToTimedToOpenAndAway) {
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  EXPECT_EQ(Read().state, GateState::kShut);
  EXPECT_TRUE(Read().intact);
  EXPECT_EQ(Read().key, (FaultKey{"f00d", 7, "digest"}));
  EXPECT_EQ(Read().lease_left, absl::ZeroDuration());
  EXPECT_TRUE(lab_.Arrives({}));

  ASSERT_EQ(kernel_->Arm(kGate, WallNow() + absl::Seconds(60),
                         BootNow() + absl::Seconds(90)),
            absl::OkStatus());
  EXPECT_EQ(Read().state, GateState::kTimed);
  EXPECT_TRUE(Read().intact);
  EXPECT_GT(Read().lease_left, absl::Seconds(60));
  EXPECT_TRUE(lab_.Arrives({}));

  ASSERT_EQ(kernel_->Open(kGate), absl::OkStatus());
  EXPECT_EQ(Read().state, GateState::kOpen);
  EXPECT_TRUE(Read().intact);
  EXPECT_FALSE(lab_.Arrives({}));
  EXPECT_EQ(Read().dropped_packets, 1u);
  EXPECT_EQ(Read().dropped_bytes, 36u);

  ASSERT_EQ(kernel_->Remove(kGate), absl::OkStatus());
  EXPECT_TRUE(lab_.Arrives({}));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Read(kGate).status()));
  EXPECT_EQ(kernel_->Remove(kGate), absl::OkStatus());
}

TEST_F(NftKernelTest, AShutFaultDropsNothingAndStillTellsWhatItDropped) {
  EXPECT_TRUE(absl::IsNotFound(kernel_->Shut(kGate)));
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, Request({Lab::kThere4})));
  EXPECT_FALSE(lab_.Arrives({}));
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(kernel_->Shut(kGate), absl::OkStatus());
    EXPECT_TRUE(lab_.Arrives({}));
    EXPECT_EQ(Read().state, GateState::kShut);
    EXPECT_EQ(Read().dropped_packets, 1u);
  }
}

TEST_F(NftKernelTest, RefreshSetsTheLeaseToEndAtTheExpiry) {
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, Request({Lab::kThere4})));
  for (int seconds : {90, 5, 40}) {
    const BootInstant expiry = BootNow() + absl::Seconds(seconds);
    ASSERT_EQ(kernel_->Refresh(kGate, expiry), absl::OkStatus());
    const absl::Duration left = Read().lease_left;
    EXPECT_LE(BootNow() + left, expiry + absl::Milliseconds(50));
    EXPECT_GT(left, absl::Seconds(seconds - 3));
  }
}

TEST_F(NftKernelTest, WhatHasExpiredIsNeverBroughtBack) {
  ASSERT_NO_FATAL_FAILURE(
      PutInForce(kGate, Request({Lab::kThere4}), absl::Milliseconds(100)));
  while (Read().lease_left > absl::ZeroDuration()) {
  }
  const BootInstant expiry = BootNow() + absl::Seconds(60);
  EXPECT_TRUE(absl::IsNotFound(kernel_->Refresh(kGate, expiry)));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(kernel_->Arm(kGate, WallNow(), expiry)));
  EXPECT_EQ(Read().lease_left, absl::ZeroDuration());
  EXPECT_TRUE(lab_.Arrives({}));
}

TEST_F(NftKernelTest, AnExpiryInThePastIsRefusedAndChangesNothing) {
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(kernel_->Arm(kGate, WallNow(), BootNow())));
  EXPECT_EQ(Read().state, GateState::kShut);
  ASSERT_EQ(kernel_->Arm(kGate, WallNow(), BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  EXPECT_TRUE(absl::IsDeadlineExceeded(kernel_->Refresh(kGate, BootNow())));
  EXPECT_GT(Read().lease_left, absl::Seconds(30));
}

TEST_F(NftKernelTest, CallsOutOfOrderAreRefused) {
  const BootInstant expiry = BootNow() + absl::Seconds(60);
  EXPECT_TRUE(absl::IsNotFound(kernel_->Arm(kGate, WallNow(), expiry)));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Open(kGate)));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Refresh(kGate, expiry)));
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  EXPECT_TRUE(
      absl::IsAlreadyExists(kernel_->Stage(kGate, Request({Lab::kThere4}))));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Refresh(kGate, expiry)));
  ASSERT_EQ(kernel_->Arm(kGate, WallNow(), expiry), absl::OkStatus());
  EXPECT_TRUE(
      absl::IsFailedPrecondition(kernel_->Arm(kGate, WallNow(), expiry)));
  EXPECT_TRUE(Read().intact);
}

TEST_F(NftKernelTest, AnInvalidFlowLeavesNothingBehind) {
  EXPECT_TRUE(absl::IsInvalidArgument(kernel_->Stage(kGate, Request({"n1"}))));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Read(kGate).status()));
}

TEST_F(NftKernelTest, FaultsDoNotKnowOfEachOther) {
  ASSERT_NO_FATAL_FAILURE(PutInForce(1, Request({Lab::kThere4})));
  ASSERT_NO_FATAL_FAILURE(PutInForce(2, Request({Lab::kThere4})));
  ASSERT_NO_FATAL_FAILURE(PutInForce(3, Request({"10.77.0.3"})));
  const auto faults = kernel_->List();
  ASSERT_TRUE(faults.ok()) << faults.status();
  std::vector<GateId> gates;
  for (const KernelFault& fault : *faults) {
    gates.push_back(fault.gate);
    EXPECT_TRUE(fault.intact);
  }
  EXPECT_THAT(gates, UnorderedElementsAre(1, 2, 3));
  EXPECT_EQ(kernel_->Remove(1), absl::OkStatus());
  EXPECT_FALSE(lab_.Arrives({}));
  EXPECT_EQ(kernel_->Remove(2), absl::OkStatus());
  EXPECT_TRUE(lab_.Arrives({}));
  EXPECT_FALSE(lab_.Arrives({.from = "10.77.0.3"}));
}

}  // namespace
}  // namespace sunder::agent
