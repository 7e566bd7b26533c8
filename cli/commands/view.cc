#include "cli/commands/view.h"

#include <utility>

namespace sunder::cli {

absl::StatusOr<View> ReadView(const Environment& environment, bool refresh,
                              bool with_agents) {
  absl::StatusOr<std::unique_ptr<Client>> client = environment.connect();
  if (!client.ok()) return client.status();
  controller::v1::GetTopologyRequest request;
  request.set_refresh(refresh);
  absl::StatusOr<controller::v1::GetTopologyResponse> topology =
      (*client)->GetTopology(request, refresh ? kRefreshTimeout : kReadTimeout);
  if (!topology.ok()) return topology.status();
  View view;
  view.topology = std::move(*topology->mutable_topology());
  if (with_agents) {
    absl::StatusOr<controller::v1::ListAgentsResponse> agents =
        (*client)->ListAgents({}, kReadTimeout);
    if (!agents.ok()) return agents.status();
    view.agents = *std::move(agents);
  }
  return view;
}

}  // namespace sunder::cli
