#include "agent/core/model_kernel.h"

#include <memory>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

class ModelKernelTest : public testing::Test {
 protected:
  void Stage(GateId gate) {
    auto request = std::make_shared<v1::StageRequest>();
    request->set_fault_id("f");
    ASSERT_TRUE(kernel.Stage(gate, request).ok());
  }
  BootInstant In(absl::Duration d) const { return clock.now + d; }
  void Pass(absl::Duration d) { clock.now = clock.now + d; }

  ModelClock clock;
  ModelKernel kernel{&clock};
};

TEST_F(ModelKernelTest, ATimedGateOpensByTheWallClockAndCanShutAgain) {
  Stage(1);
  const WallInstant start = clock.WallAt(In(absl::Seconds(1)));
  ASSERT_TRUE(kernel.Arm(1, start, In(absl::Seconds(9))).ok());
  EXPECT_FALSE(kernel.Drops("f"));
  Pass(absl::Seconds(1));
  EXPECT_TRUE(kernel.Drops("f"));
  clock.wall_ahead -= absl::Hours(1);
  EXPECT_FALSE(kernel.Drops("f"));
  ASSERT_TRUE(kernel.Open(1).ok());
  EXPECT_TRUE(kernel.Drops("f"));
}

TEST_F(ModelKernelTest, ALeaseThatRanOutCannotBeRefreshed) {
  Stage(1);
  ASSERT_TRUE(
      kernel.Arm(1, clock.WallAt(clock.now), In(absl::Seconds(1))).ok());
  ASSERT_TRUE(kernel.Refresh(1, In(absl::Seconds(2))).ok());
  Pass(absl::Seconds(2));
  EXPECT_FALSE(kernel.Drops("f"));
  EXPECT_TRUE(absl::IsNotFound(kernel.Refresh(1, In(absl::Seconds(2)))));
  EXPECT_FALSE(kernel.Drops("f"));
  EXPECT_EQ(kernel.Read(1)->lease_left, absl::ZeroDuration());
}

TEST_F(ModelKernelTest, APlannedFailureHappensOnceWithOrWithoutItsEffect) {
  Stage(1);
  kernel.FailNext(ModelOp::kRemove, absl::DataLossError("?"));
  EXPECT_FALSE(kernel.Remove(1).ok());
  EXPECT_TRUE(kernel.Has("f"));
  kernel.FailNext(ModelOp::kRemove, absl::DataLossError("?"), true);
  EXPECT_FALSE(kernel.Remove(1).ok());
  EXPECT_FALSE(kernel.Has("f"));
  EXPECT_TRUE(kernel.Remove(1).ok());
}

TEST_F(ModelKernelTest, AGateIsStagedOnce) {
  Stage(1);
  EXPECT_TRUE(absl::IsAlreadyExists(
      kernel.Stage(1, std::make_shared<v1::StageRequest>())));
  EXPECT_TRUE(absl::IsNotFound(kernel.Read(2).status()));
}

}  // namespace
}  // namespace sunder::agent
