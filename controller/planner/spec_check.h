// A fault's fields at their edges, before anything is resolved. The shape's own
// fields are checked where they are used.

#ifndef SUNDER_CONTROLLER_PLANNER_SPEC_CHECK_H_
#define SUNDER_CONTROLLER_PLANNER_SPEC_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// INVALID_ARGUMENT; the detail's subject is the field, the reason UNKNOWN_ENUM
// for values that this controller does not know.
absl::Status CheckSpec(const sunder::v1::FaultSpec& spec);

// Of a name or an owner, which people are shown; empty is well.
absl::Status CheckShortText(absl::string_view field, absl::string_view text);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_SPEC_CHECK_H_
