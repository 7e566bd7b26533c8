// When the kernel itself begins and ends a fault, with nobody to tell it.

#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/test_fixture.h"
#include "agent/kernel/transport.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

TEST_F(NftKernelTest, TheKernelHealsAloneWhenNobodyIsLeft) {
  ASSERT_NO_FATAL_FAILURE(
      PutInForce(kGate, Request({Lab::kThere4}), absl::Milliseconds(400)));
  EXPECT_FALSE(lab_.Arrives({}));
  kernel_.reset();
  const BootInstant begin = BootNow();
  while (!lab_.Arrives({})) {
    ASSERT_LT(BootNow() - begin, absl::Seconds(10));
  }
  EXPECT_LT(BootNow() - begin, absl::Seconds(2));
  kernel_ = *NftKernel::Create();
  EXPECT_EQ(Read().lease_left, absl::ZeroDuration());
  EXPECT_TRUE(Read().intact);
}

// Sends from there as fast as it can while `change` runs here. Returns for each
// datagram the wall clock before and after it was sent, and whether it arrived.
struct Shot {
  WallInstant before, after;
  bool arrived = false;
};
std::vector<Shot> Flood(Lab& lab, const std::function<void()>& change) {
  const UniqueFd to = lab.Here(SOCK_DGRAM, Lab::kHere4, 5000);
  const UniqueFd from = lab.There(SOCK_DGRAM, Lab::kThere4, 4000);
  std::vector<Shot> shots;
  std::atomic<bool> stop = false;
  std::atomic<bool> started = false;
  std::thread flood([&] {
    while (!stop) {
      Shot shot;
      shot.before = WallNow();
      SendTo(from, Lab::kHere4, 5000, "x");
      shot.after = WallNow();
      lab.Fence(false);
      shot.arrived = TryReceive(to);
      shots.push_back(shot);
      started = true;
    }
  });
  while (!started) std::this_thread::yield();
  change();
  stop = true;
  flood.join();
  return shots;
}

TEST_F(NftKernelTest, TheKernelOpensTheGateAtItsInstant) {
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  const WallInstant start = WallNow() + absl::Milliseconds(150);
  ASSERT_EQ(kernel_->Arm(kGate, start, BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  const std::vector<Shot> shots = Flood(lab_, [&] {
    while (WallNow() < start + absl::Milliseconds(100)) {
      std::this_thread::yield();
    }
  });
  int before = 0, after = 0;
  for (const Shot& shot : shots) {
    if (shot.after < start) {
      ++before;
      EXPECT_TRUE(shot.arrived);
    } else if (shot.before > start + absl::Milliseconds(1)) {
      ++after;
      EXPECT_FALSE(shot.arrived);
    }
  }
  EXPECT_GT(before, 0);
  EXPECT_GT(after, 0);
}

TEST_F(NftKernelTest, OpenAndRefreshLeakNothing) {
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  ASSERT_EQ(kernel_->Arm(kGate, WallNow(), BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  EXPECT_FALSE(lab_.Arrives({}));
  const std::vector<Shot> shots = Flood(lab_, [&] {
    for (int i = 0; i < 300; ++i) {
      EXPECT_EQ(kernel_->Open(kGate), absl::OkStatus());
      EXPECT_EQ(kernel_->Refresh(kGate, BootNow() + absl::Seconds(60)),
                absl::OkStatus());
    }
  });
  for (const Shot& shot : shots) EXPECT_FALSE(shot.arrived);
}

// Does what the test wants before each question to the kernel.
class InterruptedTransport : public NetlinkTransport {
 public:
  explicit InterruptedTransport(const std::function<void()>* interrupt)
      : interrupt_(interrupt) {}
  uint32_t port() const override { return transport_->port(); }
  absl::Status Send(absl::string_view bytes) override {
    (*interrupt_)();
    return transport_->Send(bytes);
  }
  absl::StatusOr<std::string> Receive() override {
    return transport_->Receive();
  }

 private:
  const std::unique_ptr<NetlinkTransport> transport_ = *OpenNetlinkSocket();
  const std::function<void()>* const interrupt_;
};

// As when the process is stopped just before the commit.
TEST_F(NftKernelTest, AnArmThatIsCommittedAfterItsExpiryDropsNothing) {
  std::function<void()> interrupt = [] {};
  const auto observer = *NftKernel::Create();
  kernel_ = std::make_unique<NftKernel>(
      std::make_unique<InterruptedTransport>(&interrupt), BootNow);
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  const BootInstant expiry = BootNow() + absl::Seconds(1);
  int sent = 0;
  interrupt = [&] {
    if (++sent == 1) {
      while (BootNow() <= expiry) std::this_thread::yield();
      return;
    }
    EXPECT_TRUE(lab_.Arrives({}));  // It is armed, and not yet taken back.
    const auto fault = observer->Read(kGate);
    ASSERT_TRUE(fault.ok()) << fault.status();
    EXPECT_EQ(fault->state, GateState::kTimed);
    EXPECT_GT(fault->lease_left, absl::ZeroDuration());
  };
  EXPECT_TRUE(absl::IsDeadlineExceeded(kernel_->Arm(kGate, WallNow(), expiry)));
  EXPECT_EQ(sent, 2);
}

}  // namespace
}  // namespace sunder::agent
