#include "common/event_loop.h"

#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "gtest/gtest.h"

namespace sunder {
namespace {

TEST(EventLoop, RunsWhatOtherThreadsPostInTheirOrder) {
  auto loop = *EventLoop::Create();
  std::vector<int> seen;
  std::thread poster([&] {
    for (int i = 0; i < 1000; ++i) {
      loop->Post([&seen, i] { seen.push_back(i); });
    }
    loop->Stop();
  });
  EXPECT_TRUE(loop->Run().ok());
  poster.join();
  ASSERT_EQ(seen.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[i], i);
}

TEST(EventLoop, RunsTheLastTimerSetNotBeforeItsInstant) {
  auto loop = *EventLoop::Create();
  const BootInstant at = BootNow() + absl::Milliseconds(20);
  BootInstant ran;
  loop->SetTimer(BootNow(), [&] { ADD_FAILURE() << "replaced timer ran"; });
  loop->SetTimer(at, [&] {
    ran = BootNow();
    loop->Stop();
  });
  EXPECT_TRUE(loop->Run().ok());
  EXPECT_GE(ran, at);
}

TEST(EventLoop, ATimerTaskMaySetTheTimerAgain) {
  auto loop = *EventLoop::Create();
  int runs = 0;
  std::function<void()> again = [&] {
    if (++runs == 3) return loop->Stop();
    loop->SetTimer(BootNow(), again);
  };
  loop->SetTimer(BootNow(), again);
  EXPECT_TRUE(loop->Run().ok());
  EXPECT_EQ(runs, 3);
}

TEST(EventLoop, CallsBackWhenAWatchedDescriptorIsReadable) {
  auto loop = *EventLoop::Create();
  std::array<int, 2> fds{};
  ASSERT_EQ(pipe(fds.data()), 0);
  UniqueFd in(fds[0]), out(fds[1]);
  ASSERT_TRUE(loop->Watch(in.get(), [&] { loop->Stop(); }).ok());
  loop->Post([&] { ASSERT_EQ(write(out.get(), "x", 1), 1); });
  EXPECT_TRUE(loop->Run().ok());
  loop->Unwatch(in.get());
}

}  // namespace
}  // namespace sunder
