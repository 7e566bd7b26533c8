// The topology as a tree: region, zone, rack, host, and what runs there.

#ifndef SUNDER_CLI_RENDER_TOPOLOGY_TREE_H_
#define SUNDER_CLI_RENDER_TOPOLOGY_TREE_H_

#include <string>

#include "cli/render/style.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {

std::string TopologyTree(const v1::Topology& topology,
                         const controller::v1::ListAgentsResponse& agents,
                         const Style& style);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_TOPOLOGY_TREE_H_
