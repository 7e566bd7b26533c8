// Members move, but those who stay must stay on their side: a shape that counts
// or picks (halves, one isolated, a majority) would divide others anew. Pure.

#ifndef SUNDER_CONTROLLER_PLANNER_KEEP_SIDES_H_
#define SUNDER_CONTROLLER_PLANNER_KEEP_SIDES_H_

#include "absl/status/status.h"
#include "controller/planner/division.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// Puts those of `division` whom `before` knows on the sides they have there,
// and the others where members are missing, then where the shape has room.
// Shapes that name their sides are left alone. FAILED_PRECONDITION: a side is
// empty.
absl::Status KeepSides(const v1::Plan& before, const v1::Shape& shape,
                       Division& division);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_KEEP_SIDES_H_
