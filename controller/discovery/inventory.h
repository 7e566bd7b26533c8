// The operator's inventory: which hosts there are, and tasks that no Marathon
// knows. A YAML file:
//
//   hosts:
//     - {name: n1, addresses: [10.9.0.1, "fd09::1"],
//        agent: "unix:/run/sunder/n1.sock", labels: {rack: r1},
//        mesos_agent_id: 3d1c-S4}
//   tasks:
//     - {id: redis.1, app: /redis, host: n1,
//        endpoints: [{port: 6379}, {port: 26379, protocol: udp}]}
//
// Pure but for ReadInventory.

#ifndef SUNDER_CONTROLLER_DISCOVERY_INVENTORY_H_
#define SUNDER_CONTROLLER_DISCOVERY_INVENTORY_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

inline constexpr size_t kMaxInventoryBytes = size_t{4} << 20;

// `name` stands before each error, as in "inventory.yaml:3: ...". Errors come
// together, up to ten. The result has hosts, tasks and their apps; an endpoint
// with an address that is not its host's gives the task addresses of its own.
absl::StatusOr<sunder::v1::Topology> ParseInventory(const std::string& text,
                                                    const std::string& name);
absl::StatusOr<sunder::v1::Topology> ReadInventory(const std::string& path);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_INVENTORY_H_
