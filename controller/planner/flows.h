// From cuts to what each host drops as it receives it. Pure.
//
// Of two members that are told apart by ports, the conversations are cut whose
// server port is one of either's: packets from A to B bear it as source port if
// it is A's, as destination port if it is B's. A member that has addresses of
// its own is cut whole.

#ifndef SUNDER_CONTROLLER_PLANNER_FLOWS_H_
#define SUNDER_CONTROLLER_PLANNER_FLOWS_H_

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/planner/place.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// Sorted by host; only hosts with flows. `cuts` are between the sides of
// `places`. UNIMPLEMENTED: only a member without agent would receive what is to
// be dropped. FAILED_PRECONDITION, reason NOTHING_CUT: no flow is left.
// RESOURCE_EXHAUSTED.
absl::StatusOr<std::vector<v1::HostPlan>> PlanFlows(
    const Scopes& scopes, const std::map<int, std::vector<Place>>& places,
    const std::set<std::pair<int, int>>& cuts, const v1::FaultSpec& spec);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_FLOWS_H_
