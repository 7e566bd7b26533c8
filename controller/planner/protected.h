// The traffic that keeps Sunder and its operator in control, host by host.

#ifndef SUNDER_CONTROLLER_PLANNER_PROTECTED_H_
#define SUNDER_CONTROLLER_PLANNER_PROTECTED_H_

#include <vector>

#include "controller/planner/deployment.h"
#include "controller/planner/topology_index.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// What must go on between `host` and others: agents over TCP, the controller's
// own port, the services it calls, ssh in both roles, the operator's list.
// Distinct, in a stable order.
std::vector<v1::ProtectedTuple> ProtectedAt(const TopologyIndex& topology,
                                            const Deployment& deployment,
                                            const v1::Host& host);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_PROTECTED_H_
