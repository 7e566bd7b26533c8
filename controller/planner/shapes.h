// From a shape to the sides and cuts it stands for. Pure.

#ifndef SUNDER_CONTROLLER_PLANNER_SHAPES_H_
#define SUNDER_CONTROLLER_PLANNER_SHAPES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "controller/planner/division.h"
#include "controller/planner/topology_index.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// Sides are numbered in the order of the shape's own fields; isolated rest
// comes after the groups. Errors: as Select; INVALID_ARGUMENT for a shape that
// is wrong in itself (UNKNOWN_ENUM, overlapping sides, too few members, ...);
// FAILED_PRECONDITION for REST_ERROR with a rest.
absl::StatusOr<Division> Divide(const TopologyIndex& topology,
                                const v1::Shape& shape, uint64_t seed);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_SHAPES_H_
