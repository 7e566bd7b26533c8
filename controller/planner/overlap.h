// Sides must be disjoint, not by name alone: a host holds its tasks, a prefix
// the prefixes in it.

#ifndef SUNDER_CONTROLLER_PLANNER_OVERLAP_H_
#define SUNDER_CONTROLLER_PLANNER_OVERLAP_H_

#include "absl/status/status.h"
#include "controller/planner/division.h"
#include "controller/planner/topology_index.h"

namespace sunder::controller {

// INVALID_ARGUMENT, reason OVERLAP, with the names of the two that overlap.
// Members without a side overlap with nobody.
absl::Status CheckNoOverlap(const TopologyIndex& topology,
                            const Division& division);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_OVERLAP_H_
