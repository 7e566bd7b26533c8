// One topology of what the operator wrote down and what Marathon says. Pure.

#ifndef SUNDER_CONTROLLER_DISCOVERY_MERGE_H_
#define SUNDER_CONTROLLER_DISCOVERY_MERGE_H_

#include "controller/discovery/marathon_json.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

// Hosts are the inventory's. A Marathon task runs on the host whose
// mesos_agent_id is its slaveId; where the inventory has no id for the host, on
// the host whose name or address it gives, unless two Mesos agents claim that
// host: then neither's tasks are put there, and a warning names both. A task on
// no host of ours stays, with an empty host and the reason. Of two tasks with
// one id the inventory's stays. Everything is sorted; `sources` is empty.
sunder::v1::Topology Merge(const sunder::v1::Topology& inventory,
                           const MarathonContent& marathon);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_MERGE_H_
