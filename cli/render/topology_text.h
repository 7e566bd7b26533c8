// Hosts, apps and tasks for people.

#ifndef SUNDER_CLI_RENDER_TOPOLOGY_TEXT_H_
#define SUNDER_CLI_RENDER_TOPOLOGY_TEXT_H_

#include <string>

#include "cli/render/style.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {

std::string HostsText(const v1::Topology& topology,
                      const controller::v1::ListAgentsResponse& agents,
                      const Style& style);
std::string AppsText(const v1::Topology& topology, const Style& style);
std::string TasksText(const v1::Topology& topology, const Style& style);

// Sources that are not healthy, and contradictions; empty where all is well.
std::string TroublesText(const v1::Topology& topology, const Style& style);

// The tasks of an inventory have no state: they run as far as is known.
bool IsRunning(const v1::Task& task);

// "tcp/6379", "udp/10.1.0.3:53".
std::string EndpointText(const v1::Endpoint& endpoint);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_TOPOLOGY_TEXT_H_
