// Tells one host's part of a plan from another. Not for security: both ends of
// the comparison are ours.

#ifndef SUNDER_CONTROLLER_CORE_DIGEST_H_
#define SUNDER_CONTROLLER_CORE_DIGEST_H_

#include <string>

#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// 16 bytes over flows and protected tuples, in their order.
std::string DigestOf(const sunder::v1::HostPlan& plan);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_DIGEST_H_
