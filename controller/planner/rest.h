// The members that no group of a complete partition names.

#ifndef SUNDER_CONTROLLER_PLANNER_REST_H_
#define SUNDER_CONTROLLER_PLANNER_REST_H_

#include <vector>

#include "absl/status/statusor.h"
#include "controller/planner/division.h"
#include "controller/planner/topology_index.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// `groups` holds the members of all groups. FAILED_PRECONDITION: there is a
// rest, and the shape says that this is an error.
absl::StatusOr<std::vector<Member>> RestOf(const TopologyIndex& topology,
                                           const Division& groups,
                                           const v1::Shape::Complete& shape);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_REST_H_
