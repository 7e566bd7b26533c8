// A name for the content of a host's part of a plan.

#ifndef SUNDER_CONTROLLER_PLANNER_DIGEST_H_
#define SUNDER_CONTROLLER_PLANNER_DIGEST_H_

#include <string>

#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// SHA-256 (32 raw bytes) of `plan`. Equal plans have equal digests, in every
// process and build.
std::string Digest(const sunder::v1::HostPlan& plan);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_DIGEST_H_
