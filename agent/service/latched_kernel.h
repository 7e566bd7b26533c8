// A Kernel that asks the stop latch before every commit, and once more after
// it: a --heal-all that set the latch in between may have swept too early to
// see what was committed. Same owner and thread as the kernel inside.

#ifndef SUNDER_AGENT_SERVICE_LATCHED_KERNEL_H_
#define SUNDER_AGENT_SERVICE_LATCHED_KERNEL_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/core/kernel.h"
#include "agent/service/stop_latch.h"

namespace sunder::agent {

class LatchedKernel : public Kernel {
 public:
  // Both outlive this.
  LatchedKernel(Kernel* kernel, const StopLatch* latch)
      : kernel_(kernel), latch_(latch) {}

  absl::Status Stage(GateId gate,
                     std::shared_ptr<const v1::StageRequest> request) override;
  absl::Status Arm(GateId gate, WallInstant start, BootInstant expiry) override;
  absl::Status Open(GateId gate) override;
  absl::Status Shut(GateId gate) override { return kernel_->Shut(gate); }
  absl::Status Refresh(GateId gate, BootInstant expiry) override;
  absl::Status Remove(GateId gate) override { return kernel_->Remove(gate); }
  absl::StatusOr<KernelFault> Read(GateId gate) override {
    return kernel_->Read(gate);
  }
  absl::StatusOr<std::vector<KernelFault>> List() override {
    return kernel_->List();
  }

 private:
  template <typename Commit>
  absl::Status UnlessLatched(GateId gate, Commit commit);

  Kernel* const kernel_;
  const StopLatch* const latch_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_LATCHED_KERNEL_H_
