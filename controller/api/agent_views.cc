#include "controller/api/agent_views.h"

namespace sunder::controller {
namespace {

void Put(absl::Duration duration, google::protobuf::Duration* out) {
  const int64_t ns = absl::ToInt64Nanoseconds(duration);
  out->set_seconds(ns / 1'000'000'000);
  out->set_nanos(static_cast<int32_t>(ns % 1'000'000'000));
}

}  // namespace

v1::ListAgentsResponse AgentViews(
    const std::vector<AgentState>& agents,
    const std::map<std::string, std::string>& targets) {
  v1::ListAgentsResponse response;
  for (const AgentState& agent : agents) {
    const auto target = targets.find(agent.host);
    if (target == targets.end()) continue;
    v1::AgentView& view = *response.add_agents();
    view.set_host(agent.host);
    view.set_target(target->second);
    view.set_reachable(agent.reachable);
    view.set_error(agent.error);
    view.set_version(agent.description.version());
    view.set_latched(agent.description.latched());
    if (agent.round_trip < absl::InfiniteDuration()) {
      Put(agent.round_trip, view.mutable_round_trip());
    }
    if (agent.clock_uncertainty < absl::InfiniteDuration()) {
      Put(agent.clock_uncertainty, view.mutable_clock_uncertainty());
    }
    for (const auto& feature : agent.description.features()) {
      if (!feature.present()) view.add_missing_features(feature.name());
    }
    for (const std::string& id : agent.unknown_faults) {
      view.add_unknown_faults(id);
    }
  }
  return response;
}

}  // namespace sunder::controller
