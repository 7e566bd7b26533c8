// Where a fault meets what is protected: covered by the way, it is carved out
// and said; named, the fault is refused.

#ifndef SUNDER_CONTROLLER_PLANNER_CARVE_OUT_H_
#define SUNDER_CONTROLLER_PLANNER_CARVE_OUT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/planner/division.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// Notes on what of `hosts` their protected tuples keep open.
// FAILED_PRECONDITION, reason PROTECTED: the fault would cut a tuple whose peer
// is one of its external members, or whose port its filter names as a single
// port.
absl::StatusOr<std::vector<std::string>> CarveOut(
    const std::vector<v1::HostPlan>& hosts, const Division& division,
    const v1::Filter& filter);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_CARVE_OUT_H_
