// NftKernel against the real kernel, with real packets.

#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/nft_kernel.h"
#include "agent/kernel/probes.h"
#include "agent/kernel/test_lab.h"
#include "agent/rules/program.h"
#include "common/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using ::testing::HasSubstr;

constexpr GateId kGate = 0x2a51;

class NftKernelTest : public ::testing::Test {
 protected:
  NftKernelTest() : kernel_(*NftKernel::Create()) {}

  static std::shared_ptr<v1::StageRequest> Request(
      const std::vector<std::string>& sources) {
    auto request = std::make_shared<v1::StageRequest>();
    request->set_fault_id("f00d");
    request->set_generation(7);
    request->set_digest("digest");
    auto* flow = request->add_flows();
    flow->mutable_behaviour()->mutable_drop();
    for (const std::string& source : sources) flow->add_sources(source);
    return request;
  }

  // In force at once.
  void InForce(const std::shared_ptr<v1::StageRequest>& request,
               absl::Duration lease = absl::Seconds(60)) {
    ASSERT_EQ(kernel_->Stage(kGate, request), absl::OkStatus());
    ASSERT_EQ(kernel_->Arm(kGate, WallNow(), BootNow() + lease),
              absl::OkStatus());
    ASSERT_EQ(kernel_->Open(kGate), absl::OkStatus());
  }

  KernelFault Read() {
    const absl::StatusOr<KernelFault> fault = kernel_->Read(kGate);
    EXPECT_TRUE(fault.ok()) << fault.status();
    return fault.ok() ? *fault : KernelFault{};
  }

  Lab lab_;
  std::unique_ptr<NftKernel> kernel_;
};

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

}  // namespace
}  // namespace sunder::agent
