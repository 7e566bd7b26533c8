// Test only: an NftKernel in a Lab, and the flows that its tests want.

#ifndef SUNDER_AGENT_KERNEL_TEST_FIXTURE_H_
#define SUNDER_AGENT_KERNEL_TEST_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/kernel/nft_kernel.h"
#include "agent/kernel/test_lab.h"
#include "common/clock.h"
#include "gtest/gtest.h"

namespace sunder::agent {

using RequestPtr = std::shared_ptr<v1::StageRequest>;

class NftKernelTest : public ::testing::Test {
 protected:
  static constexpr GateId kGate = 0x2a51;

  NftKernelTest() : kernel_(*NftKernel::Create()) {}

  static sunder::v1::Flow* AddFlow(v1::StageRequest& request,
                                   const std::vector<std::string>& sources) {
    auto* flow = request.add_flows();
    flow->mutable_behaviour()->mutable_drop();
    for (const std::string& source : sources) flow->add_sources(source);
    return flow;
  }

  static void AddPorts(
      google::protobuf::RepeatedPtrField<sunder::v1::PortRange>* ports,
      uint32_t first, uint32_t last) {
    auto* range = ports->Add();
    range->set_first(first);
    range->set_last(last);
  }

  // A fault that drops what comes from `sources`.
  static RequestPtr Request(const std::vector<std::string>& sources) {
    auto request = std::make_shared<v1::StageRequest>();
    request->set_fault_id("f00d");
    request->set_generation(7);
    request->set_digest("digest");
    AddFlow(*request, sources);
    return request;
  }

  // In force at once.
  void PutInForce(GateId gate, const RequestPtr& request,
                  absl::Duration lease = absl::Seconds(60)) {
    ASSERT_EQ(kernel_->Stage(gate, request), absl::OkStatus());
    ASSERT_EQ(kernel_->Arm(gate, WallNow(), BootNow() + lease),
              absl::OkStatus());
    ASSERT_EQ(kernel_->Open(gate), absl::OkStatus());
  }

  KernelFault Read(GateId gate = kGate) {
    const absl::StatusOr<KernelFault> fault = kernel_->Read(gate);
    EXPECT_TRUE(fault.ok()) << fault.status();
    return fault.ok() ? *fault : KernelFault{};
  }

  Lab lab_;
  std::unique_ptr<NftKernel> kernel_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_TEST_FIXTURE_H_
