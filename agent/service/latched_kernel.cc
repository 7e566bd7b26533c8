#include "agent/service/latched_kernel.h"

#include <memory>
#include <utility>

namespace sunder::agent {

template <typename Commit>
absl::Status LatchedKernel::UnlessLatched(GateId gate, Commit commit) {
  if (latch_->IsSet()) return latch_->Refusal();
  absl::Status status = commit();
  if (!latch_->IsSet()) return status;
  // The core removes it again and reads back; this one must not wait for that.
  kernel_->Remove(gate).IgnoreError();
  return latch_->Refusal();
}

absl::Status LatchedKernel::Stage(
    GateId gate, std::shared_ptr<const v1::StageRequest> request) {
  return UnlessLatched(
      gate, [&] { return kernel_->Stage(gate, std::move(request)); });
}

absl::Status LatchedKernel::Arm(GateId gate, WallInstant start,
                                BootInstant expiry) {
  return UnlessLatched(gate, [&] { return kernel_->Arm(gate, start, expiry); });
}

absl::Status LatchedKernel::Open(GateId gate) {
  return UnlessLatched(gate, [&] { return kernel_->Open(gate); });
}

absl::Status LatchedKernel::Refresh(GateId gate, BootInstant expiry) {
  return UnlessLatched(gate, [&] { return kernel_->Refresh(gate, expiry); });
}

}  // namespace sunder::agent
