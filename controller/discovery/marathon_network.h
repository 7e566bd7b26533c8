// Where a Marathon task is reached, by the rules of every release from 0.14 to
// 1.11: the app tells the network's mode and its ports' protocols, the task
// tells its ports and addresses. Pure.

#ifndef SUNDER_CONTROLLER_DISCOVERY_MARATHON_NETWORK_H_
#define SUNDER_CONTROLLER_DISCOVERY_MARATHON_NETWORK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

// One port that the app declares. Modes host and bridge: the n-th belongs to
// the n-th of the task's ports.
struct DeclaredPort {
  int container_port = 0;      // Mode container; 0: the same as the host port.
  bool has_host_port = false;  // Takes the next of the task's ports.
  std::vector<sunder::v1::Protocol> protocols;
};

struct AppNetwork {
  sunder::v1::NetworkMode mode = sunder::v1::NETWORK_MODE_HOST;
  std::vector<DeclaredPort> ports;
};

// `app` is Marathon's app object. An error where one of the fields that decide
// has a wrong type or an unknown value.
absl::StatusOr<AppNetwork> ReadAppNetwork(const nlohmann::json& app);

// Fills network, addresses, endpoints and unreachable_reason of `task`, which
// has its state already. `ports` and `addresses` are what Marathon gave for the
// task.
void PlaceTask(const AppNetwork& network, const std::vector<int>& ports,
               const std::vector<std::string>& addresses,
               sunder::v1::Task& task);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_MARATHON_NETWORK_H_
