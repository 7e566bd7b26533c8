#include "controller/api/workers.h"

#include <atomic>
#include <memory>

#include "absl/synchronization/notification.h"
#include "common/error_detail.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

TEST(Workers, OneThreadKeepsTheOrderAndNothingTakenIsLost) {
  std::vector<int> seen;
  {
    Workers workers("numbers", 1, 1000);
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(
          workers.Submit([&seen, i](const auto&) { seen.push_back(i); }).ok());
    }
  }
  ASSERT_EQ(seen.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[i], i);
}

TEST(Workers, ATaskThatWaitsDoesNotHoldUpAnother) {
  absl::Notification second;
  Workers workers("tasks", 2, 10);
  ASSERT_TRUE(
      workers.Submit([&](const auto&) { second.WaitForNotification(); }).ok());
  ASSERT_TRUE(workers.Submit([&](const auto&) { second.Notify(); }).ok());
}

TEST(Workers, RefusesMoreThanItsQueueHoldsAndSaysOfWhat) {
  absl::Notification begun, go;
  Workers workers("kills", 1, 2);
  ASSERT_TRUE(workers
                  .Submit([&](const auto&) {
                    begun.Notify();
                    go.WaitForNotification();
                  })
                  .ok());
  begun.WaitForNotification();
  EXPECT_TRUE(workers.Submit([](const auto&) {}).ok());
  EXPECT_TRUE(workers.Submit([](const auto&) {}).ok());
  const absl::Status refused = workers.Submit([](const auto&) {});
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("kills"));
  go.Notify();
}

TEST(Workers, AskTheRunningTaskToHurryWhenTheyStop) {
  auto hurried = std::make_shared<std::atomic<bool>>(false);
  absl::Notification begun;
  {
    Workers workers("kills", 1, 1);
    ASSERT_TRUE(workers
                    .Submit([&](const std::stop_token& stop) {
                      begun.Notify();
                      absl::Notification asked;
                      const std::stop_callback tell(stop,
                                                    [&] { asked.Notify(); });
                      asked.WaitForNotification();
                      *hurried = true;
                    })
                    .ok());
    begun.WaitForNotification();
  }
  EXPECT_TRUE(*hurried);
}

TEST(Workers, TakeNothingOnceTheyStop) {
  Workers workers("kills", 1, 10);
  workers.Stop();
  const absl::Status refused = workers.Submit([](const auto&) {});
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  ASSERT_TRUE(GetErrorDetail(refused).has_value());
  EXPECT_EQ(GetErrorDetail(refused)->reason(), "STOPPING");
}

}  // namespace
}  // namespace sunder::controller
