// The traffic that keeps Sunder and its operator in control, host by host.

#ifndef SUNDER_CONTROLLER_PLANNER_PROTECTED_H_
#define SUNDER_CONTROLLER_PLANNER_PROTECTED_H_

#include <vector>

#include "controller/planner/deployment.h"
#include "controller/planner/topology_index.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// Borrows both, which must outlive it.
class Protection {
 public:
  Protection(const TopologyIndex& topology, const Deployment& deployment);

  // What must go on between `host` and others: agents over TCP, the
  // controller's own port, the services it calls, ssh in both roles, the
  // operator's list; and all that the agent spares by itself, so that no fault
  // says it drops that. Distinct, in a stable order.
  std::vector<v1::ProtectedTuple> At(const v1::Host& host) const;

 private:
  const TopologyIndex& topology_;
  const Deployment& deployment_;
  const bool controller_is_on_a_host_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_PROTECTED_H_
