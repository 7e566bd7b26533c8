// From what is there and what a person asked for to what each host drops. Pure:
// the same topology, fault, seed and deployment give the same plan on every
// machine. Calls are independent; any number may run at once.

#ifndef SUNDER_CONTROLLER_PLANNER_PLANNER_H_
#define SUNDER_CONTROLLER_PLANNER_PLANNER_H_

#include "absl/status/statusor.h"
#include "controller/planner/deployment.h"
#include "sunder/v1/fault.pb.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

// `spec.seed` must not be 0: the caller draws one and records it. Errors carry
// an ErrorDetail with what to do next:
//
//   INVALID_ARGUMENT     the spec or a selector is wrong in itself
//   NOT_FOUND            a selector names what is not there
//   FAILED_PRECONDITION  it is there but cannot be cut like this (no address,
//                        protected, nothing would be dropped)
//   UNIMPLEMENTED        nobody could drop it: the far end has no agent
//   RESOURCE_EXHAUSTED   the plan would be too large
//
// With the plan that is in force `before`, where members have moved: who stays
// keeps the side he was picked for.
absl::StatusOr<sunder::v1::Plan> MakePlan(
    const sunder::v1::Topology& topology, const sunder::v1::FaultSpec& spec,
    const Deployment& deployment, const sunder::v1::Plan* before = nullptr);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_PLANNER_H_
