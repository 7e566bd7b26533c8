#include "agent/core/carry_out.h"

#include <utility>
#include <variant>

#include "absl/status/statusor.h"

namespace sunder::agent {
namespace {

struct Visitor {
  GateId gate;
  Kernel& kernel;
  const ToWall& to_wall;

  OpResult operator()(const StageOp& op) const {
    return {kernel.Stage(gate, op.request), {}};
  }
  OpResult operator()(const ArmOp& op) const {
    return {kernel.Arm(gate, to_wall(op.start), op.expiry), {}};
  }
  OpResult operator()(const OpenOp&) const { return {kernel.Open(gate), {}}; }
  OpResult operator()(const RefreshOp& op) const {
    return {kernel.Refresh(gate, op.expiry), {}};
  }
  OpResult operator()(const ShutOp&) const { return {kernel.Shut(gate), {}}; }
  OpResult operator()(const RemoveOp&) const {
    return {kernel.Remove(gate), {}};
  }
  OpResult operator()(const ReadOp&) const {
    absl::StatusOr<KernelFault> read = kernel.Read(gate);
    if (!read.ok()) return {read.status(), {}};
    return {absl::OkStatus(), *std::move(read)};
  }
};

}  // namespace

OpResult CarryOut(const KernelOp& op, Kernel& kernel, const ToWall& to_wall) {
  return std::visit(Visitor{op.gate, kernel, to_wall}, op.what);
}

}  // namespace sunder::agent
