#include "agent/service/driver.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/model_kernel.h"
#include "agent/service/clock_watch.h"
#include "agent/service/temp_dir.h"
#include "common/clock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

class DriverTest : public testing::Test {
 protected:
  void SetUp() override {
    Begin();
    clock.now = BootNow();
  }
  void Begin() {
    core = std::make_unique<Core>(Identity{"boot", 5}, [] {
      static uint32_t gate = 0;
      return ++gate;
    });
    driver =
        std::make_unique<Driver>(core.get(), &kernel, &records, loop.get());
    ASSERT_TRUE(driver->Start().ok());
  }
  absl::Status Stage() {
    auto request = std::make_shared<v1::StageRequest>();
    request->mutable_caller()->set_term(3);
    request->mutable_caller()->set_incarnation(5);
    request->mutable_caller()->set_not_after_ns(
        (BootNow() + absl::Seconds(9)).nanos());
    request->set_fault_id("f1");
    request->set_generation(1);
    request->set_digest("d");
    // Longer than a busy machine keeps this process waiting while it stages.
    request->set_time_to_live_ns(1'000'000'000);
    request->add_flows();
    absl::Status result = absl::UnknownError("no reply");
    driver->Stage(request, [&](absl::Status status, const v1::Held& /*held*/) {
      result = std::move(status);
    });
    return result;
  }

  TempDir dir;
  ModelClock clock;
  ModelKernel kernel{&clock};
  RecordFile records{dir.path()};
  std::unique_ptr<EventLoop> loop = *EventLoop::Create();
  std::unique_ptr<Core> core;
  std::unique_ptr<Driver> driver;
};

TEST_F(DriverTest, RunsTheCoresTimers) {
  ASSERT_TRUE(Stage().ok());
  EXPECT_TRUE(kernel.Has("f1"));
  std::vector<v1::State> heard;
  driver->SetOnNotify([&](const v1::Held& held) {
    heard.push_back(held.state());
    loop->Stop();
  });
  ASSERT_TRUE(loop->Run().ok());  // Until its time to live is over.
  EXPECT_EQ(heard, std::vector<v1::State>{v1::STATE_HEALED});
  EXPECT_FALSE(kernel.Has("f1"));
}

TEST_F(DriverTest, KeepsTheRecordForTheNextLife) {
  ASSERT_TRUE(Stage().ok());
  EXPECT_EQ(records.Load()->highest_term(), 3u);
  Begin();
  EXPECT_EQ(core->StampAt(BootNow()).highest_term(), 3u);
  EXPECT_EQ(core->start_report().size(), 1u);
  EXPECT_FALSE(kernel.Has("f1"));
}

TEST_F(DriverTest, ADamagedRecordMeansSweep) {
  ASSERT_TRUE(Stage().ok());
  std::filesystem::resize_file(dir / "record", 40);
  Begin();
  EXPECT_FALSE(kernel.Has("f1"));
  EXPECT_EQ(core->StampAt(BootNow()).highest_term(), 0u);
}

TEST_F(DriverTest, DoesNotStartOnAKernelThatCannotBeRead) {
  kernel.FailNext(ModelOp::kList, absl::PermissionDeniedError("not root"));
  Driver other(core.get(), &kernel, &records, loop.get());
  EXPECT_TRUE(absl::IsPermissionDenied(other.Start()));
}

TEST(WallAt, IsWhatTheWallClockWillShow) {
  const WallInstant at = WallAt(BootNow() + absl::Seconds(10));
  EXPECT_LT(absl::AbsDuration(at - (WallNow() + absl::Seconds(10))),
            absl::Milliseconds(500));
}

TEST(ClockWatch, SaysNothingWhileNobodySetsTheClock) {
  auto watch = ClockWatch::Create();
  ASSERT_TRUE(watch.ok()) << watch.status();
  const auto set = watch->WasSet();
  ASSERT_TRUE(set.ok());
  EXPECT_FALSE(*set);
}

}  // namespace
}  // namespace sunder::agent
