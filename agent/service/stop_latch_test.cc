// The latch, and the kernel behind it.

#include "agent/service/stop_latch.h"

#include <poll.h>

#include <functional>
#include <memory>

#include "agent/core/model_kernel.h"
#include "agent/service/latched_kernel.h"
#include "agent/service/temp_dir.h"
#include "common/error_detail.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

class StopLatchTest : public testing::Test {
 protected:
  TempDir dir;
  StopLatch latch{dir.path()};
};

TEST_F(StopLatchTest, StaysUntilItIsReleased) {
  EXPECT_FALSE(latch.IsSet());
  ASSERT_TRUE(latch.Set().ok());
  ASSERT_TRUE(latch.Set().ok());
  EXPECT_TRUE(StopLatch(dir.path()).IsSet());
  ASSERT_TRUE(latch.Release().ok());
  EXPECT_FALSE(latch.IsSet());
  EXPECT_TRUE(absl::IsNotFound(latch.Release()));
}

TEST_F(StopLatchTest, WhoWatchesHearsOfIt) {
  const auto watch = latch.Watch();
  ASSERT_TRUE(watch.ok());
  pollfd readable{watch->get(), POLLIN, 0};
  EXPECT_EQ(poll(&readable, 1, 0), 0);
  ASSERT_TRUE(latch.Set().ok());
  EXPECT_EQ(poll(&readable, 1, 5000), 1);
}

// A kernel in which somebody sets the latch in the middle of each commit.
class RacedKernel : public ModelKernel {
 public:
  using ModelKernel::ModelKernel;
  std::function<void()> meanwhile = [] {};
  absl::Status Stage(GateId gate,
                     std::shared_ptr<const v1::StageRequest> r) override {
    meanwhile();
    return ModelKernel::Stage(gate, std::move(r));
  }
  absl::Status Refresh(GateId gate, BootInstant expiry) override {
    meanwhile();
    return ModelKernel::Refresh(gate, expiry);
  }
};

class LatchedKernelTest : public StopLatchTest {
 protected:
  absl::Status Stage() {
    return kernel.Stage(1, std::make_shared<v1::StageRequest>());
  }
  std::string Reason(const absl::Status& status) {
    const auto detail = GetErrorDetail(status);
    return detail ? detail->reason() : "";
  }
  ModelClock clock;
  RacedKernel inner{&clock};
  LatchedKernel kernel{&inner, &latch};
};

TEST_F(LatchedKernelTest, CommitsNothingWhileTheLatchIsSet) {
  const BootInstant later = clock.now + absl::Seconds(1);
  ASSERT_TRUE(Stage().ok());
  ASSERT_TRUE(latch.Set().ok());
  EXPECT_EQ(Reason(kernel.Arm(1, clock.WallAt(later), later)), "LATCHED");
  EXPECT_EQ(Reason(kernel.Open(1)), "LATCHED");
  EXPECT_EQ(Reason(kernel.Refresh(1, later)), "LATCHED");
  EXPECT_EQ(inner.Read(1)->state, GateState::kShut);
  EXPECT_TRUE(kernel.Remove(1).ok());
  EXPECT_EQ(Reason(Stage()), "LATCHED");
  EXPECT_EQ(inner.size(), 0u);
}

TEST_F(LatchedKernelTest, TakesBackWhatWasCommittedAsTheLatchWasSet) {
  inner.meanwhile = [&] { ASSERT_TRUE(latch.Set().ok()); };
  EXPECT_EQ(Reason(Stage()), "LATCHED");
  EXPECT_EQ(inner.size(), 0u);
}

TEST_F(LatchedKernelTest, IsTheKernelInsideWhileTheLatchIsNotSet) {
  const BootInstant later = clock.now + absl::Seconds(1);
  EXPECT_TRUE(Stage().ok());
  EXPECT_TRUE(kernel.Arm(1, clock.WallAt(clock.now), later).ok());
  EXPECT_TRUE(kernel.Open(1).ok());
  EXPECT_TRUE(kernel.Refresh(1, later).ok());
  EXPECT_EQ(kernel.Read(1)->state, GateState::kOpen);
  EXPECT_EQ(kernel.List()->size(), 1u);
}

}  // namespace
}  // namespace sunder::agent
