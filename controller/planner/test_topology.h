// Topologies and errors for the planner's tests. Test-only.

#ifndef SUNDER_CONTROLLER_PLANNER_TEST_TOPOLOGY_H_
#define SUNDER_CONTROLLER_PLANNER_TEST_TOPOLOGY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/error_detail.h"
#include "controller/planner/random.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

// n<i> at 10.9.0.<i> and fd09::<i> with an agent on a unix socket.
v1::Host& AddHost(v1::Topology& topology, int i);
v1::Task& AddTask(v1::Topology& topology, const std::string& id,
                  const std::string& app, const std::string& host);
// In the host's own network, with one TCP port.
v1::Task& AddHostTask(v1::Topology& topology, const std::string& id,
                      const std::string& app, const std::string& host,
                      uint32_t port);
// With an IPv4 and an IPv6 address of its own.
v1::Task& AddContainer(v1::Topology& topology, const std::string& id,
                       const std::string& app, const std::string& host,
                       int number);

// n1..n<count>, nothing else.
v1::Topology Hosts(int count);

// Two to seven hosts, apps /a and /b with tasks in every network mode, several
// ports and protocols, on random hosts.
v1::Topology RandomTopology(Random& random);

inline std::string Reason(const absl::Status& status) {
  return GetErrorDetail(status).value_or(v1::ErrorDetail()).reason();
}
inline std::string Advice(const absl::Status& status) {
  return GetErrorDetail(status).value_or(v1::ErrorDetail()).advice();
}

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_TEST_TOPOLOGY_H_
