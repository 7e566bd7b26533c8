// The agents as ListAgents shows them. Pure.

#ifndef SUNDER_CONTROLLER_API_AGENT_VIEWS_H_
#define SUNDER_CONTROLLER_API_AGENT_VIEWS_H_

#include <map>
#include <string>
#include <vector>

#include "controller/core/core.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::controller {

// Those that have a target; durations that are not known are left away.
v1::ListAgentsResponse AgentViews(
    const std::vector<AgentState>& agents,
    const std::map<std::string, std::string>& targets);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_AGENT_VIEWS_H_
